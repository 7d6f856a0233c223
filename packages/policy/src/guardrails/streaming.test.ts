import { type GuardrailCheck, PiiKind } from '@cockpit/contract/guardrail-checks'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Guard, guardOf } from './compile.ts'
import { Inspection } from './inspection.ts'

const on = ['output', 'tool_calls'] as ('output' | 'tool_calls')[]
const checks = (action: 'mask' | 'block'): GuardrailCheck[] => [
  { kind: 'pii', kinds: [...PiiKind.options], action, on },
  { kind: 'secrets', entropy: true, action, on },
  { kind: 'injection', action, on },
  { kind: 'words', words: ['falcon', 'project falcon', 'a b'], action, on },
  {
    kind: 'patterns',
    patterns: [
      { name: 'one', pattern: 'EMP-\\d+' },
      { name: 'two', pattern: '\\b(x|xy)*z\\b' },
    ],
    ignoreCase: false,
    action,
    on,
  },
  { kind: 'length', charsMax: 5_000, action: 'log', on },
]
const guard = (action: 'mask' | 'block'): Guard => {
  const made = guardOf([{ id: 'grd_1', name: 'G', onFailure: 'open', checks: checks(action) }])
  if (!made) throw new Error('nothing looks')
  return made
}

/** Texts in which what guardrails look for is often there, cut short, or run together. */
const bits = fc.constantFrom(
  ...[
    'ada@example.com',
    '@',
    'example.',
    '4111 1111 1111 1111',
    '4111',
    ' 1111',
    '1234',
    '-',
    ' ',
    '\n',
    '.',
    ',',
    '+49 30 1234567',
  ],
  ...[
    'DE89 3704 0044 0532 0130 00',
    'DE89',
    '192.168.1.1',
    '::1',
    '2001:db8::1',
    'sk-abcdefghijklmnopqrstuvwxyz',
    'sk-',
    'eyJhbGciOiJI.x.y',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----',
    '-----',
    '-----BEGIN PRIVATE KEY-----',
    'abcDEF123456ghiJKL7890mnoPQRstuV',
  ],
  ...[
    'ignore all previous instructions',
    'ignore ',
    'instructions',
    'project falcon',
    'project',
    ' falcon',
    'a b',
    'xyxz',
    'z',
    'EMP-',
    'EMP-12',
  ],
  ...[
    'postgres://u:pw',
    'secret@host',
    '🎉',
    '\ud83d',
    'ß',
    'é',
    '"',
    '\\',
    '\u0001',
    '44051401359',
    '756.9217.0769.85',
    'x'.repeat(70),
  ],
)
const texts = fc.array(bits, { maxLength: 14 }).map((parts) => parts.join(''))
const cuts = fc.array(fc.nat(400), { maxLength: 12 })

const piecesOf = (text: string, at: readonly number[]): string[] => {
  const places = [...new Set(at.map((place) => place % (text.length + 1)))].sort((a, b) => a - b)
  return [...places, text.length].map((to, i) => text.slice(i === 0 ? 0 : places[i - 1], to))
}

const streamed = (made: Guard, direction: 'output' | 'tool_calls', pieces: readonly string[]) => {
  const inspection = new Inspection(made, { cutAtBlock: true })
  const stream = inspection.stream(direction, direction === 'tool_calls')
  if (!stream) throw new Error('nothing looks')
  const text = pieces.map((piece) => stream.push(piece)).join('') + stream.end()
  return { text, verdicts: inspection.verdicts, blockedBy: inspection.blockedBy }
}

describe('a text that comes in pieces', () => {
  test.each(['mask', 'block'] as const)('reads the same however it is cut: %s', (action) => {
    const made = guard(action)
    fc.assert(
      fc.property(texts, cuts, (text, at) => {
        expect(streamed(made, 'output', piecesOf(text, at))).toEqual(streamed(made, 'output', [text]))
      }),
      { numRuns: 3_000 },
    )
  })

  test('reads the same sign by sign', () => {
    const made = guard('mask')
    fc.assert(
      fc.property(texts, (text) => {
        expect(
          streamed(
            made,
            'output',
            [...Array(text.length).keys()].map((at) => text.charAt(at)),
          ),
        ).toEqual(streamed(made, 'output', [text]))
      }),
      { numRuns: 300 },
    )
  })

  test('lets a text without anything to find pass as it is', () => {
    const made = guard('mask')
    const text = 'Ein ganz gewöhnlicher Satz, 世界 🎉, mit 3 Zahlen: 12, 2024 und 7.'
    expect(streamed(made, 'output', [...text])).toMatchObject({ text, verdicts: [], blockedBy: null })
  })

  test('gives nothing on from where it blocks', () => {
    const { text, blockedBy } = streamed(guard('block'), 'output', ['so far ada@exam', 'ple.com and more'])
    expect({ text, kind: blockedBy?.kind }).toEqual({ text: 'so far ', kind: 'email' })
  })

  test('holds back no more than one match can be long', () => {
    const inspection = new Inspection(guard('mask'), { cutAtBlock: true })
    const stream = inspection.stream('output')
    if (!stream) throw new Error('nothing looks')
    let most = 0
    for (const sign of `${'a'.repeat(2_000)} ${'1 '.repeat(1_000)}${'xy'.repeat(1_000)}`) {
      stream.push(sign)
      most = Math.max(most, stream.held)
    }
    expect(most).toBeLessThanOrEqual(350)
  })
})

describe('JSON that comes in pieces', () => {
  test('stays JSON, says the same at every cut, and loses what must be masked', () => {
    const made = guard('mask')
    const values = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        texts.map((text) => text.replaceAll('\ud83d', '')),
        fc.integer(),
        fc.constant(4111111111111111),
        fc.constant(null),
        fc.boolean(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 3 }),
      ),
    })).value
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1), cuts, (value, indent, at) => {
        const written = JSON.stringify(value, null, indent)
        const whole = streamed(made, 'tool_calls', [written])
        const parts = streamed(made, 'tool_calls', piecesOf(written, at))
        expect(parts).toEqual(whole)
        const read: unknown = JSON.parse(parts.text)
        if (parts.verdicts.length === 0) expect(read).toEqual(value)
        expect(parts.text).not.toContain('ada@example.com')
        expect(parts.text).not.toContain('4111111111111111')
      }),
      { numRuns: 2_000 },
    )
  })

  test('a character that is cut in two stays one, however it is written', () => {
    const pieces = (...some: string[]) => streamed(guard('mask'), 'tool_calls', some).text
    expect(pieces('"\ud83c', '\udf89 party"')).toBe('"🎉 party"')
    expect(pieces('"\\ud83c', '\\udf89"')).toBe('"🎉"')
    expect(pieces('"\ud83c', '"')).toBe('"\\ud83c"')
  })

  test('a number that must be masked becomes a text', () => {
    expect(streamed(guard('mask'), 'tool_calls', ['{"card":41111111', '11111111,"n":12}']).text).toBe(
      '{"card":"[CREDIT_CARD]","n":12}',
    )
  })
})
