/** Requests on record, as they arrive where operators watch them. */
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NewExporter } from '@cockpit/contract/exporters'
import { spanIdOf } from '@cockpit/contract/trace-context'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { signedHeaders } from '../../apps/server/src/modules/exporters/sigv4.ts'
import { eventually } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage, type Tenant, upstreamKey } from './stage.ts'

type Heard = { method: string; path: string; headers: Record<string, string>; body: string }
let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
const closers: (() => unknown)[] = []
afterAll(async () => {
  await stage?.stop()
  for (const close of closers) close()
})

/** A receiver of its own: it keeps what it is sent, and refuses while it is told to. */
const startReceiver = async () => {
  const receiver = { heard: [] as Heard[], status: 200, url: '' }
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const { method = '', url = '', headers } = request
    receiver.heard.push({
      method,
      path: url,
      headers: headers as Record<string, string>,
      body: String(Buffer.concat(pieces)),
    })
    response.writeHead(receiver.status, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return receiver
}
const openTenant = async () => {
  const upstream = await stage.provider(
    answer({ text: 'Write to ada@example.com.', usage: { input: 30, output: 7, cached: 10 } }),
  )
  return { upstream, tenant: await stage.tenant([{ kind: 'openai-compatible', upstream }]) }
}
const exportTo = (tenant: Tenant, body: Omit<z.input<typeof NewExporter>, 'name'>) =>
  tenant.api.exporters.create({ body: { name: 'Watcher', ...body } })
const ask = async ({ url, key, model }: Tenant, headers: Record<string, string> = {}) => {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: model.name, messages: [{ role: 'user', content: 'I am ada@example.com' }] }),
  })
  expect(response.status).toBe(200)
  await response.text()
  return response.headers.get('x-request-id') ?? ''
}

type Attribute = { key: string; value: { stringValue?: string; intValue?: string; doubleValue?: number } }
const valuesOf = (attributes: Attribute[]) =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue ?? value.doubleValue)]),
  )
type Span = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  attributes: Attribute[]
  startTimeUnixNano: string
  endTimeUnixNano: string
}
const spansIn = ({ body }: Heard): Span[] =>
  (JSON.parse(body).resourceSpans as { scopeSpans: { spans: Span[] }[] }[]).flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans),
  )

