/** What is seen of the traffic while it happens. */
import { randomBytes } from 'node:crypto'
import type { TrafficPicture } from '@cockpit/contract/traffic'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { issueKey, openAccount, signIn } from '../support/account.ts'
import type { Reachable } from '../support/cockpit.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  // a gateway beside it opens the same secrets
  stage = await startStage({ COCKPIT_SECRET_KEY: randomBytes(32).toString('base64') })
})
afterAll(() => stage?.stop())

type Query = { minutes?: '5' | '15' | '60'; by?: 'model' | 'connection' | 'key' | 'account' }

/** Follows until a picture shows what is wanted, and how long that took. */
const watch = async (api: Tenant['api'], wanted: (picture: TrafficPicture) => boolean, query: Query = {}) => {
  const from = performance.now()
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(new Error('it was never shown')), 8_000)
  try {
    for await (const picture of api.traffic.live({ query }, { signal: stop.signal }))
      if (wanted(picture)) return { picture, afterMs: performance.now() - from }
    throw new Error('the stream ended')
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

const call = (url: string, tenant: Tenant, differs: object = {}) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key.secret}` },
    body: JSON.stringify({ model: tenant.model.name, messages: [{ role: 'user', content: 'Hi' }], ...differs }),
  })

const openTenant = async (reply = answer({ text: 'Hi.', usage: { input: 30, output: 7 } })) =>
  stage.tenant([{ kind: 'openai-compatible', upstream: await stage.provider(reply) }])

test('a call is seen within two seconds, with its tokens, credits and times', async () => {
  const tenant = await openTenant()
  const seen = watch(tenant.api, ({ parts }) => parts.length > 0)
  const from = performance.now()
  await (await call(tenant.url, tenant)).json()
  const { picture } = await seen
  expect(performance.now() - from).toBeLessThan(2_000)
  const { credits } = await tenant.lastLogged()
  const sums = { requests: 1, errors: 0, inputTokens: 30, outputTokens: 7, credits: Number(credits) }
  expect(picture.parts).toMatchObject([{ id: tenant.model.name, name: tenant.model.name, ...sums }])
  expect(picture.parts[0]?.p50Ms).toBeGreaterThan(0)
  expect(picture.now.requestsPerSecond).toBeGreaterThan(0)
  expect(picture.now.ttftP95Ms).toBeGreaterThan(0)
})

test('the range has all its points first, and later those that may have changed', async () => {
  const tenant = await openTenant()
  await (await call(tenant.url, tenant)).json()
  const pictures: TrafficPicture[] = []
  await watch(
    tenant.api,
    (picture) => {
      pictures.push(picture)
      return pictures.length > 1 && picture.parts.length > 0
    },
    { minutes: '60' },
  )
  expect(pictures[0]?.points).toHaveLength(60)
  expect(pictures[0]?.stepSeconds).toBe(60)
  expect(pictures.at(-1)?.points.length).toBeLessThanOrEqual(4)
  expect(pictures.at(-1)?.points.reduce((sum, { requests }) => sum + requests, 0)).toBe(1)
})

test('keys go by their names, and connections of the platform by none', async () => {
  const tenant = await openTenant()
  await (await call(tenant.url, tenant)).json()
  const full = ({ parts }: TrafficPicture) => parts.length > 0
  const byKey = await watch(tenant.api, full, { by: 'key' })
  expect(byKey.picture.parts).toMatchObject([{ id: tenant.key.id, name: tenant.key.name, requests: 1 }])
  const byConnection = await watch(tenant.api, full, { by: 'connection' })
  expect(byConnection.picture.parts).toMatchObject([{ name: 'Platform', requests: 1 }])
})

test('why calls were refused is counted', async () => {
  const tenant = await openTenant()
  await (await call(tenant.url, tenant, { model: 'nothing-like-it' })).text()
  const { picture } = await watch(tenant.api, ({ reasons }) => reasons.length > 0)
  expect(picture.reasons).toEqual([{ code: 'model.not_found', count: 1 }])
  expect(picture.parts).toMatchObject([{ id: '', name: '', requests: 1, errors: 1 }])
})

test('a stream counts as open until it ends', async () => {
  const delivery = { gapMs: 400 }
  const tenant = await openTenant(answer({ text: 'one two three four five six seven eight', delivery }))
  const open = watch(tenant.api, ({ openStreams }) => openStreams === 1)
  const streamed = (await call(tenant.url, tenant, { stream: true })).text()
  await open
  await streamed
  const { picture } = await watch(tenant.api, ({ openStreams, parts }) => openStreams === 0 && parts.length > 0)
  expect(picture.parts).toMatchObject([{ requests: 1, errors: 0 }])
})

test('the traffic of all gateways is seen, also of one that shares nothing but the database', async () => {
  const tenant = await openTenant()
  const other: Reachable & { stop(): Promise<void> } = await stage.cockpit.beside('gateway')
  try {
    await (await call(tenant.url, tenant)).json()
    await (await call(other.url, tenant)).json()
    const { picture } = await watch(tenant.api, ({ parts }) => parts[0]?.requests === 2)
    expect(picture.parts).toMatchObject([{ requests: 2, inputTokens: 60 }])
  } finally {
    await other.stop()
  }
})

test('an account sees its own; a super admin sees which accounts call, and strangers who were turned away', async () => {
  const [acme, other] = [await openTenant(), await openAccount(stage.cockpit)]
  await (await call(acme.url, acme)).json()
  await fetch(`${acme.url}/v1/chat/completions`, { method: 'POST', headers: { authorization: 'Bearer sk-nobody' } })
  const all = await watch(stage.cockpit.as(), ({ parts }) => parts.some(({ id }) => id === acme.account.id), {
    by: 'account',
  })
  expect(all.picture.parts.find(({ id }) => id === acme.account.id)).toMatchObject({
    name: `Acme ${acme.account.tag}`,
    requests: 1,
  })
  expect(all.picture.reasons.map(({ code }) => code)).toContain('auth.failed')
  const { picture } = await watch(other.api, () => true)
  expect(picture.parts).toEqual([])
})

test('traffic by account is no matter of one account, and whoever sees only own requests sees none', async () => {
  const acme = await openAccount(stage.cockpit)
  const key = await issueKey(stage.cockpit, acme)
  const ask = (headers: Record<string, string>, query = '') =>
    stage.cockpit.send(`GET /v1/usage/traffic${query}`, { headers })
  const admin = await signIn(stage.cockpit, acme.email)
  expect((await ask(admin, '?by=everything')).status).toBe(400)
  const refused = await ask(admin, '?by=account')
  expect(refused.text).toContain('"pointer":"/by"')
  expect((await ask({ authorization: `Bearer ${key.secret}` })).status).toBe(403)
})
