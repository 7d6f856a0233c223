/** Single promises where money is easily lost: who leaves early, and reports in unusual places. */
import { microsOf } from '@cockpit/contract/money'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { answer, verbatim } from '../upstreams/index.ts'
import { callers, pairs } from './callers.ts'
import { type Kind, type Stage, startStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

/** 40 bytes each, and a token for every four of what was seen: three of them are 30 tokens. */
const pieces = ['first', 'second', 'third', 'fourth'].map((word) => `${word} `.padEnd(40, '.'))
const [, , third = ''] = pieces
const tokensOfThree = 30
/** What each kind of provider sends before its first text, and those three texts. */
const eventsToThird: Record<Kind, number> = { 'openai-compatible': 1 + 3, anthropic: 3 + 3 }
const paths = { openai: '/v1/chat/completions', anthropic: '/v1/messages' }

// one after the other: a second is promised, and what happens beside it would be part of the measurement
describe.each(pairs)('$name', ({ caller: { dialect }, kind }) => {
  const asked = { max_tokens: 1_000, messages: [{ role: 'user', content: 'Hello' }] }
  const post = (tenant: Awaited<ReturnType<Stage['tenant']>>, stream: boolean, signal?: AbortSignal) =>
    fetch(tenant.url + paths[dialect], {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key.secret}` },
      body: JSON.stringify({ ...asked, model: tenant.model.name, stream }),
      signal: signal ?? null,
    })

  test('who leaves at the third chunk pays for exactly three, and the socket to the provider is closed within a second', async () => {
    // counted first: the first count loads the tokenizer, which would hold up this process and the provider in it
    const upstream = await stage.provider(answer({ text: 'Whole.', usage: null }))
    const tenant = await stage.tenant([{ kind, upstream, onDisconnect: 'abort' }])
    const whole = await post(tenant, false)
    await whole.text()
    const counted = await tenant.logged(whole.headers.get('x-request-id'))
    upstream.script(
      // the fourth is never sent, so what was observed is known to the byte
      answer({
        text: pieces.join(''),
        pieces,
        usage: { input: 700, output: 40 },
        delivery: { afterEvents: eventsToThird[kind], ending: 'hang' },
      }),
    )
    const leaving = new AbortController()
    const response = await post(tenant, true, leaving.signal)
    // a loop over the body would close it on its way out, before the moment that is measured
    const body = response.body?.getReader()
    for (let read = ''; !read.includes(third); ) {
      const part = await body?.read()
      if (!part?.value) throw new Error(`the stream ended after: ${read}`)
      read += Buffer.from(part.value).toString()
    }
    const open = upstream.connections()
    const leftAt = Date.now()
    leaving.abort()
    const { by, at } = await (await upstream.request(1)).done
    expect(by).toBe('client')
    expect(at - leftAt).toBeLessThan(1_000)
    await eventually(async () => expect(upstream.connections()).toBe(open - 1), 1_000)

    const { status, errorCode, tokens, credits } = await tenant.logged(response.headers.get('x-request-id'))
    expect({ status, errorCode }).toEqual({ status: 'cancelled', errorCode: 'client.disconnected' })
    // Anthropic's first event tells the input; where nobody told it, it is counted as for any answer without a report
    const input = kind === 'anthropic' ? 700 : counted.tokens.input
    expect(tokens).toMatchObject({ input, output: tokensOfThree, cachedInput: 0, source: 'estimated' })
    expect(microsOf(credits)).toBe(BigInt(input * 1_000 + tokensOfThree * 2_000))
    await eventually(async () =>
      expect(microsOf(await tenant.settled())).toBe(microsOf(credits) + microsOf(counted.credits)),
    )
  })
})

describe.each(callers)('usage in a chunk that also has choices, asked in the dialect of $dialect,', (caller) => {
  const kind = 'openai-compatible'

  test('is counted beside the reason the answer ended', async () => {
    const usage = { input: 120, output: 30, cached: 20 }
    const upstream = await stage.provider(answer({ text: 'Two words.', usage, usageAt: 'last-choice' }))
    const tenant = await stage.tenant([{ kind, upstream }])
    const { requestId } = await caller.ask(tenant, { stream: true })
    expect(await tenant.logged(requestId)).toMatchObject({
      tokens: { input: 100, cachedInput: 20, output: 30, source: 'reported' },
      credits: '0.162',
    })
    expect(await tenant.settled()).toBe('0.162')
  })

  test('is counted beside every text, where the last one holds and none is added to another', async () => {
    const chunk = (content: string, output: number, finish: string | null) =>
      `data: ${JSON.stringify({
        ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'm' },
        choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: finish }],
        usage: { prompt_tokens: 10, completion_tokens: output, total_tokens: 10 + output },
      })}\n\n`
    const stream = `${chunk('One', 1, null)}${chunk(' two', 2, null)}${chunk(' three', 7, 'stop')}data: [DONE]\n\n`
    const upstream = await stage.provider(verbatim(200, stream, { 'content-type': 'text/event-stream' }))
    const tenant = await stage.tenant([{ kind, upstream }])
    const said = await caller.ask(tenant, { stream: true })
    expect(said).toMatchObject({ text: 'One two three', tokens: { input: 10, output: 7 } })
    expect(await tenant.logged(said.requestId)).toMatchObject({
      tokens: { input: 10, output: 7, source: 'reported' },
      credits: '0.024',
    })
    expect(await tenant.settled()).toBe('0.024')
  })

  test('is zero where it says zero, and no estimate takes its place', async () => {
    const usage = { input: 0, output: 0 }
    const upstream = await stage.provider(answer({ text: 'Free of charge.', usage, usageAt: 'last-choice' }))
    const tenant = await stage.tenant([{ kind, upstream }])
    const { requestId } = await caller.ask(tenant, { stream: true })
    expect(await tenant.logged(requestId)).toMatchObject({
      tokens: { input: 0, output: 0, source: 'reported' },
      credits: '0',
    })
    expect(await tenant.settled()).toBe('0')
  })
})
