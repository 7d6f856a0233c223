/** Sessions over WebSocket: what passes, what is on record of it, and how it ends. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SliceGuardrail } from '@cockpit/contract/snapshot'
import { describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import {
  accountSlice,
  closeServer,
  connectionTo,
  keyNamed,
  MemoryLedger,
  modelNamed,
  platformSlice,
  runGateway,
  secretOf,
  send,
  stopsOfTest,
  until,
} from '../testing.ts'

const stops = stopsOfTest()

type Says = (event: Record<string, unknown>, socket: WebSocket) => void
const answers: Says = ({ type }, socket) => {
  if (type !== 'response.create') return
  say(socket, { type: 'response.created', response: { id: 'resp_1' } })
  say(socket, { type: 'response.output_audio.delta', delta: 'A'.repeat(6_400) })
  say(socket, { type: 'response.output_audio_transcript.delta', delta: 'Hello there' })
  say(socket, { type: 'response.done', response: { status: 'completed', usage } })
}
const usage = {
  total_tokens: 130,
  input_tokens: 100,
  output_tokens: 30,
  input_token_details: {
    text_tokens: 40,
    audio_tokens: 60,
    cached_tokens: 20,
    cached_tokens_details: { audio_tokens: 10 },
  },
  output_token_details: { text_tokens: 10, audio_tokens: 20 },
}
const say = (socket: WebSocket, event: object) => socket.send(JSON.stringify(event))

/** A provider of sessions; with `refuses` it takes none. */
const provider = async (says: Says = answers, refuses?: number) => {
  const server = createServer()
  const sockets = new WebSocketServer({ server, verifyClient: (_, done) => done(!refuses, refuses ?? 200, 'no') })
  const asked: { url: string; headers: NodeJS.Dict<string | string[]> }[] = []
  const open: WebSocket[] = []
  sockets.on('connection', (socket, req) => {
    asked.push({ url: req.url ?? '', headers: req.headers })
    open.push(socket)
    say(socket, { type: 'session.created', session: { model: 'up' } })
    socket.on('message', (data) => says(JSON.parse(String(data)), socket))
  })
  await new Promise<void>((resume) => void server.listen(0, '127.0.0.1', resume))
  stops.push(async () => {
    for (const socket of sockets.clients) socket.terminate()
    await closeServer(server)
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked, open }
}
type Provider = Awaited<ReturnType<typeof provider>>

type Options = {
  account?: Parameters<typeof accountSlice>[0]
  config?: NonNullable<Parameters<typeof runGateway>[1]>['config']
  connection?: Parameters<typeof connectionTo>[1]
  ledger?: MemoryLedger
}
const price = {
  ...{ version: 3, effectiveFrom: 0, input: 1_000_000, output: 2_000_000, cachedInput: 500_000, cacheWrite: 0 },
  ...{ reasoning: 2_000_000, audioInput: 10_000_000, audioOutput: 20_000_000 },
}
const started = async (ups: readonly Provider[], { account, config = {}, connection, ledger }: Options = {}) => {
  const connections = ups.map(({ url }, at) =>
    connectionTo(url, { id: `con_${at + 1}`, name: `P${at + 1}`, kind: 'openai', ...connection }),
  )
  const deployments = connections.map(({ id }) => ({ connectionId: id, upstreamModel: 'gpt-realtime' }))
  const models = [
    modelNamed('talk', { capabilities: ['realtime'], prices: [price], deployments, outputTokensMax: 100 }),
    modelNamed('small', { deployments }),
  ]
  const running = await runGateway([platformSlice({ connections, models }), accountSlice(account)], {
    config,
    ...(ledger && { ledger }),
  })
  stops.push(running.stop)
  return running
}

/** A caller, with everything it was told. */
const session = (url: string, options: { key?: string; protocols?: string[]; path?: string } = {}) => {
  const { key = 'ada', protocols = [], path = '/v1/realtime?model=talk' } = options
  const socket = new WebSocket(url.replace('http', 'ws') + path, protocols, {
    headers: key === '' ? {} : { authorization: `Bearer ${secretOf(key)}` },
  })
  const heard: Record<string, never>[] = []
  const closed: { code: number; reason: string }[] = []
  socket.on('message', (data) => heard.push(JSON.parse(String(data))))
  socket.on('close', (code, reason) => closed.push({ code, reason: String(reason) }))
  const opened = new Promise<void>((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })
  opened.catch(() => {})
  stops.push(async () => socket.terminate())
  const types = () => heard.map(({ type }) => type)
  return { socket, heard, closed, opened, types, say: (event: object) => say(socket, event) }
}
const refusalOf = (url: string, options: Parameters<typeof session>[1]) =>
  new Promise<{ status: number; body: string }>((resolve, reject) => {
    const { socket } = session(url, options)
    socket.on('unexpected-response', (_req, res) => {
      let body = ''
      res.on('data', (piece) => {
        body += piece
      })
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body }))
    })
    socket.on('open', () => reject(new Error('it was let in')))
  })
