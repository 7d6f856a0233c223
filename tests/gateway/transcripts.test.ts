/** Golden transcripts: what a provider sent, in recorded shapes, and what the caller of the other dialect must get for it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  anthropicToOpenaiAnswer,
  anthropicToOpenaiRequest,
  createAnthropicFromOpenaiStream,
  createOpenaiFromAnthropicStream,
  createSseParser,
  openaiToAnthropicAnswer,
  openaiToAnthropicRequest,
  type StreamTranslator,
} from '../../apps/server/src/gateway/dialects/index.ts'

const root = join(import.meta.dirname, 'transcripts')

const dialects = {
  openai: {
    to: 'anthropic',
    stream: () => createAnthropicFromOpenaiStream({ model: 'asked-for', id: 'msg_req1', inputTokens: 77 }),
    request: openaiToAnthropicRequest,
    answer: (body: Record<string, unknown>) =>
      openaiToAnthropicAnswer(body, {
        model: 'asked-for',
        id: 'msg_req1',
        estimate: { inputTokens: 77, outputTokens: 3 },
      }),
  },
  anthropic: {
    to: 'openai',
    stream: () =>
      createOpenaiFromAnthropicStream({
        model: 'asked-for',
        id: 'chatcmpl-req1',
        created: 1_790_000_000,
        includeUsage: true,
      }),
    request: anthropicToOpenaiRequest,
    answer: (body: Record<string, unknown>) =>
      anthropicToOpenaiAnswer(body, { model: 'asked-for', id: 'chatcmpl-req1', created: 1_790_000_000 }),
  },
} as const

function translated(translator: StreamTranslator, bytes: Buffer, chunkBytes: number): string {
  const parser = createSseParser()
  let out = ''
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    for (const event of parser.push(bytes.subarray(from, from + chunkBytes))) out += translator.push(event)
  }
  for (const event of parser.end()) out += translator.push(event)
  return out + translator.end()
}

const files = (dialect: string, pattern: RegExp) =>
  readdirSync(join(root, dialect)).filter((name) => pattern.test(name) && !name.includes('.to-'))

for (const [from, { to, stream, request, answer }] of Object.entries(dialects)) {
  describe(`${from} to ${to}`, () => {
    test.each(files(from, /\.sse$/))('stream %s is translated the same wherever its bytes are cut', async (name) => {
      const bytes = readFileSync(join(root, from, name))
      const whole = translated(stream(), bytes, bytes.length)
      await expect(whole).toMatchFileSnapshot(join(root, from, name.replace('.sse', `.to-${to}.sse`)))
      for (const size of [1, 2, 3, 7, 64, 1000]) expect(translated(stream(), bytes, size)).toBe(whole)
    })

    test.each(files(from, /^request-.*\.json$/))('%s is translated, and what is left out is named', async (name) => {
      const { body, options } = JSON.parse(readFileSync(join(root, from, name), 'utf8'))
      const before = JSON.stringify(body)
      const result = request(body, options)
      expect(JSON.stringify(body), 'the request itself must stay as it was').toBe(before)
      await expect(`${JSON.stringify(result, null, 2)}\n`).toMatchFileSnapshot(
        join(root, from, name.replace('.json', `.to-${to}.expected`)),
      )
    })

    test.each(files(from, /^answer-.*\.json$/))('%s is translated', async (name) => {
      const body = JSON.parse(readFileSync(join(root, from, name), 'utf8'))
      await expect(`${JSON.stringify(answer(body), null, 2)}\n`).toMatchFileSnapshot(
        join(root, from, name.replace('.json', `.to-${to}.expected`)),
      )
    })
  })
}
