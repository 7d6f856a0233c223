import { readdirSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  accountSlice,
  chat,
  chunk,
  completion,
  connectionTo,
  MemoryLedger,
  modelNamed,
  platformSlice,
  runGateway,
  send,
  sendJson,
  sse,
  stopsOfTest,
  until,
  upstream,
} from './testing.ts'

const stops = stopsOfTest()

type Options = {
  answer: Parameters<typeof upstream>[0]
  connection?: Parameters<typeof connectionTo>[1]
  account?: Parameters<typeof accountSlice>[0]
  config?: NonNullable<Parameters<typeof runGateway>[1]>['config']
  ledger?: MemoryLedger
  model?: Parameters<typeof modelNamed>[1]
}
const started = async ({ answer, connection, account, config = {}, ledger, model }: Options) => {
  const up = await upstream(answer)
  stops.push(up.close)
  const slices = [
    platformSlice({ connections: [connectionTo(up.url, connection)], models: [modelNamed('small', model)] }),
    accountSlice(account),
  ]
  const running = await runGateway(slices, { config, ...(ledger ? { ledger } : {}) })
  stops.push(running.stop)
  return { ...running, up }
}

const begin = (res: ServerResponse) => res.writeHead(200, { 'content-type': 'text/event-stream' })
const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms))
const words = async (res: ServerResponse, count: number, text: string, gapMs = 1) => {
  begin(res)
  for (let i = 0; i < count && !res.destroyed; i++) {
    res.write(sse(chunk(text)))
    await pause(gapMs)
  }
  res.end(
    sse(
      chunk('', 'stop'),
      { ...chunk(''), choices: [], usage: { prompt_tokens: 3, completion_tokens: count, total_tokens: count + 3 } },
      '[DONE]',
    ),
  )
}
const only = (ledger: MemoryLedger) => [...ledger.records.values()][0]