test('OTLP gets a span of each call in the trace of its caller, and metrics; the provider is told the same trace', async () => {
  const receiver = await startReceiver()
  const { tenant, upstream } = await openTenant()
  await exportTo(tenant, { kind: 'otlp', url: receiver.url, secret: 'Bearer otlp-secret' })
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const id = await ask(tenant, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` })
  const alone = await ask(tenant, { traceparent: 'garbage' })
  const spans = await eventually(async () => {
    const all = receiver.heard.filter(({ path }) => path === '/v1/traces').flatMap(spansIn)
    expect(all.filter(({ name }) => name === `chat ${tenant.model.name}`)).toHaveLength(2)
    return all
  }, 15_000)
  const root = spans.find(({ spanId }) => spanId === spanIdOf(id))
  expect(root).toMatchObject({ traceId, parentSpanId: '00f067aa0ba902b7', name: `chat ${tenant.model.name}` })
  const words = valuesOf(root?.attributes ?? [])
  const logged = await tenant.logged(id)
  expect(words).toMatchObject({
    'gen_ai.operation.name': 'chat',
    // which provider stands behind a connection of the platform is not the account's to know
    'gen_ai.provider.name': 'platform',
    'gen_ai.request.model': tenant.model.name,
    'gen_ai.usage.input_tokens': logged.tokens.input + logged.tokens.cachedInput,
    'gen_ai.usage.output_tokens': 7,
    'cockpit.credits': Number(logged.credits),
    'cockpit.request.id': id,
  })
  expect(JSON.stringify(words)).not.toContain('ada@example.com')
  const took = Number(BigInt(root?.endTimeUnixNano ?? 0) - BigInt(root?.startTimeUnixNano ?? 0)) / 1e6
  expect(took).toBeCloseTo(logged.durationMs, 0)
  expect(spans.filter(({ parentSpanId }) => parentSpanId === spanIdOf(id)).length).toBe(logged.spans.length)
  // one that sent no context has a trace of its own
  expect(spans.find(({ spanId }) => spanId === spanIdOf(alone))).not.toHaveProperty('parentSpanId')
  expect(upstream.requests.map(({ headers }) => headers.traceparent)).toEqual([
    `00-${traceId}-${spanIdOf(id)}-01`,
    undefined,
  ])
  const metrics = receiver.heard.filter(({ path }) => path === '/v1/metrics')
  const points = metrics.flatMap(({ body }) =>
    JSON.parse(body).resourceMetrics[0].scopeMetrics[0].metrics.flatMap(
      (one: {
        name: string
        histogram: { dataPoints: { sum: number; count: string; attributes: Attribute[]; bucketCounts: string[] }[] }
      }) => one.histogram.dataPoints.map((point) => ({ name: one.name, ...point, words: valuesOf(point.attributes) })),
    ),
  )
  const sum = (name: string, type?: string) =>
    points
      .filter((one) => one.name === name && (!type || one.words['gen_ai.token.type'] === type))
      .reduce((all, one) => all + one.sum, 0)
  expect(sum('gen_ai.client.token.usage', 'output')).toBe(14)
  expect(sum('gen_ai.client.operation.duration')).toBeGreaterThan(0)
  for (const { count, bucketCounts } of points)
    expect(bucketCounts.reduce((all: number, one: string) => all + Number(one), 0)).toBe(Number(count))
  expect(receiver.heard.every(({ headers }) => headers.authorization === 'Bearer otlp-secret')).toBe(true)
})

test('a receiver that refuses misses nothing: all calls of the account arrive once it takes them, and no others', async () => {
  const receiver = await startReceiver()
  const { tenant } = await openTenant()
  const { tenant: other } = await openTenant()
  const secret = 'whs_0123456789abcdef'
  const exporter = await exportTo(tenant, { kind: 'webhook', url: `${receiver.url}/in`, secret })
  receiver.status = 500
  const ids = await Promise.all(Array.from({ length: 20 }, () => ask(tenant)))
  await ask(other)
  const failing = await eventually(async () => {
    const { items } = await tenant.api.exporters.list()
    expect(items[0]).toMatchObject({ id: exporter.id, lastError: 'The receiver answered 500.', sent: 0 })
    return items[0]
  }, 15_000)
  expect(failing?.failures).toBeGreaterThan(0)
  receiver.heard.length = 0
  receiver.status = 204
  ids.push(...(await Promise.all(Array.from({ length: 20 }, () => ask(tenant)))))
  const arrived = () =>
    receiver.heard.flatMap(({ body }) => (JSON.parse(body).requests as { id: string }[]).map(({ id }) => id))
  await eventually(async () => expect(arrived().sort()).toEqual([...ids].sort()), 30_000)
  for (const { headers, body } of receiver.heard) {
    const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['cockpit-signature'] ?? '') ?? []
    expect(createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')).toBe(signature)
    expect(JSON.parse(body)).toMatchObject({ accountId: tenant.account.id, exporterId: exporter.id })
  }
  const [taken] = (await tenant.api.exporters.list()).items
  expect(taken).toMatchObject({ sent: 40, failures: 0, lastError: null })
}, 60_000)

test('S3 gets objects of one line a request, signed; masked text says no address', async () => {
  const receiver = await startReceiver()
  const { tenant } = await openTenant()
  await stage.cockpit.as().accounts.update({ params: { id: tenant.account.id }, body: { logContent: true } })
  // the gateway hears of it with the next snapshot
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const s3 = {
    kind: 's3',
    url: receiver.url,
    user: 'AKIAEXAMPLE',
    secret: 'wJalrXUtnFEMI',
    bucket: 'logs',
    region: 'eu-central-1',
    prefix: 'ai/',
  } as const
  await exportTo(tenant, { ...s3, content: 'masked' })
  const id = await ask(tenant)
  const object = await eventually(async () => {
    const [first] = receiver.heard
    if (!first) throw new Error('nothing arrived')
    return first
  }, 15_000)
  expect(object.method).toBe('PUT')
  expect(object.path).toMatch(/^\/logs\/ai\/\d{4}\/\d\d\/\d\d\/\d{12}-\d{12}\.jsonl$/)
  expect(object.headers['x-amz-content-sha256']).toBe(createHash('sha256').update(object.body).digest('hex'))
  expect(object.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-central-1\/s3\/aws4_request,SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date,Signature=[0-9a-f]{64}$/,
  )
  expect(JSON.parse(object.body)).toMatchObject({
    ...{ id, model: tenant.model.name, status: 'ok' },
    content: {
      request: expect.stringContaining('I am [email]'),
      response: expect.stringContaining('Write to [email].'),
    },
  })
  expect(object.body).not.toContain('ada@example.com')
})

test('a signature is the one that Amazon documents', () => {
  const { authorization } = signedHeaders({
    ...{
      method: 'GET',
      url: 'https://examplebucket.s3.amazonaws.com/test.txt',
      headers: { range: 'bytes=0-9' },
      body: '',
    },
    ...{ at: new Date('2013-05-24T00:00:00Z'), region: 'us-east-1', service: 's3', keyId: 'AKIAIOSFODNN7EXAMPLE' },
    secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  })
  expect(authorization).toContain('Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41')
})

test('Langfuse gets traces below its own path, with its keys', async () => {
  const receiver = await startReceiver()
  const { tenant } = await openTenant()
  await exportTo(tenant, { kind: 'langfuse', url: receiver.url, user: 'pk-lf-1', secret: 'sk-lf-12345' })
  const id = await ask(tenant)
  const heard = await eventually(async () => {
    const [first] = receiver.heard
    if (!first) throw new Error('nothing arrived')
    return first
  }, 15_000)
  expect(heard.path).toBe('/api/public/otel/v1/traces')
  expect(heard.headers.authorization).toBe(`Basic ${Buffer.from('pk-lf-1:sk-lf-12345').toString('base64')}`)
  const root = spansIn(heard).find(({ spanId }) => spanId === spanIdOf(id))
  expect(valuesOf(root?.attributes ?? [])).toMatchObject({ 'langfuse.observation.type': 'generation' })
})

test('what an exporter needs is named, its secret is never shown, and a test says how it went', async () => {
  const receiver = await startReceiver()
  const { tenant } = await openTenant()
  const refused = await stage.cockpit.send('POST /v1/exporters', {
    body: { name: 'Lake', kind: 's3', url: receiver.url, user: 'AKIA', secret: upstreamKey, bucket: 'logs' },
    headers: { authorization: `Bearer mk_test_0123456789abcdef`, 'x-account-id': tenant.account.id },
  })
  expect(refused.status).toBe(400)
  expect(JSON.parse(refused.text)).toMatchObject({ errors: [{ pointer: '/region' }] })
  const made = await exportTo(tenant, { kind: 'otlp', url: receiver.url, secret: 'Bearer otlp-secret' })
  expect(JSON.stringify(made)).not.toContain('otlp-secret')
  const { params } = { params: { id: made.id } }
  expect(await tenant.api.exporters.test({ params })).toEqual({ ok: true, reason: null })
  receiver.status = 403
  expect(await tenant.api.exporters.test({ params })).toEqual({ ok: false, reason: 'The receiver answered 403.' })
  await tenant.api.exporters.update({ params, body: { status: 'paused' } })
  receiver.heard.length = 0
  await ask(tenant)
  await tenant.lastLogged()
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  expect(receiver.heard).toEqual([])
  await tenant.api.exporters.remove({ params })
  expect((await tenant.api.exporters.list()).items).toEqual([])
})
