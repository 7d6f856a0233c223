/**
 * Golden transcripts of the dialects that are translated over the hub: what a provider sent, in recorded shapes, and what
 * a caller of each dialect gets for it.
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
} from '../../apps/server/src/gateway/dialects/index.ts'

import { framesOf } from './event-stream.ts'

const root = join(import.meta.dirname, 'transcripts')
const providers = ['gemini', 'bedrock', 'responses'] as const satisfies DialectId[]
const callers = ['openai', 'anthropic'] as const satisfies CallerDialectId[]

const facts = { model: 'asked-for', id: 'req1', created: 1_790_000_000 }
const operation = 'chat'

function translated(caller: CallerDialectId, provider: DialectId, pieces: readonly Buffer[]): string {
  const told = { ...facts, includeUsage: true, inputTokens: 77, requestId: 'req_1' }
  const translator = createStreamTranslator({ caller, provider, operation }, told)
  if (!translator) throw new Error('these two speak alike')
  const parser = dialects[provider].reading.createParser()
  let out = ''
  for (const piece of pieces) for (const event of parser.push(piece)) out += translator.push(event)
  for (const event of parser.end()) out += translator.push(event)
  return out + translator.end()
}

/** What callers of Responses get stands under that name already. */
const folderOf = (provider: DialectId) => join(root, provider === 'responses' ? 'responses-providers' : provider)
const files = (dialect: DialectId, pattern: RegExp) =>
  readdirSync(folderOf(dialect)).filter((name) => pattern.test(name) && !name.includes('.to-'))
const read = (dialect: DialectId, name: string) => readFileSync(join(folderOf(dialect), name))
/** Bytes of a stream: as they stand in the file, or the frames it describes. */
const bytesIn = (dialect: DialectId, name: string): Buffer =>
  name.endsWith('.sse') ? read(dialect, name) : framesOf(JSON.parse(read(dialect, name).toString()))
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

describe.each(providers)('%s', (provider) => {
  describe.each(callers)('to %s', (caller) => {
    test.each(files(provider, /\.(?:sse|frames\.json)$/))(
      'stream %s is translated the same wherever it is cut',
      async (name) => {
        const bytes = bytesIn(provider, name)
        const whole = translated(caller, provider, [bytes])
        await expect(whole).toMatchFileSnapshot(
          join(folderOf(provider), name.replace(/\.(?:sse|frames\.json)$/, `.to-${caller}.sse`)),
        )
        const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
        expect(translated(caller, provider, single)).toBe(whole)
        for (let at = 1; at < bytes.length; at++)
          if (translated(caller, provider, [bytes.subarray(0, at), bytes.subarray(at)]) !== whole)
            expect.fail(`cut at byte ${at}, the stream is translated differently`)
      },
    )

    test.each(files(provider, /^answer-.*\.json$/))('%s is translated', async (name) => {
      const body = JSON.parse(read(provider, name).toString())
      const answer = translateAnswer({ caller, provider, operation }, body, {
        ...facts,
        estimate: { inputTokens: 77, outputTokens: 3 },
      })
      await expect(json(answer)).toMatchFileSnapshot(
        join(folderOf(provider), name.replace('.json', `.to-${caller}.expected`)),
      )
    })
  })

  test.each(files(provider, /^request-.*\.json$/))('%s is translated, and what is left out is named', async (name) => {
    const { caller, body, options } = JSON.parse(read(provider, name).toString())
    const before = JSON.stringify(body)
    const result = translateRequest({ caller, provider, operation }, body, options)
    expect(JSON.stringify(body), 'the request itself must stay as it was').toBe(before)
    await expect(json(result)).toMatchFileSnapshot(
      join(folderOf(provider), name.replace('.json', '.to-provider.expected')),
    )
  })
})