describe('a stream', () => {
  test('is on record before its last event is sent', async () => {
    let recordedFirst = false
    const { url, dataDir } = await started({ answer: (_seen, res) => words(res, 3, 'word ') })
    const recorded = () =>
      readdirSync(join(dataDir, 'wal'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.log'))
        .some((name) => readFileSync(join(dataDir, 'wal', name), 'utf8').includes('\treq_'))
    await chat(
      url,
      { stream: true },
      {
        onPiece: (text) => {
          if (text.includes('[DONE]')) recordedFirst = recorded()
        },
      },
    )
    expect(recordedFirst).toBe(true)
  })

  test('split at every byte arrives as whole events with the same bytes', async () => {
    const text = sse(chunk('Grüße, 世界 🎉'), chunk('', 'stop'), '[DONE]')
    const { url } = await started({
      answer: async (_seen, res) => {
        begin(res)
        for (const byte of Buffer.from(text)) {
          res.write(Buffer.of(byte))
          if (byte % 16 === 0) await pause(0)
        }
        res.end()
      },
    })
    const answer = await chat(url, { stream: true, stream_options: { include_usage: true } })
    expect(answer.text).toBe(text)
    for (const piece of answer.pieces) expect(piece.endsWith('\n\n')).toBe(true)
  })

  test('is paid for step by step and ends with a clear error when the budget does', async () => {
    const ledger = new MemoryLedger({ bud_root: 1_200n })
    const { url, up } = await started({
      // eight bytes are two tokens of two micro-credits each
      answer: (_seen, res) => words(res, 2_000, 'eightchr'),
      config: { streamStepTokens: 100 },
      ledger,
    })
    const answer = await chat(url, { stream: true })
    expect(answer.status).toBe(200)
    const last = answer.text.trim().split('\n\n').at(-1) ?? ''
    expect(JSON.parse(last.replace('data: ', '')).error).toMatchObject({ code: 'budget.exhausted' })
    expect(answer.text).not.toContain('[DONE]')
    await until(() => ledger.records.size === 1, 'the record')
    expect(only(ledger)).toMatchObject({
      status: 'error',
      errorCode: 'budget.exhausted',
      tokens: { source: 'estimated' },
    })
    await until(() => up.open() === 0, 'the provider is stopped', 1_000)
    const { settled = 0n } = ledger.nodes.get('bud_root') ?? {}
    expect(settled).toBeGreaterThan(600n)
    expect(settled).toBeLessThanOrEqual(1_200n)
    expect(ledger.overdrafts).toBe(0)
  })

  test('ends with the true reason when the ledger is away, here and in the log', async () => {
    const ledger = new MemoryLedger({ bud_root: 1_000_000n })
    const { url } = await started({
      answer: (_seen, res) => words(res, 2_000, 'eightchr'),
      config: { streamStepTokens: 100 },
      ledger,
    })
    const answer = await chat(url, { stream: true }, { onPiece: () => (ledger.down = true) })
    expect(answer.text).toContain('"code":"budget.unavailable"')
    expect(answer.text).not.toContain('budget.exhausted')
    ledger.down = false
    await until(() => ledger.records.size === 1, 'the record', 10_000)
    expect(only(ledger)).toMatchObject({ status: 'error', errorCode: 'budget.unavailable' })
  })

  describe('of a model that reasons', () => {
    const thinking = async (credits: bigint) => {
      const ledger = new MemoryLedger({ bud_root: credits })
      // as a provider does: it thinks as long as it may, and tells of it only at the end
      const running = await started({
        answer: ({ text }, res) => {
          const { max_tokens: limit, max_completion_tokens: most = limit ?? 100_000 } = JSON.parse(text)
          const usage = { prompt_tokens: 3, completion_tokens: most, total_tokens: most + 3 }
          begin(res).end(sse(chunk('42', 'stop'), { ...chunk(''), choices: [], usage }, '[DONE]'))
        },
        model: { capabilities: ['chat', 'streaming', 'reasoning'], outputTokensMax: 100_000 },
        ledger,
      })
      return { ...running, ledger }
    }

    test.each([
      ['its limit', { max_completion_tokens: 5_000 }, 5_000],
      ['what is taken for granted, where the budget has not enough for all it could think', {}, 4_096],
    ])('%s is reserved beforehand', async (_what, body, asked) => {
      const { url, up, ledger } = await thinking(20_000n)
      expect((await chat(url, { stream: true, ...body })).status).toBe(200)
      const { max_tokens: limit, max_completion_tokens: most = limit } = JSON.parse(up.requests[0]?.text ?? '')
      expect(most).toBe(asked)
      await until(() => ledger.records.size === 1, 'the record')
      expect(ledger.nodes.get('bud_root')?.settled).toBe(BigInt(3 + asked * 2))
      expect(BigInt(only(ledger)?.hold?.amountMicros ?? 0)).toBeGreaterThanOrEqual(BigInt(3 + asked * 2))
    })

    test('more than the budget has is refused before it is asked', async () => {
      const { url, up } = await thinking(20_000n)
      const refused = await chat(url, { stream: true, max_completion_tokens: 100_000 })
      expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([402, 'budget.exhausted'])
      expect(up.requests).toEqual([])
    })
  })

  test('of many that outgrow their holds together, what they get ends with the budget', async () => {
    const ledger = new MemoryLedger({ bud_root: 250_000n })
    const { url } = await started({
      // four hundred bytes are a hundred tokens of two micro-credits each: 26,000 an answer, many steps long
      answer: async (_seen, res) => {
        begin(res)
        for (let i = 0; i < 130 && !res.destroyed; i++) {
          res.write(sse(chunk('eightchr'.repeat(50))))
          await pause(1)
        }
        res.end(sse(chunk('', 'stop'), '[DONE]'))
      },
      config: { streamStepTokens: 1_000 },
      ledger,
    })
    for (let round = 0; round < 6; round++)
      await Promise.all(Array.from({ length: 4 }, () => chat(url, { stream: true })))
    await until(() => ledger.records.size === 24, 'all records')
    const { settled = 0n } = ledger.nodes.get('bud_root') ?? {}
    expect(settled).toBeGreaterThan(200_000n)
    // but for what had arrived together with the last that was paid for
    expect(settled).toBeLessThanOrEqual(252_500n)
  })

  test('a slow reader slows the provider down instead of filling the memory', async () => {
    const big = 'x'.repeat(64 << 10)
    let written = 0
    const { url } = await started({
      answer: async (_seen, res) => {
        begin(res)
        for (let i = 0; i < 400 && !res.destroyed; i++) {
          written++
          if (!res.write(sse(chunk(big)))) await new Promise((resume) => res.once('drain', resume))
        }
        res.end(sse('[DONE]'))
      },
    })
    const { request } = await import('node:http')
    const req = request(`${url}/v1/chat/completions`, {
      method: 'POST',
      agent: false,
      headers: { authorization: 'Bearer sk-test-ada', 'content-type': 'application/json' },
    })
    req.on('error', () => {})
    req.end(JSON.stringify({ model: 'small', messages: [], stream: true }))
    await new Promise((resolve) => req.on('response', (res) => resolve(res.pause())))
    // what the sockets between the two hold is written at once, and then nothing more
    for (let before = -1; written !== before; await pause(300)) before = written
    expect(written).toBeLessThan(380)
    req.destroy()
  })

  test('that says nothing in time is given up before it began and tried elsewhere', async () => {
    let calls = 0
    const { url } = await started({
      answer: (_seen, res) => {
        calls++
        if (calls === 1) return void begin(res).flushHeaders()
        return words(res, 1, 'ok')
      },
      connection: { timeouts: { connectMs: 500, firstByteMs: 300, idleMs: 200, totalMs: 1_000 } },
    })
    const answer = await chat(url, { stream: true })
    expect(answer.status).toBe(504)
    expect(JSON.parse(answer.text).error.code).toBe('upstream.timeout')
  })
})

describe('a caller that hangs up', () => {
  test('stops the provider and pays for what was written', async () => {
    const { url, ledger, up } = await started({ answer: (_seen, res) => words(res, 500, 'word ', 2) })
    await chat(url, { stream: true }, { onPiece: (_text, req) => req.destroy() }).catch(() => {})
    await until(() => up.open() === 0, 'the provider is stopped', 1_000)
    await until(() => ledger.records.size === 1, 'the record')
    const record = only(ledger)
    expect(record).toMatchObject({ status: 'cancelled', httpStatus: 499, tokens: { source: 'estimated' } })
    expect(record?.tokens.output).toBeGreaterThan(0)
    expect(BigInt(record?.creditMicros ?? 0)).toBeGreaterThan(0n)
  })

  test('on a draining connection pays for the whole answer', async () => {
    const { url, ledger } = await started({
      answer: (_seen, res) => words(res, 30, 'word ', 2),
      connection: { onDisconnect: 'drain' },
    })
    await chat(url, { stream: true }, { onPiece: (_text, req) => req.destroy() }).catch(() => {})
    await until(() => ledger.records.size === 1, 'the record')
    expect(only(ledger)).toMatchObject({ status: 'cancelled', tokens: { input: 3, output: 30, source: 'reported' } })
  })

  test('leaves no stream and no call behind', async () => {
    const { url, gateway } = await started({ answer: (_seen, res) => words(res, 500, 'word ', 2) })
    const calls = Array.from({ length: 20 }, () =>
      chat(url, { stream: true }, { onPiece: (_text, req) => req.destroy() }).catch(() => {}),
    )
    await until(() => gateway.activeStreams('acc_1') > 0, 'streams are open')
    await Promise.all(calls)
    await until(() => gateway.stats().activeCalls === 0, 'no call is open', 1_500)
    expect(gateway.activeStreams(null)).toBe(0)
  })
})

describe('at the end', () => {
  test('open streams finish, new calls are refused, usage is shipped and leases go back', async () => {
    const { url, gateway, ledger } = await started({ answer: (_seen, res) => words(res, 40, 'word ', 5) })
    const open = chat(url, { stream: true })
    await until(() => gateway.activeStreams(null) === 1, 'the stream is open')
    const drained = gateway.drain(3_000)
    const late = await chat(url)
    expect([late.status, late.headers['x-should-retry']]).toEqual([503, 'true'])
    expect((await open).text).toContain('[DONE]')
    expect(await drained).toEqual({ callsFinished: true, usageShipped: true })
    expect(ledger.records.size).toBe(1)
    expect(ledger.nodes.get('bud_root')?.held).toBe(0n)
  })

  test('streams that do not finish in time are cut and billed', async () => {
    const { url, gateway, ledger } = await started({ answer: (_seen, res) => words(res, 5_000, 'word ', 5) })
    const open = chat(url, { stream: true }).catch((error) => error)
    await until(() => gateway.activeStreams(null) === 1, 'the stream is open')
    expect(await gateway.drain(500)).toEqual({ callsFinished: false, usageShipped: true })
    await open
    expect(only(ledger)).toMatchObject({ status: 'cancelled' })
  })
})

describe('content', () => {
  const logging = { account: { ...accountSlice().account, logContent: true } }
  test('is kept only where the account keeps it, and only so much of it', async () => {
    const { url, ledger } = await started({
      answer: (_seen, res) => words(res, 50, 'word '),
      account: logging,
      config: { contentBytesMax: 1_000 },
    })
    await chat(url, { stream: true })
    await until(() => ledger.records.size === 1, 'the record')
    const content = only(ledger)?.content
    expect(content?.request).toContain('"Hello"')
    expect(content?.response).toContain('word ')
    expect(content?.response.length).toBeLessThanOrEqual(1_000)
    expect(content?.truncated).toBe(true)
  })

  test('is not kept otherwise', async () => {
    const { url, ledger } = await started({ answer: (_seen, res) => sendJson(res, completion('secret')) })
    await chat(url)
    await until(() => ledger.records.size === 1, 'the record')
    expect(only(ledger)?.content).toBeNull()
  })
})

describe('money', () => {
  test('a call beyond the budget is refused with the scope that blocks, and the refusal is on record', async () => {
    const ledger = new MemoryLedger({ bud_root: 50n })
    const { url, up } = await started({ answer: (_seen, res) => sendJson(res, completion('Hi')), ledger })
    const answer = await chat(url, { max_tokens: 1_000 })
    expect(answer.status).toBe(402)
    expect(answer.headers['x-should-retry']).toBe('false')
    expect(JSON.parse(answer.text).error).toMatchObject({
      code: 'budget.exhausted',
      scope: { type: 'account', id: 'acc_1', name: 'Acme' },
    })
    expect(up.requests).toHaveLength(0)
    await until(() => ledger.records.size === 1, 'the record')
    expect(only(ledger)).toMatchObject({ status: 'denied', httpStatus: 402, hold: null, creditMicros: '0' })
    expect(only(ledger)?.steps.at(-1)).toMatchObject({ layer: 'budget', verdict: 'deny' })
  })

  test('a ledger that is away refuses what cannot be reserved, and says that it will pass', async () => {
    const ledger = new MemoryLedger({ bud_root: 1_000_000n })
    ledger.down = true
    const { url } = await started({ answer: (_seen, res) => sendJson(res, completion('Hi')), ledger })
    const answer = await chat(url)
    expect([answer.status, JSON.parse(answer.text).error.code, answer.headers['x-should-retry']]).toEqual([
      503,
      'budget.unavailable',
      'true',
    ])
    ledger.down = false
    expect((await chat(url)).status).toBe(200)
  })

  test('many at once never spend more than there is, and what is left can be spent', async () => {
    const ledger = new MemoryLedger({ bud_root: 3_000n })
    // a call costs 10·1 + 5·2 = 20 and may cost at most a little more than it holds: 5 tokens of output
    const { url } = await started({ answer: (_seen, res) => sendJson(res, completion('Hi')), ledger })
    const answers = await Promise.all(Array.from({ length: 200 }, () => chat(url, { max_tokens: 5 })))
    const paid = answers.filter(({ status }) => status === 200).length
    expect(answers.every(({ status }) => status === 200 || status === 402)).toBe(true)
    await until(() => ledger.records.size === 200, 'all records')
    const { settled = 0n } = ledger.nodes.get('bud_root') ?? {}
    expect(settled).toBe(BigInt(paid * 20))
    expect(settled).toBeLessThanOrEqual(3_000n)
    expect(settled).toBeGreaterThan(2_000n)
  })
})

describe('the simulated provider', () => {
  const demo = async () => {
    const slices = [
      platformSlice({
        connections: [connectionTo('', { kind: 'demo', baseUrl: null, sealedSecret: null })],
        models: [modelNamed('demo-chat'), modelNamed('demo-embedding')],
      }),
      accountSlice(),
    ]
    const running = await runGateway(slices)
    stops.push(running.stop)
    return running
  }

  test('answers the same question the same way, says that it is simulated, and counts its tokens', async () => {
    const { url, ledger } = await demo()
    const [first, second] = [await chat(url, { model: 'demo-chat' }), await chat(url, { model: 'demo-chat' })]
    const answer = JSON.parse(first.text)
    expect(answer.choices[0].message.content).toMatch(/simulated.*“Hello”/)
    expect(JSON.parse(second.text).choices).toEqual(answer.choices)
    expect(answer.usage.completion_tokens).toBeGreaterThan(10)
    await until(() => ledger.records.size === 2, 'the records')
    expect(only(ledger)?.tokens).toMatchObject({ output: answer.usage.completion_tokens, source: 'reported' })
  })

  test('streams word by word, in the caller’s dialect', async () => {
    const { url } = await demo()
    const answer = await chat(url, { model: 'demo-chat', stream: true })
    expect(answer.pieces.length).toBeGreaterThan(5)
    const message = await send(url, '/v1/messages', {
      body: { model: 'demo-chat', max_tokens: 50, stream: true, messages: [{ role: 'user', content: 'Hello' }] },
    })
    expect(message.text).toContain('event: message_stop')
  })

  test('keeps to max_tokens, stop and a required tool', async () => {
    const { url } = await demo()
    const short = JSON.parse((await chat(url, { model: 'demo-chat', max_tokens: 4 })).text)
    expect(short.choices[0].finish_reason).toBe('length')
    expect(short.usage.completion_tokens).toBeLessThanOrEqual(4)
    const stopped = JSON.parse((await chat(url, { model: 'demo-chat', stop: ['simulated'] })).text)
    expect(stopped.choices[0].message.content).toBe('This is a ')
    const parameters = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } }
    const tools = [{ type: 'function', function: { name: 'weather', parameters } }]
    const called = JSON.parse((await chat(url, { model: 'demo-chat', tools, tool_choice: 'required' })).text)
    expect(called.choices[0].message.tool_calls[0].function).toEqual({
      name: 'weather',
      arguments: '{"city":"Hello","days":1}',
    })
  })

  test('embeds texts that share words close to each other, as unit vectors', async () => {
    const { url } = await demo()
    const input = ['the red car', 'a red car', 'quarterly tax report']
    const { data } = JSON.parse((await send(url, '/v1/embeddings', { body: { model: 'demo-embedding', input } })).text)
    const vectors: number[][] = data.map((one: { embedding: number[] }) => one.embedding)
    const dot = (a: number[] = [], b: number[] = []) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)
    expect(vectors[0]).toHaveLength(256)
    expect(dot(vectors[0], vectors[0])).toBeCloseTo(1, 5)
    expect(dot(vectors[0], vectors[1])).toBeGreaterThan(dot(vectors[0], vectors[2]) + 0.2)
  })
})