const talking = async (url: string, options?: Parameters<typeof session>[1]) => {
  const caller = session(url, options)
  await caller.opened
  await until(() => caller.types().includes('session.created' as never), 'the session')
  return caller
}
const asking = { type: 'response.create' }
const recordsOf = ({ records }: MemoryLedger) => [...records.values()]

const emails: SliceGuardrail = {
  ...{ id: 'grd_1', name: 'No addresses', position: 0, scope: { type: 'account' }, onFailure: 'closed' },
  checks: [{ kind: 'pii', kinds: ['email'], action: 'mask', on: ['output'] }],
}

describe('a session', () => {
  test('passes events both ways, and each answer is on record with what it used', async () => {
    const up = await provider()
    const { url, ledger } = await started([up])
    const caller = await talking(url)
    expect(up.asked[0]).toMatchObject({ url: '/v1/realtime?model=gpt-realtime' })
    expect(up.asked[0]?.headers.authorization).toBe('Bearer upstream-secret')
    for (const count of [1, 2]) {
      caller.say(asking)
      await until(() => ledger.records.size === count, 'its record')
    }
    expect(caller.types().filter((type) => type === ('response.done' as never))).toHaveLength(2)
    for (const record of recordsOf(ledger))
      expect(record).toMatchObject({
        ...{ status: 'ok', operation: 'realtime', dialect: 'openai', connectionId: 'con_1', model: 'talk' },
        tokens: { input: 80, cachedInput: 20, output: 30, source: 'reported' },
        // 30 read and 50 heard, 20 from the cache, 10 written and 20 spoken
        costMicros: String(30 * 1 + 50 * 10 + 20 * 0.5 + 10 * 2 + 20 * 20),
      })
    caller.socket.close()
    await until(() => up.open[0]?.readyState === WebSocket.CLOSED, 'the provider is let go')
    expect(ledger.records.size).toBe(2)
    expect(ledger.overdrafts).toBe(0)
  })

  test('of which nothing came leaves no record and keeps nothing reserved', async () => {
    const up = await provider()
    const running = await started([up])
    const caller = await talking(running.url)
    expect(running.gateway.stats()).toMatchObject({ activeCalls: 1, activeStreams: 1 })
    caller.socket.close()
    await until(() => running.gateway.stats().activeCalls === 0, 'its end')
    await running.stop()
    expect(running.ledger.records.size).toBe(0)
    expect(running.ledger.nodes.get('bud_root')).toMatchObject({ held: 0n, settled: 0n })
  })

  test('takes its key from the languages it offers, and tells it to nobody', async () => {
    const up = await provider()
    const { url } = await started([up])
    const secret = `openai-insecure-api-key.${secretOf('ada')}`
    const caller = await talking(url, { key: '', protocols: ['realtime', secret, 'openai-beta.realtime-v1'] })
    expect(caller.socket.protocol).toBe('realtime')
    expect(JSON.stringify(up.asked)).not.toContain(secretOf('ada'))
    expect(up.asked[0]?.headers['openai-beta']).toBe('realtime=v1')
  })

  test.each([
    ['openai-compatible', {}, '/v1/realtime?model=gpt-realtime', 'authorization'],
    ['azure', {}, '/v1/openai/v1/realtime?model=gpt-realtime', 'api-key'],
    [
      'azure',
      { options: { apiVersion: '2025-04-01-preview' } },
      '/v1/openai/realtime?api-version=2025-04-01-preview&deployment=gpt-realtime',
      'api-key',
    ],
  ] as const)('is opened at %s %o', async (kind, differs, path, header) => {
    const up = await provider()
    const { url } = await started([up], { connection: { kind, ...differs } })
    await talking(url)
    expect(up.asked[0]?.url).toBe(path)
    expect(up.asked[0]?.headers[header]).toContain('upstream-secret')
  })

  test('is opened at the next provider where one takes none', async () => {
    const [first, second] = [await provider(answers, 503), await provider()]
    const { url } = await started([first, second])
    await talking(url)
    expect(second.asked).toHaveLength(1)
  })

  test.each<[string, Parameters<typeof session>[1], Options, number, string]>([
    ['without a key', { key: '' }, {}, 401, 'auth.required'],
    ['with an unknown one', { key: 'eve' }, {}, 401, 'auth.failed'],
    ['without a model', { path: '/v1/realtime' }, {}, 400, 'input.invalid'],
    ['of no such model', { path: '/v1/realtime?model=none' }, {}, 404, 'model.not_found'],
    ['of a model that holds none', { path: '/v1/realtime?model=small' }, {}, 400, 'model.unsupported_operation'],
    ['nobody pays for', {}, { ledger: new MemoryLedger({ bud_root: 10n }) }, 402, 'budget.exhausted'],
    ['a guardrail would have to hear', {}, { account: { guardrails: [emails] } }, 400, 'guardrail.blocked'],
  ])('%s is refused before it is one', async (_, asked, options, status, code) => {
    const up = await provider()
    const { url } = await started([up], options)
    const refused = await refusalOf(url, asked)
    expect(refused.status).toBe(status)
    expect(JSON.parse(refused.body).error).toMatchObject({ code })
    expect(up.asked).toHaveLength(0)
  })

  test('whose provider refuses the credential is told nothing of it', async () => {
    const { url, ledger } = await started([await provider(answers, 401)])
    const refused = await refusalOf(url, {})
    expect(refused.status).toBe(502)
    expect(JSON.parse(refused.body).error).toMatchObject({ code: 'upstream_credentials_exhausted' })
    await until(() => ledger.records.size === 1, 'the record')
    expect(recordsOf(ledger)[0]).toMatchObject({ status: 'error', costMicros: '0' })
  })

  test('ends when the budget does not pay for another answer', async () => {
    // two answers of at most 100 tokens of 20 each, and what is said before them
    const ledger = new MemoryLedger({ bud_root: 14_000n })
    const up = await provider()
    const { url } = await started([up], { ledger })
    const caller = await talking(url)
    caller.say(asking)
    await until(() => caller.closed.length === 1, 'its end')
    expect(caller.heard.at(-1)).toMatchObject({ type: 'error', error: { code: 'budget.exhausted' } })
    expect(caller.closed[0]?.code).toBe(1008)
    await until(() => ledger.records.size === 2, 'both records')
    expect(recordsOf(ledger).map(({ status }) => status)).toEqual(['ok', 'denied'])
    expect(ledger.overdrafts).toBe(0)
    await until(() => up.open[0]?.readyState === WebSocket.CLOSED, 'the provider is let go')
  })

  test('ends within a second when its key is revoked, also in the middle of an answer', async () => {
    const up = await provider(({ type }, socket) => {
      if (type !== 'response.create') return
      say(socket, { type: 'response.created' })
      say(socket, { type: 'response.output_text.delta', delta: 'x'.repeat(40) })
    })
    const { url, ledger, snapshots } = await started([up])
    const [quiet, busy] = [await talking(url), await talking(url)]
    busy.say(asking)
    await until(() => busy.types().includes('response.output_text.delta' as never), 'an answer')
    const at = performance.now()
    snapshots.publish(accountSlice({ keys: [keyNamed('ada', { revokedAt: Date.now() })] }))
    await until(() => quiet.closed.length + busy.closed.length === 2, 'their ends')
    expect(performance.now() - at).toBeLessThan(1_000)
    for (const { heard, closed } of [quiet, busy]) {
      expect(heard.at(-1)).toMatchObject({ type: 'error', error: { code: 'key.revoked' } })
      expect(closed[0]?.code).toBe(1008)
    }
    await until(() => ledger.records.size === 1, 'what was said is paid')
    expect(recordsOf(ledger)[0]).toMatchObject({ status: 'error', errorCode: 'key.revoked', tokens: { output: 10 } })
  })

  test('whose caller leaves in the middle of an answer is billed by what was said', async () => {
    const up = await provider(({ type }, socket) => {
      if (type !== 'response.create') return
      say(socket, { type: 'response.created' })
      say(socket, { type: 'response.output_audio.delta', delta: 'A'.repeat(32_000) })
    })
    const { url, ledger } = await started([up])
    const caller = await talking(url)
    caller.say(asking)
    await until(() => caller.types().includes('response.output_audio.delta' as never), 'an answer')
    caller.socket.terminate()
    await until(() => ledger.records.size === 1, 'the record')
    // 24,000 bytes of sound are half a second, ten tokens
    expect(recordsOf(ledger)[0]).toMatchObject({ status: 'cancelled', tokens: { output: 10, source: 'estimated' } })
    expect(Number(recordsOf(ledger)[0]?.costMicros)).toBeGreaterThanOrEqual(200)
    await until(() => up.open[0]?.readyState === WebSocket.CLOSED, 'the provider is let go')
  })

  test('whose provider dies says so', async () => {
    const up = await provider(({ type }, socket) => {
      if (type !== 'response.create') return
      say(socket, { type: 'response.created' })
      socket.terminate()
    })
    const { url, ledger } = await started([up])
    const caller = await talking(url)
    caller.say(asking)
    await until(() => caller.closed.length === 1, 'its end')
    expect(caller.heard.at(-1)).toMatchObject({ type: 'error', error: { code: 'upstream.stream_failed' } })
    await until(() => ledger.records.size === 1, 'the record')
    expect(recordsOf(ledger)[0]).toMatchObject({ status: 'error', errorCode: 'upstream.stream_failed' })
  })

  test('pays for what its caller said being written down, with the answer', async () => {
    const up = await provider((event, socket) => {
      if (event.type === 'response.create')
        say(socket, {
          type: 'conversation.item.input_audio_transcription.completed',
          transcript: '"type":"response.done"',
          usage: { type: 'tokens', input_tokens: 7, output_tokens: 3, input_token_details: { audio_tokens: 7 } },
        })
      answers(event, socket)
    })
    const { url, ledger } = await started([up])
    const caller = await talking(url)
    caller.say(asking)
    await until(() => ledger.records.size === 1, 'the record')
    expect(recordsOf(ledger)[0]).toMatchObject({ tokens: { input: 87, output: 33 } })
  })

  test('pays for what was written down by the second too', async () => {
    const up = await provider((event, socket) => {
      const type = 'conversation.item.input_audio_transcription.completed'
      if (event.type === 'response.create') say(socket, { type, usage: { type: 'duration', seconds: 1.25 } })
      answers(event, socket)
    })
    const { url, ledger } = await started([up])
    const caller = await talking(url)
    caller.say(asking)
    await until(() => ledger.records.size === 1, 'the record')
    expect(recordsOf(ledger)[0]).toMatchObject({ tokens: { input: 80 + 13 } })
  })

  test('has answers at once, each of which is on record', async () => {
    const up = await provider((_, socket) => {
      for (const id of [1, 2, 3]) say(socket, { type: 'response.created', response: { id } })
      for (const id of [1, 2, 3]) say(socket, { type: 'response.done', response: { id, status: 'completed', usage } })
    })
    const running = await started([up])
    const caller = await talking(running.url)
    caller.say(asking)
    await until(() => running.ledger.records.size === 3, 'their records')
    for (const record of recordsOf(running.ledger))
      expect(record).toMatchObject({ status: 'ok', tokens: { output: 30 } })
    caller.socket.close()
    await until(() => running.gateway.stats().activeCalls === 0, 'its end')
  })

  test('whose provider says that it failed pays nothing for that, and one that says nothing of its use is estimated', async () => {
    const up = await provider(({ how }, socket) => {
      say(socket, { type: 'response.created' })
      say(socket, { type: 'response.output_text.delta', delta: 'x'.repeat(40) })
      say(socket, { type: 'response.done', response: { status: how } })
    })
    const { url, ledger } = await started([up])
    const caller = await talking(url)
    caller.say({ how: 'failed' })
    await until(() => ledger.records.size === 1, 'the first')
    caller.say({ how: 'completed' })
    await until(() => ledger.records.size === 2, 'the second')
    expect(recordsOf(ledger)).toMatchObject([
      { status: 'error', costMicros: '0', tokens: { source: 'none' } },
      { status: 'ok', tokens: { output: 10, source: 'estimated' } },
    ])
  })

  test.each([
    ['is silent for too long', { sessionIdleMs: 300 }, 'Nothing was said'],
    ['takes too long', { sessionMs: 300 }, 'as long as one may'],
  ])('that %s ends', async (_, config, words) => {
    const { url } = await started([await provider()], { config })
    const caller = await talking(url)
    await until(() => caller.closed.length === 1, 'its end')
    expect(caller.heard.at(-1)).toMatchObject({
      error: { code: 'upstream.timeout', message: expect.stringContaining(words) },
    })
  })

  test('ends with its process: at once when nothing is being said, else after the answer', async () => {
    const up = await provider(({ type }, socket) => {
      if (type === 'response.create') say(socket, { type: 'response.created' })
      if (type === 'end') say(socket, { type: 'response.done', response: { status: 'completed', usage } })
    })
    const running = await started([up])
    const [quiet, busy] = [await talking(running.url), await talking(running.url)]
    busy.say(asking)
    await until(() => busy.types().includes('response.created' as never), 'an answer')
    const stopped = running.stop()
    await until(() => quiet.closed.length === 1, 'the end of the quiet one')
    expect(quiet.closed[0]?.code).toBe(1012)
    expect(busy.closed).toHaveLength(0)
    busy.say({ type: 'end' })
    await until(() => busy.closed.length === 1, 'the end of the busy one')
    expect(busy.types().slice(-2)).toEqual(['response.done', 'error'])
    await stopped
    expect(recordsOf(running.ledger)).toMatchObject([{ status: 'ok', tokens: { output: 30 } }])
  })

  test('ends with a message that is too long', async () => {
    const { url } = await started([await provider()], { config: { sessionMessageBytesMax: 10_000 } })
    const caller = await talking(url)
    caller.say({ type: 'input_audio_buffer.append', audio: 'A'.repeat(20_000) })
    await until(() => caller.closed.length === 1, 'its end')
    expect(caller.closed[0]?.code).toBe(1009)
  })

  test('holds a provider back whose caller reads slowly, and loses nothing', async () => {
    const up = await provider(({ type }, socket) => {
      if (type !== 'response.create') return
      for (let at = 0; at < 64; at++) say(socket, { type: 'response.output_audio.delta', delta: 'A'.repeat(1 << 20) })
    })
    const { url } = await started([up])
    const caller = await talking(url)
    caller.socket.pause()
    caller.say(asking)
    await until(() => (up.open[0]?.bufferedAmount ?? 0) > 0, 'a lot is said')
    await new Promise((resume) => setTimeout(resume, 500))
    // most of it waits where it comes from
    expect(up.open[0]?.bufferedAmount).toBeGreaterThan(32 << 20)
    caller.socket.resume()
    await until(() => caller.heard.length === 65, 'all of it')
  })

  test('counts for the limits of its caller, answer by answer', async () => {
    const keys = [keyNamed('ada', { limits: { rpm: 2, tpm: null } })]
    const { url } = await started([await provider()], { account: { keys } })
    const caller = await talking(url)
    caller.say(asking)
    await until(() => caller.types().includes('response.done' as never), 'the first')
    caller.say(asking)
    await until(() => caller.closed.length === 1, 'its end')
    expect(caller.heard.at(-1)).toMatchObject({ type: 'error', error: { code: 'rate.requests_exceeded' } })
  })

  test('that is asked for in no good way is none, and its provider is let go', async () => {
    const up = await provider()
    const { url, gateway } = await started([up])
    const answer = await send(url, '/v1/realtime?model=talk', {
      ...{ method: 'GET', headers: { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' } },
    })
    expect(answer.status).toBe(400)
    await until(() => up.open[0]?.readyState === WebSocket.CLOSED, 'the provider is let go')
    await until(() => gateway.stats().activeCalls === 0, 'its end')
  })

  test('is asked for at its address alone: whoever would change to another language elsewhere makes a plain call', async () => {
    const { url } = await started([await provider()])
    const answer = await send(url, '/v1/models', { method: 'GET', headers: { connection: 'upgrade', upgrade: 'h2c' } })
    expect(answer.status).toBe(200)
  })
})
