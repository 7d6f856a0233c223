/** A real model behind Cockpit: the official OpenAI SDK, a connection to llama.cpp, and the bill for what it counted. */
import { microsOf } from '@cockpit/contract/money'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, issueKey, offerModel, openAccount, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type Inference, inferenceMissing, startInference } from './index.ts'

const missing = inferenceMissing()
if (missing) process.stderr.write(`SKIPPED tests/inference/cockpit.test.ts: ${missing}\n`)

describe.skipIf(missing)('a real llama.cpp behind Cockpit', () => {
  let engine: Inference
  let cockpit: TestCockpit
  let account: TestAccount
  let model: string
  let openai: OpenAI
  beforeAll(async () => {
    engine = await startInference()
    cockpit = await startCockpit()
    account = await openAccount(cockpit)
    const connection = { name: 'llama.cpp', kind: 'openai-compatible' as const, baseUrl: `${engine.url}/v1` }
    const probe = await cockpit.as().providers.probe({ body: connection })
    expect(probe).toMatchObject({ ok: true, models: [engine.model] })
    const offered = await offerModel(cockpit, account.id, [connection], { upstreamModel: engine.model })
    model = offered.model.name
    const { secret } = await issueKey(cockpit, account)
    openai = new OpenAI({ baseURL: `${cockpit.url}/v1`, apiKey: secret, maxRetries: 0 })
    await eventually(async () => expect((await openai.models.list()).data.map(({ id }) => id)).toEqual([model]))
  }, 60_000)
  afterAll(async () => {
    await cockpit?.stop()
    await engine?.stop()
  })

  const ask = () => ({
    model,
    messages: [{ role: 'user' as const, content: 'Tell me a story' }],
    max_tokens: 24,
    seed: 7,
  })
  /** 1000 US dollars a million tokens in, 2000 out. */
  const billed = async (id: string | null | undefined, usage: OpenAI.CompletionUsage | null | undefined) => {
    const logged = await eventually(() => account.api.usage.get({ params: { id: id ?? 'req_0' } }))
    const { prompt_tokens: input = 0, completion_tokens: output = 0 } = usage ?? {}
    expect(logged).toMatchObject({ status: 'ok', tokens: { input, output, source: 'reported' } })
    expect(microsOf(logged.credits)).toBe(BigInt(input * 1_000 + output * 2_000))
    return microsOf(logged.credits)
  }

  test('says the same streamed and whole, and both are billed by the tokens it reports', async () => {
    const whole = await openai.chat.completions.create(ask())
    expect(whole.choices[0]?.message.content).toMatch(/^[a-z ]+$/)
    expect(whole.usage?.completion_tokens).toBeGreaterThan(0)
    const { data, request_id } = await openai.chat.completions
      .create({ ...ask(), stream: true, stream_options: { include_usage: true } })
      .withResponse()
    let text = ''
    let usage: OpenAI.CompletionUsage | null | undefined
    for await (const chunk of data) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(text).toBe(whole.choices[0]?.message.content)
    expect(usage).toEqual(whole.usage)
    const sum = (await billed(whole._request_id, whole.usage)) + (await billed(request_id, usage))
    expect(microsOf((await account.api.budgets.overview()).pool.settled)).toBe(sum)
  })
})
