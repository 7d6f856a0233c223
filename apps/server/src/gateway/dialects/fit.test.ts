import { expect, test } from 'vitest'
import { type Fit, fitted } from './fit.ts'

const fit = (body: string, rules: Fit) => {
  const { body: bytes, dropped } = fitted(Buffer.from(body), rules)
  return [bytes.toString(), dropped]
}

test('what fits goes out in the very bytes it came in', () => {
  const body = Buffer.from('{ "model" : "m", "n": 1 }')
  expect(fitted(body, { refuses: new Set(['seed']), renames: { a: 'b' } }).body).toBe(body)
})

test('a refused field is left out and named, in whatever letters and however often it stands there', () => {
  const rules = { refuses: new Set(['seed']) }
  expect(fit('{"se\\u0065d":1,"model":"m","seed":{"a":[1,"}"]}}', rules)).toEqual(['{"model":"m"}', ['seed']])
  expect(fit('{"seed":1}', rules)).toEqual(['{}', ['seed']])
})

test('nothing is missed of a field that is null, or of a wish that is fulfilled unasked', () => {
  expect(fit('{"seed":null,"stream_options":{"include_usage":true},"n":1}', { takes: new Set(['n']) })).toEqual([
    '{"n":1}',
    [],
  ])
})

test('a field that is told elsewhere or has one value only is missed by nobody', () => {
  const rules = { elsewhere: new Set(['model']), sets: { version: '"v1"' } }
  expect(fit('{"model":"m","version":"v0","seed":1}', rules)).toEqual(['{"seed":1,"version":"v1"}', []])
  expect(fit('{"mod\\u0065l":"m"}', rules)).toEqual(['{"version":"v1"}', []])
})

test("a field takes the server's own name, and the server's own word wins over another for the same", () => {
  const rules = { renames: { max_completion_tokens: 'max_tokens' } }
  expect(fit('{"max_completion_tokens":5,"x":1}', rules)).toEqual(['{"max_tokens":5,"x":1}', []])
  expect(fit('{"max_completion_tokens":5,"max_tokens":6}', rules)).toEqual(['{"max_tokens":6}', []])
})

test('a field that a body inherits from nowhere is no new name', () => {
  expect(fit('{"constructor":1,"toString":2}', { renames: {} })).toEqual(['{"constructor":1,"toString":2}', []])
})

test('a value is mended where its mark stands, and is not read where it does not', () => {
  const seen: unknown[] = []
  const mend = (value: unknown) => {
    seen.push(value)
    return 'mended'
  }
  const rules = { mends: { messages: { marks: ['"name"'], mend } } }
  expect(fit('{"name":1,"messages":[{"role":"user"}]}', rules)[0]).toBe('{"name":1,"messages":[{"role":"user"}]}')
  expect(fit('{"messages":[{"name":"ä"}]}', rules)[0]).toBe('{"messages":"mended"}')
  expect(seen).toEqual([[{ name: 'ä' }]])
})
