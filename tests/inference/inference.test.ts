import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Inference, inferenceMissing, startInference } from './index.ts'

const missing = inferenceMissing()
if (missing) process.stderr.write(`SKIPPED tests/inference: ${missing}\n`)

describe.skipIf(missing)('a real llama.cpp', () => {
  let engine: Inference
  let openai: OpenAI
  beforeAll(async () => {
    engine = await startInference()
    openai = new OpenAI({ baseURL: `${engine.url}/v1`, apiKey: 'none', maxRetries: 0 })
  }, 40_000)
  afterAll(() => engine?.stop())

  const ask = (content: string, max_tokens = 24) => ({
    model: engine.model,
    messages: [{ role: 'user' as const, content }],
    max_tokens,
    seed: 7,
  })

  test('lists its model', async () => {
    const { data } = await openai.models.list()
    expect(data.map(({ id }) => id)).toEqual([engine.model])
  })

  test('answers with the token counts of its own tokenizer', async () => {
    const short = await openai.chat.completions.create(ask('Hello'))
    const long = await openai.chat.completions.create(ask('Hello, world'))
    expect(short.choices[0]?.message.content).toMatch(/^[a-z ]+$/)
    // one token a byte, and none of the merged pairs occurs in ', world'
    expect((long.usage?.prompt_tokens ?? 0) - (short.usage?.prompt_tokens ?? 0)).toBe(', world'.length)
    expect(short.usage?.completion_tokens).toBeGreaterThan(0)
    expect(short.usage?.completion_tokens).toBeLessThanOrEqual(24)
  })

  test('counts a merged pair as one token and a Chinese character as three', async () => {
    const tokens = async (text: string) =>
      (await openai.chat.completions.create(ask(text, 1))).usage?.prompt_tokens ?? 0
    const none = await tokens('')
    expect((await tokens('th')) - none).toBe(1)
    expect((await tokens('你')) - none).toBe(3)
  })

  test('says that it stopped for length when the limit cut it off', async () => {
    const { choices, usage } = await openai.chat.completions.create(ask('Hello', 1))
    expect(choices[0]?.finish_reason).toBe('length')
    expect(usage?.completion_tokens).toBe(1)
  })

  test('streams the same answer it gives whole, with the same usage', async () => {
    const whole = await openai.chat.completions.create(ask('Tell me a story'))
    const stream = await openai.chat.completions.create({
      ...ask('Tell me a story'),
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let usage: OpenAI.CompletionUsage | null | undefined
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(text).toBe(whole.choices[0]?.message.content)
    expect(usage).toEqual(whole.usage)
  })

  test('stops generating when the caller hangs up, and serves the next one', async () => {
    const stream = await openai.chat.completions.create({ ...ask('Go on for ever', 2_000), stream: true })
    for await (const _ of stream) break
    const next = await openai.chat.completions.create(ask('Next', 4))
    expect(next.usage?.completion_tokens).toBeGreaterThan(0)
  })

  test('refuses a model it does not have', async () => {
    await expect(openai.chat.completions.create({ ...ask('Hello'), model: 'gpt-9' })).rejects.toMatchObject({
      status: 404,
    })
  })
})
