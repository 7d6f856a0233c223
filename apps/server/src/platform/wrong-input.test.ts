import { contract } from '@cockpit/contract'
import { email, id, type Route } from '@cockpit/contract/kit'
import { PositiveCredits } from '@cockpit/contract/money'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { fieldErrors, inWords } from './wrong-input.ts'

const told = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value, { error: inWords })
  return fieldErrors(error?.issues ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`)
}
const about = (schema: z.ZodType, value: unknown) => told(z.object({ x: schema }), { x: value })

const limit = z.coerce.number().int().min(1).max(100).default(50)
const title = z.string().trim().min(1).max(80)
const kinds = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('key'), id: id('key') }),
  z.object({ kind: z.literal('user'), id: id('usr') }),
])
const cases: [what: string, schema: z.ZodType, value: unknown, detail: string][] = [
  ['a limit beyond', limit, '1000', 'must be a whole number from 1 to 100'],
  ['a limit below', limit, '0', 'must be a whole number from 1 to 100'],
  ['half a limit', limit, '1.5', 'must be a whole number from 1 to 100'],
  ['a limit that is no number', limit, 'many', 'must be a whole number from 1 to 100'],
  ['a number without bounds', z.number(), 'many', 'must be a number, not a text'],
  ['a number with one bound', z.number().int().min(0), -1, 'must be a whole number of at least 0'],
  ['an absent text', title, undefined, 'is missing and must be a text of 1 to 80 characters'],
  ['an empty text', title, ' ', 'must be a text of 1 to 80 characters'],
  ['a long text', title, 'x'.repeat(81), 'must be a text of 1 to 80 characters'],
  ['null for a text', title, null, 'must be a text of 1 to 80 characters, not null'],
  ['a number for a text', title, 3, 'must be a text of 1 to 80 characters, not a number'],
  ['a text of another length', z.string().length(6), 'x', 'must be a text of exactly 6 characters'],
  ['a wrong id', id('key'), 'key-1', 'must be an id like key_…'],
  ['an absent id', id('key'), undefined, 'is missing and must be an id like key_…'],
  [
    'no e-mail address',
    email,
    'ada',
    'must be an e-mail address such as someone@example.com, of at most 254 characters',
  ],
  ['no URL', z.url(), 'example', 'must be a URL such as https://example.com'],
  ['no moment', z.iso.datetime(), 'today', 'must be a moment such as 2026-01-31T12:00:00Z'],
  ['no day', z.iso.date(), 'today', 'must be a day such as 2026-01-31'],
  ['a text for a flag', z.boolean(), 'yes', 'must be true or false, not a text'],
  ['a wrong word for a flag of a query', z.stringbool(), 'maybe', 'must be true or false'],
  ['an unknown word', z.enum(['day', 'week', 'month']), 'year', "must be one of 'day', 'week' or 'month'"],
  ['an absent word', z.enum(['day', 'week']), undefined, "is missing and must be one of 'day' or 'week'"],
  ['another word than the only one', z.literal('public-key'), 'x', "must be 'public-key'"],
  ['a text for an object', z.object({ y: title }), 'y', 'must be an object, not a text'],
  ['a list for an object', z.record(z.string(), title), [], 'must be an object, not a list'],
  ['an empty list', z.array(title).min(1).max(20), [], 'must be a list of 1 to 20 entries'],
  ['an object for a list', z.array(title).max(20), {}, 'must be a list of at most 20 entries, not an object'],
  ['a number beside a step', z.number().multipleOf(5), 7, 'must be a multiple of 5'],
  ['no amount', PositiveCredits, '', 'must be a decimal number of credits with at most 6 places, e.g. "12.5"'],
  ['what has its own words', z.string().regex(/^a/, 'must begin with a'), 'b', 'must begin with a'],
]

describe('wrong input is told in words', () => {
  test.each(cases)('%s', (_what, schema, value, detail) => {
    expect(about(schema, value)).toEqual([`/x ${detail}`])
  })

  test('an unknown kind is told with the kinds there are, and a known one with its own fields', () => {
    expect(about(kinds, { kind: 'team' })).toEqual(["/x/kind must be one of 'key' or 'user'"])
    expect(about(kinds, {})).toEqual(["/x/kind is missing and must be one of 'key' or 'user'"])
    expect(about(kinds, { kind: 'user' })).toEqual(['/x/id is missing and must be an id like usr_…'])
  })

  test('each field has one sentence, however much is wrong with it, and unknown ones are named', () => {
    const body = z.strictObject({ a: z.string().min(3).regex(/^x/, 'must begin with x'), 'b/c': title })
    expect(told(body, { a: 'y', 'b/c': 1, d: 1, e: 1 })).toEqual([
      '/a must be a text of at least 3 characters',
      '/b~1c must be a text of 1 to 80 characters, not a number',
      '/d is not a known field',
      '/e is not a known field',
    ])
    expect(about(z.record(z.string().max(2), z.number()), { long: 1 })).toEqual([
      '/x/long has a name that must be a text of at most 2 characters',
    ])
  })

  test('a long choice is told in part', () => {
    const letters = [...'abcdefghijklmnopqrst'] as [string, ...string[]]
    expect(about(z.enum(letters), 'z')[0]).toMatch(/^\/x must be one of 'a', .*'l' and 8 more$/)
  })

  test('of several shapes the nearest explains', () => {
    expect(about(z.union([z.literal(''), z.string().min(3).max(5)]), 'a')).toEqual([
      '/x must be a text of 3 to 5 characters',
    ])
  })
})

const all = Object.entries(contract).flatMap(([noun, routes]) =>
  Object.entries(routes as Record<string, Route>).map(([name, route]) => ({ name: `${noun}.${name}`, route })),
)
const nonsense: unknown[] = [undefined, null, 7, 1.5, -1, '', 'nonsense', 'x'.repeat(100_000), [], {}, [null], true]

/** Every way to be wrong that values of these kinds find: as the whole input, and as each of its fields. */
const trials = (schema: z.ZodType): unknown[] =>
  schema instanceof z.ZodObject
    ? [...nonsense, ...Object.keys(schema.shape).flatMap((field) => nonsense.map((value) => ({ [field]: value })))]
    : nonsense

test.each(all)('$name says nothing in the words of a library', ({ route }) => {
  for (const schema of [route.params, route.query, route.body])
    for (const value of schema ? trials(schema) : [])
      for (const sentence of schema ? told(schema, value) : []) {
        expect(sentence).not.toMatch(/Invalid|expected|received|undefined|Too (small|big)|Unrecognized|NaN|\[object/)
        expect(sentence).not.toMatch(/does not have a form that is known here|matches \//)
      }
})
