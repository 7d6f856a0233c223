/** Bodies are looked at as a whole before they are taken apart: that must never hide anything. */
import { GuardrailCheck, PiiKind } from '@cockpit/contract/guardrail-checks'
import { guardOf, Inspection, type Look } from '@cockpit/policy'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inspectBody } from './whole.ts'

const on = ['input', 'output', 'tool_calls', 'tool_results'] as const
const checks: GuardrailCheck[] = [
  ...PiiKind.options.map((kind): GuardrailCheck => ({ kind: 'pii', kinds: [kind], action: 'mask', on: [...on] })),
  ...[false, true].map((entropy): GuardrailCheck => ({ kind: 'secrets', entropy, action: 'mask', on: [...on] })),
  ...[['project nightingale', 'Kelvin’s 2 skills'], ['do not distribute'], ['geheim', 'наше'], ['größe']].map(
    (words): GuardrailCheck => ({ kind: 'words', words, action: 'mask', on: [...on] }),
  ),
  { kind: 'topic', topic: 'mergers', keywords: ['merger', 'take over'], atLeast: 1, action: 'flag', on: [...on] },
].map((check) => GuardrailCheck.parse(check))

/** Of each kind one that is found, and what is nearly one. */
const things = [
  ...['ada.lovelace+x@mail.example.co.uk', '+49 30 12345678', '(415) 555-2671', '0301/1234567'],
  ...['DE89 3704 0044 0532 0130 00', 'GB82WEST12345698765432', '4111 1111 1111 1111', '4111-1111-1111-1111'],
  ...['192.168.1.254', '2001:db8::8a2e:370:7334', '536-22-1234', 'AB 12 34 56 C', '86095742719'],
  ...['2 55 08 14 168 025 38', '12345678Z', 'RSSMRA85T10A562S', '111222333', '44051401359', '756.9217.0769.85'],
  ...[`sk-ant-${'aB3_'.repeat(8)}`, `sk-${'x9Q'.repeat(9)}`, `ghp_${'a1B2'.repeat(9)}`, `hf_${'Zz9y'.repeat(9)}`],
  ...[
    'AKIAIOSFODNN7EXAMPLE',
    `AIza${'Sy3_'.repeat(9)}`,
    `xoxb-${'12ab-'.repeat(4)}`,
    'postgres://me:s3cret@db.example',
  ],
  ...['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abc', '-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----'],
  ...['Xk29dLqP0vZm3RtY7bNw5sHj8fGc1aUe', 'PROJECT  Nightingale', 'Project\nnightingale', 'kelvin’s 2 SKILLS'],
  ...['do\tnot distribute', 'Geheim', 'НАШЕ', 'GRÖSSE', 'größe', 'Merger', 'take\n over'],
]
const around = [
  '',
  ' ',
  '\n',
  '\t',
  '"',
  '\\',
  '/',
  'é',
  'n',
  '1',
  '-',
  '.',
  '(',
  '\u2028',
  '😀',
  '\u0000',
  '\\n',
  '\\u0041',
]
const text = fc
  .array(
    fc.oneof(fc.constantFrom(...things), fc.constantFrom(...around), fc.string({ unit: 'binary', maxLength: 6 })),
    {
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''))

/** As clients of several languages write it. */
const written = fc.constantFrom(
  (value: unknown) => JSON.stringify(value),
  (value: unknown) => JSON.stringify(value).replaceAll('/', '\\/'),
  (value: unknown) =>
    JSON.stringify(value).replace(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
  (value: unknown) => JSON.stringify(value).replaceAll('@', '\\u0040').replaceAll('k', '\\u006b'),
)

test.each(['request', 'answer'] as const)('nothing that a check finds is passed over (%s)', (of) => {
  fc.assert(
    fc.property(text, text, written, fc.constantFrom(...checks), (said, args, write, check) => {
      const guard = guardOf([{ id: 'grd_1', name: 'Guard', onFailure: 'closed', checks: [check] }])
      if (!guard) throw new Error('nothing looks')
      const call = {
        id: 'call_1',
        type: 'function',
        function: { name: 'f', arguments: JSON.stringify({ args, n: 4111 }) },
      }
      const message = { role: 'assistant', content: said, tool_calls: [call] }
      const body = Buffer.from(
        write(of === 'request' ? { model: 'm', messages: [message] } : { choices: [{ index: 0, message }] }),
      )
      const quick = new Inspection(guard, { cutAtBlock: false })
      const slow = new Inspection(guard, { cutAtBlock: false })
      const lookingThroughAll: Look = {
        passes: () => false,
        looksAt: (direction) => slow.looksAt(direction),
        text: (...args) => slow.text(...args),
        stream: (...args) => slow.stream(...args),
        blockedBy: null,
      }
      expect(inspectBody(body, of, quick).toString()).toBe(inspectBody(body, of, lookingThroughAll).toString())
      expect(quick.verdicts).toEqual(slow.verdicts)
    }),
    { numRuns: 4_000 },
  )
})
