/** The standard variables of OpenTelemetry: the calls of all accounts, told from the start on to where they say. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { spanIdOf } from '@cockpit/contract/trace-context'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage } from './stage.ts'

const heard: { path: string; key: string; body: string }[] = []
const receiver = createServer(async (request, response) => {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const { url = '', headers } = request
  heard.push({ path: url, key: String(headers['x-api-key']), body: String(Buffer.concat(pieces)) })
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
})
let stage: Stage
beforeAll(async () => {
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  stage = await startStage({
    COCKPIT_SECRET_KEY: 'a key that both processes share with each other',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'X-Api-Key=two%20words,other=1',
  })
})
afterAll(async () => {
  await stage?.stop()
  receiver.close()
})

test('calls of every account are told there in the trace of their caller, without texts', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const ids: string[] = []
  for (const said of ['Hello ada@example.com', 'Hello bob@example.com']) {
    const upstream = await stage.provider(answer({ text: said, usage: { input: 3, output: 2 } }))
    const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
    const { headers } = await stage.cockpit.send('POST /v1/chat/completions', {
      headers: {
        authorization: `Bearer ${tenant.key.secret}`,
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      },
      body: { model: tenant.model.name, messages: [{ role: 'user', content: said }] },
    })
    ids.push(headers.get('x-request-id') ?? '')
  }
  await eventually(async () => {
    const traces = heard.filter(({ path }) => path === '/v1/traces').map(({ body }) => body)
    for (const id of ids) expect(traces.join()).toContain(`"traceId":"${traceId}","spanId":"${spanIdOf(id)}"`)
    expect(heard.some(({ path, body }) => path === '/v1/metrics' && body.includes('gen_ai.client.token.usage'))).toBe(
      true,
    )
  }, 15_000)
  expect(new Set(heard.map(({ key }) => key))).toEqual(new Set(['two words']))
  expect(JSON.stringify(heard)).not.toContain('@example.com')
})

test('the exporter is seen by the platform, changes with the environment alone and goes with it', async () => {
  const platform = stage.cockpit.as()
  const { items } = await platform.exporters.list()
  expect(items).toMatchObject([{ id: 'exp_environment', kind: 'otlp', status: 'active', ofEnvironment: true }])
  const params = { id: 'exp_environment' }
  const paused = platform.exporters.update({ params, body: { status: 'paused' } })
  await expect(paused).rejects.toMatchObject({ code: 'exporter.of_environment' })
  await expect(platform.exporters.remove({ params })).rejects.toMatchObject({ code: 'exporter.of_environment' })
  const other = await stage.cockpit.beside('worker', { OTEL_EXPORTER_OTLP_ENDPOINT: '' })
  await other.stop()
  expect((await platform.exporters.list()).items).toEqual([])
})
