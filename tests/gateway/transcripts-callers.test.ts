/**
 * Golden transcripts of the dialects that only callers speak: what providers of every dialect sent, in recorded shapes, and
 * what a caller gets for it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type CallerDialectId,
  createStreamTranslator,
  type DialectId,
  dialects,
  translateAnswer,
  translateRequest,
  Untranslatable,
} from '../../apps/server/src/gateway/dialects/index.ts'

const root = join(import.meta.dirname, 'transcripts')
const callers = ['completions', 'responses'] as const satisfies CallerDialectId[]
const providers = ['openai', 'anthropic', 'gemini'] as const satisfies DialectId[]

const facts = { model: 'asked-for', id: 'req1', created: 1_790_000_000 }
const operation = 'chat'
const requests = {
  completions: { model: 'asked-for', prompt: 'Once upon a time', stream: true, echo: true },
  responses: {
    ...{ model: 'asked-for', input: 'Hello', instructions: 'Be brief.', stream: true, temperature: 0.3 },
    metadata: { run: '7' },
  },
} satisfies Record<(typeof callers)[number], object>

function translated(caller: (typeof callers)[number], provider: DialectId, pieces: readonly Buffer[]): string {
  const told = { ...facts, includeUsage: true, inputTokens: 77, requestId: 'req_1', request: requests[caller] }
  const translator = createStreamTranslator({ caller, provider, operation }, told)
  if (!translator) throw new Error('these two speak alike')
  const parser = dialects[provider].reading.createParser()
  let out = ''
  for (const piece of pieces) for (const event of parser.push(piece)) out += translator.push(event)
  for (const event of parser.end()) out += translator.push(event)
  return out + translator.end()
}

const files = (dialect: string, pattern: RegExp) =>
  readdirSync(join(root, dialect)).filter((name) => pattern.test(name) && !name.includes('.to-'))
const read = (dialect: string, name: string) => readFileSync(join(root, dialect, name))
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

describe.each(callers)('to %s', (caller) => {
  describe.each(providers)('from %s', (provider) => {
    test.each(files(provider, /\.sse$/))('stream %s is translated the same wherever it is cut', async (name) => {
      const bytes = read(provider, name)
      const whole = translated(caller, provider, [bytes])
      await expect(whole).toMatchFileSnapshot(join(root, caller, `${provider}-${name}`))
      const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
      expect(translated(caller, provider, single)).toBe(whole)
      for (let at = 1; at < bytes.length; at++)
        if (translated(caller, provider, [bytes.subarray(0, at), bytes.subarray(at)]) !== whole)
          expect.fail(`cut at byte ${at}, the stream is translated differently`)
    })

    test.each(files(provider, /^answer-.*\.json$/))('%s is translated', async (name) => {
      const body = JSON.parse(read(provider, name).toString())
      const answer = translateAnswer({ caller, provider, operation }, body, {
        ...facts,
        estimate: { inputTokens: 77, outputTokens: 3 },
        request: requests[caller],
      })
      await expect(json(answer)).toMatchFileSnapshot(
        join(root, caller, `${provider}-${name.replace('.json', '.expected')}`),
      )
    })
  })

  test.each(files(`${caller}/requests`, /\.json$/))(
    'request %s is translated, or refused by the name of its field',
    async (name) => {
      const { provider, body, options } = JSON.parse(read(`${caller}/requests`, name).toString())
      const before = JSON.stringify(body)
      const result = outcomeOf(() => translateRequest({ caller, provider, operation }, body, options))
      expect(JSON.stringify(body), 'the request itself must stay as it was').toBe(before)
      await expect(json(result)).toMatchFileSnapshot(
        join(root, caller, 'requests', name.replace('.json', '.to-provider.expected')),
      )
    },
  )
})

const outcomeOf = (translate: () => unknown): unknown => {
  try {
    return translate()
  } catch (error) {
    if (error instanceof Untranslatable) return { refused: error.param, why: error.message }
    throw error
  }
}
