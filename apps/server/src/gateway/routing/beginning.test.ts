import { expect, test } from 'vitest'
import { beginningOf } from './beginning.ts'

const user = (content: unknown) => ({ role: 'user', content })
const assistant = { role: 'assistant', content: 'Four degrees.' }
const system = { role: 'system', content: 'Be brief.' }
const first = user('How warm is Oslo?')
const more = [assistant, user('And Rome?')]
const marked = [{ type: 'text', text: 'Read this.', cache_control: { type: 'ephemeral' } }]
const plain = [{ type: 'text', text: 'Read this.' }]

test.each([
  ['a chat', { messages: [system, first] }, { messages: [system, first, ...more] }],
  ['one without instructions', { messages: [first] }, { messages: [first, ...more] }],
  ['a message', { system: 'Be brief.', messages: [first] }, { system: 'Be brief.', messages: [first, ...more] }],
  ['one whose cache mark moved', { messages: [user(marked)] }, { messages: [user(plain), assistant, user(marked)] }],
  ['a response', { instructions: 'Be brief.', input: [first] }, { instructions: 'Be brief.', input: [first, ...more] }],
  ['a long text that goes on', { prompt: 'a'.repeat(2_000) }, { prompt: `${'a'.repeat(2_000)}b` }],
])('%s begins as it did when it goes on', (_, before, after) => {
  expect(beginningOf(before)).not.toBe('')
  expect(beginningOf(after)).toBe(beginningOf(before))
})

test.each([
  ['the instructions', { system: 'Be brief.', messages: [first] }, { system: 'Be long.', messages: [first] }],
  ['those of a response', { instructions: 'Be brief.', input: 'Hi' }, { instructions: 'Be long.', input: 'Hi' }],
  ['the tools', { tools: [{ name: 'look' }], messages: [first] }, { tools: [{ name: 'ask' }], messages: [first] }],
  ['the first message', { messages: [system, first] }, { messages: [system, user('How warm is Rome?')] }],
  ['the text', { prompt: 'One' }, { prompt: 'Two' }],
])('prompts that differ in %s begin differently', (_, one, other) => {
  expect(beginningOf(one)).not.toBe(beginningOf(other))
})

test('of long instructions only the beginning counts, and no more is kept', () => {
  const long = (end: string) => beginningOf({ system: 'x'.repeat(100_000) + end, messages: [user(end)] })
  expect(long('a')).toBe(long('b'))
  expect(long('a').length).toBeLessThan(1_100)
})
