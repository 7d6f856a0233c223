import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, failing, serverError } from '../upstreams/index.ts'
import { pairs } from './callers.ts'
import { type Stage, startStage } from './stage.ts'

const token = 'mt_0123456789abcdef'
let stage: Stage
beforeAll(async () => {
  stage = await startStage({ COCKPIT_METRICS_TOKEN: token })
})
afterAll(() => stage?.stop())

const scrape = async (headers: Record<string, string> = { authorization: `Bearer ${token}` }) => {
  const response = await fetch(`${stage.cockpit.url}/metrics`, { headers })
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}
/** The value of the one sample with this name and all these labels. */
const sample = (text: string, name: string, labels: Record<string, string>): number | null => {
  const found = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
  expect(found.length, found.join('\n')).toBeLessThanOrEqual(1)
  return found[0] === undefined ? null : Number(found[0].split(' ').at(-1))
}

test.each(pairs)('$name: calls, attempts, tokens and credits are counted by model', async ({ caller, kind }) => {
  const upstream = await stage.provider(
    failing(1, serverError(), answer({ text: 'Hi.', usage: { input: 30, output: 7 } })),
  )
  const tenant = await stage.tenant([{ kind, upstream, maxRetries: 1 }])
  await caller.ask(tenant, { stream: true })
  const logged = await tenant.lastLogged()
  const { text } = await scrape()
  const labels = { model: tenant.model.name, dialect: caller.dialect, operation: 'chat' }
  expect(sample(text, 'cockpit_calls_total', { ...labels, code: 'ok' })).toBe(1)
  expect(sample(text, 'cockpit_retries_total', labels)).toBe(1)
  expect(sample(text, 'cockpit_tokens_total', { ...labels, type: 'input' })).toBe(30)
  expect(sample(text, 'cockpit_tokens_total', { ...labels, type: 'output' })).toBe(7)
  expect(sample(text, 'cockpit_credits_total', labels)).toBe(Number(logged.credits))
  expect(sample(text, 'cockpit_call_duration_seconds_count', labels)).toBe(1)
  expect(sample(text, 'cockpit_call_duration_seconds_bucket', { ...labels, le: '+Inf' })).toBe(1)
  expect(sample(text, 'cockpit_first_byte_seconds_count', labels)).toBe(1)
})

test('what callers invent makes no series, and who is turned away is counted by the reason', async () => {
  const tenant = await stage.tenant([{ kind: 'anthropic', upstream: await stage.provider(answer('Hi.')) }])
  const ask = (model: string, key: string) =>
    fetch(`${tenant.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] }),
    }).then(({ status }) => status)
  const refused = { code: 'auth.failed', dialect: 'openai' }
  const before = sample((await scrape()).text, 'cockpit_calls_refused_total', refused) ?? 0
  expect(await ask('invented-"1\\', tenant.key.secret)).toBe(404)
  expect(await ask(tenant.model.name, 'sk-nobody')).toBe(401)
  const { text } = await scrape()
  expect(text).not.toContain('invented')
  expect(sample(text, 'cockpit_calls_total', { model: '', code: 'model.not_found' })).toBeGreaterThan(0)
  expect(sample(text, 'cockpit_calls_refused_total', refused)).toBe(before + 1)
})

test('the process tells of itself, in a form that Prometheus reads', async () => {
  const { status, type, text } = await scrape()
  expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  for (const name of [
    'process_cpu_seconds_total',
    'nodejs_eventloop_lag_p99_seconds',
    'cockpit_open_calls',
    'cockpit_unshipped_records',
  ])
    expect(sample(text, name, {}), name).not.toBeNull()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const form =
    /^[a-z_\d]+(\{[a-z_]+="(\\.|[^"\\])*"(,[a-z_]+="(\\.|[^"\\])*")*\})? -?(\d+(\.\d+)?(e[+-]?\d+)?|Nan|\+Inf)$/i
  expect(lines.filter((line) => !form.test(line))).toEqual([])
})

test('only the token opens them', async () => {
  expect((await scrape({})).status).toBe(401)
  expect((await scrape({ authorization: 'Bearer mt_wrong' })).status).toBe(401)
})

test('without a token only this machine reads, also through a proxy that says for whom it asks', async () => {
  const other = await startStage()
  try {
    const from = async (headers: Record<string, string>) =>
      (await fetch(`${other.cockpit.url}/metrics`, { headers })).status
    expect(await from({})).toBe(200)
    expect(await from({ 'x-forwarded-for': '203.0.113.9' })).toBe(403)
  } finally {
    await other.stop()
  }
})
