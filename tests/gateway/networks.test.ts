/** Where calls to models may come from, in front of the gateway. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const office = [{ network: '203.0.113.0/24', note: 'Office' }]
const tenantOf = async (text = 'Hello') =>
  stage.tenant([
    {
      kind: 'openai-compatible',
      upstream: await stage.provider(
        answer({ text, usage: { input: 10, output: 20 }, delivery: { cut: 'event', gapMs: 10 } }),
      ),
    },
  ])
const call = async (tenant: Tenant, from: string, path = '/v1/chat/completions', differs: object = {}) => {
  const isGet = path === '/v1/models'
  const response = await fetch(tenant.url + path, {
    method: isGet ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${tenant.key.secret}`,
      'x-forwarded-for': from,
      'content-type': 'application/json',
      ...(path === '/v1/messages' && { 'anthropic-version': '2023-06-01' }),
    },
    body: isGet
      ? null
      : JSON.stringify({
          model: tenant.model.name,
          max_tokens: 100,
          messages: [{ role: 'user', content: 'Hi' }],
          ...differs,
        }),
  })
  return { status: response.status, response }
}
const restricted = async (tenant: Tenant) => {
  await tenant.api.networks.update({ body: { gateway: office } })
  await eventually(async () => expect((await call(tenant, '198.51.100.7')).status).toBe(403))
}

test('a key calls from the networks of its account only, in both dialects and for the list of models', async () => {
  const tenant = await tenantOf()
  expect((await call(tenant, '198.51.100.7')).status).toBe(200)
  await restricted(tenant)
  for (const from of ['203.0.113.9', '::ffff:203.0.113.9'])
    for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/models'])
      expect((await call(tenant, from, path)).status, `${from} ${path}`).toBe(200)
  const openai = await (await call(tenant, '198.51.100.7')).response.json()
  const { id, name } = await tenant.api.accounts.get({ params: { id: tenant.account.id } })
  expect(openai).toMatchObject({
    error: { code: 'network.not_allowed', scope: { type: 'account', id, name }, message: /198\.51\.100\.7/ },
  })
  const anthropic = await call(tenant, '198.51.100.7', '/v1/messages')
  expect([anthropic.status, await anthropic.response.json()]).toMatchObject([
    403,
    {
      type: 'error',
      error: { type: 'permission_error', details: { error_code: 'network.not_allowed', scope: { id } } },
    },
  ])
  expect((await call(tenant, '198.51.100.7', '/v1/models')).status).toBe(403)
  // what a client writes before its own address says nothing
  expect((await call(tenant, '203.0.113.9, 198.51.100.7')).status).toBe(403)
  await tenant.api.networks.update({ body: { gateway: [] } })
  await eventually(async () => expect((await call(tenant, '198.51.100.7')).status).toBe(200))
})

test('refused calls are one event in the audit log of the account, with key and address', async () => {
  const tenant = await tenantOf()
  await restricted(tenant)
  for (let tries = 0; tries < 5; tries++) await call(tenant, '198.51.100.7')
  await eventually(async () => {
    const told = await stage.cockpit.database.query<object>(
      "select ip, actor, outcome, after from events where account_id = $1 and name = 'access.denied'",
      [tenant.account.id],
    )
    expect(told).toMatchObject([
      {
        ip: '198.51.100.7',

        actor: { kind: 'key', id: tenant.key.id },
        outcome: 'denied',
        after: { code: 'network.not_allowed', route: 'POST /v1/chat/completions' },
      },
    ])
  })
})

test('a list ends the streams that are open from elsewhere', async () => {
  const tenant = await tenantOf('word '.repeat(2_000))
  const { response } = await call(tenant, '198.51.100.7', '/v1/chat/completions', { stream: true })
  expect(response.status).toBe(200)
  await tenant.api.networks.update({ body: { gateway: office } })
  expect(await response.text()).toContain('network.not_allowed')
})
