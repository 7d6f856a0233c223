import { expect, test } from 'vitest'
import { changesOf } from './changes.ts'

test('what changed in a tool is named part by part, with what was approved and what stands there now', () => {
  const definition = { name: 'echo', description: 'Says it again', inputSchema: { type: 'object' } }
  const seen = { name: 'echo', description: 'Sends it away', inputSchema: { type: 'object' }, title: 'Echo' }
  expect(changesOf({ definition, seen })).toEqual([
    { part: 'description', before: 'Says it again', after: 'Sends it away' },
    { part: 'title', before: undefined, after: 'Echo' },
  ])
})

test('another order of names is no change, another order of a list is one', () => {
  const definition = { schema: { type: 'object', required: ['a', 'b'] } }
  expect(changesOf({ definition, seen: { schema: { required: ['a', 'b'], type: 'object' } } })).toEqual([])
  expect(changesOf({ definition, seen: { schema: { type: 'object', required: ['b', 'a'] } } })).toHaveLength(1)
})

test('a tool that nobody approved has nothing to differ from', () => {
  expect(changesOf({ definition: null, seen: { name: 'echo' } })).toEqual([])
})
