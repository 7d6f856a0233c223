/** What is decided in the API binds the gateway within moments, and what it did is what it explains. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExplainStep } from '@cockpit/contract/explain'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, issueKey, offerModel, password, signIn } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage } from './stage.ts'

/** The promise is one second; a machine that runs tests beside it gets two. */
const soonMs = 2_000

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

type Situation = Awaited<ReturnType<typeof bob>>

/** Bob calls with a key of his own; his account is another test's. */
const bob = async () => {
  const upstream = await stage.provider(answer({ text: 'Hi', usage: { input: 10, output: 5 } }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
  const user = await tenant.api.users.create({
    body: { email: `bob-${tenant.account.tag}@example.com`, name: 'Bob', password },
  })
  const key = await issueKey(stage.cockpit, tenant.account, { name: 'bob', owner: { kind: 'user', id: user.id } })
  const headersOf = (secret: string) => ({ authorization: `Bearer ${secret}` })
  const call = async (secret = key.secret) => {
    const { status, text, headers } = await stage.cockpit.send('POST /v1/chat/completions', {
      headers: headersOf(secret),
      body: { model: tenant.model.name, max_tokens: 20, messages: [{ role: 'user', content: 'Hi' }] },
    })
    return {
      status,
      code: status === 200 ? null : String(JSON.parse(text).error.code),
      id: headers.get('x-request-id'),
    }
  }
  return {
    ...tenant,
    upstream,
    user,
    key,
    call,
    platform: stage.cockpit.as(),
    /** Calls until the answer is as expected and says how long that took. */
    async callUntil(code: string | null, secret?: string) {
      const from = performance.now()
      for (;;) {
        const answered = await call(secret)
        const tookMs = performance.now() - from
        if (answered.code === code) return { ...answered, tookMs }
        if (tookMs > soonMs * 2) throw new Error(`still ${answered.status} ${answered.code} after ${tookMs} ms`)
        await sleep(10)
      }
    },
    async effective() {
      const { status, text } = await stage.cockpit.send('GET /v1/me/effective', { headers: headersOf(key.secret) })
      return status === 200 ? (JSON.parse(text).models as { name: string }[]).map(({ name }) => name) : status
    },
  }
}

type Case = {
  name: string
  change(at: Situation): Promise<unknown>
  code: string
  /** What `/v1/me/effective` offers then; a status where it refuses. */
  effective: 'model' | 'another' | 'nothing' | 403
}
const cases: Case[] = [
  {
    name: 'a suspended account',
    change: ({ platform, account }) =>
      platform.accounts.setStatus({ params: { id: account.id }, body: { status: 'suspended' } }),
    code: 'account.suspended',
    effective: 403,
  },
  {
    name: 'a suspended person',
    change: ({ api, user }) => api.users.update({ params: { id: user.id }, body: { status: 'suspended' } }),
    code: 'user.suspended',
    effective: 'nothing',
  },
  {
    name: 'a narrowed selection',
    change: ({ api }) => api.models.setSelection({ body: { mode: 'list', modelIds: [] } }),
    code: 'model.not_selected',
    effective: 'nothing',
  },
  {
    name: 'a withdrawn eligibility',
    change: ({ platform, account }) =>
      platform.models.setEligibility({ params: { id: account.id }, body: { mode: 'list', modelIds: [] } }),
    code: 'model.not_found',
    effective: 'nothing',
  },
  {
    name: 'a disabled model',
    change: ({ platform, model }) => platform.models.update({ params: { id: model.id }, body: { status: 'disabled' } }),
    code: 'model.not_found',
    effective: 'nothing',
  },
  {
    name: 'a key for another model only',
    change: async ({ api, key, account }) => {
      const upstream = await stage.provider(answer('Hi'))
      const { model } = await offerModel(stage.cockpit, account.id, [
        { name: 'another', kind: 'openai-compatible', baseUrl: upstream.baseUrl },
      ])
      return api.keys.update({ params: { id: key.id }, body: { models: [model.name] } })
    },
    code: 'model.not_in_key',
    effective: 'another',
  },
  {
    name: 'a disabled connection',
    change: ({ platform, connections: [connection] }) =>
      platform.providers.update({ params: { id: connection?.id ?? '' }, body: { status: 'disabled' } }),
    code: 'model.no_deployment',
    effective: 'model',
  },
  {
    name: 'a cap that leaves nothing',
    change: ({ api, user }) =>
      api.budgets.allocate({ body: { scope: { type: 'user', id: user.id }, mode: 'cap', limit: '0' } }),
    code: 'budget.exhausted',
    effective: 'model',
  },
  {
    name: 'a pool closed to people without an allocation',
    change: ({ api }) => api.budgets.setPlan({ body: { allowPoolDraw: false } }),
    code: 'budget.no_payer',
    effective: 'model',
  },
  {
    name: 'a lower rate of the person',
    change: async ({ api, user, call }) => {
      await api.users.update({ params: { id: user.id }, body: { limits: { rpm: 1, tpm: null } } })
      await call()
    },
    code: 'rate.requests_exceeded',
    effective: 'model',
  },
]

/** What varies from call to call may differ in its figures, not in its verdict. */
const verdicts = (steps: ExplainStep[]) =>
  steps.map(({ layer, rule, source, verdict }) =>
    layer === 'rate' || layer === 'budget' ? { layer, verdict } : { layer, rule, source, verdict },
  )

describe.concurrent('within a moment', () => {
  test.concurrent.each(cases)(
    '$name stops the key, and explanation, log and effective set agree',
    async ({ change, code, effective }) => {
      const at = await bob()
      const before = await at.call()
      expect(before).toMatchObject({ status: 200 })
      expect(await at.effective()).toEqual([at.model.name])
      const input = {
        principal: { kind: 'key' as const, id: at.key.id },
        model: at.model.name,
        inputTokens: 10,
        outputTokensMax: 20,
      }
      const allowed = await at.api.explain.explain({ body: input })
      expect(allowed).toMatchObject({ decision: 'allow', code: null })
      const loggedBefore = (await at.logged(before.id)).explanation
      expect(loggedBefore).toMatchObject({ decision: 'allow', code: null })
      expect(verdicts(loggedBefore.steps)).toEqual(verdicts(allowed.steps))

      await change(at)
      const refused = await at.callUntil(code)
      expect(refused.tookMs).toBeLessThan(soonMs)

      const platform = stage.cockpit.as(at.account.id)
      const explained = await platform.explain.explain({ body: input })
      expect(explained).toMatchObject({ decision: 'deny', code })
      // that one may have been under way when the change came, and ended in the middle; the next is refused as a whole
      const next = await at.call()
      expect(next.code).toBe(code)
      const { explanation, status } = await at.logged(next.id)
      expect(status).toBe('denied')
      expect(explanation).toMatchObject({ decision: 'deny', code, deployments: explained.deployments })
      // after a refusal the gateway looks no further; an explanation tells the rest as well
      expect(verdicts(explained.steps).slice(0, explanation.steps.length)).toEqual(verdicts(explanation.steps))
      const usable = await at.effective()
      if (effective === 'another') expect(usable).toEqual([expect.not.stringMatching(at.model.name)])
      else expect(usable).toEqual({ model: [at.model.name], nothing: [], 403: 403 }[effective])
      expect(at.upstream.requests.length).toBeLessThanOrEqual(refused.tookMs / 10 + 2)
    },
  )

  test.concurrent('a revoked key is refused', async () => {
    const at = await bob()
    expect(await at.call()).toMatchObject({ status: 200 })
    await at.api.keys.revoke({ params: { id: at.key.id } })
    const { status, tookMs } = await at.callUntil('key.revoked')
    expect(status).toBe(401)
    expect(tookMs).toBeLessThan(soonMs)
    expect(await at.effective()).toBe(401)
  })

  test.concurrent('an account comes back as it was', async () => {
    const at = await bob()
    const status = (status: 'active' | 'suspended') =>
      at.platform.accounts.setStatus({ params: { id: at.account.id }, body: { status } })
    await status('suspended')
    await at.callUntil('account.suspended')
    await status('active')
    expect((await at.callUntil(null)).tookMs).toBeLessThan(soonMs)
  })

  test.concurrent('a key expires at its instant, without anybody telling the gateway', async () => {
    const at = await bob()
    const expiresAt = new Date(Date.now() + 1_200)
    await at.api.keys.update({ params: { id: at.key.id }, body: { expiresAt: expiresAt.toISOString() } })
    await sleep(600)
    expect(await at.call()).toMatchObject({ status: 200 })
    await sleep(expiresAt.getTime() - Date.now() + 20)
    expect(await at.call()).toMatchObject({ status: 401, code: 'key.expired' })
  })

  test.concurrent('a rotated secret works on until its grace ends, and the new one at once', async () => {
    const at = await bob()
    const rotated = await at.api.keys.rotate({ params: { id: at.key.id }, body: { graceSeconds: 2 } })
    const rotatedAt = Date.now()
    expect((await at.callUntil(null, rotated.secret)).tookMs).toBeLessThan(soonMs)
    expect(await at.call()).toMatchObject({ status: 200 })
    await sleep(2_050 - (Date.now() - rotatedAt))
    expect(await at.call()).toMatchObject({ status: 401 })
    expect(await at.call(rotated.secret)).toMatchObject({ status: 200 })
    const again = await at.api.keys.rotate({ params: { id: at.key.id }, body: { graceSeconds: 0 } })
    expect((await at.callUntil(null, again.secret)).tookMs).toBeLessThan(soonMs)
    expect((await at.callUntil('auth.failed', rotated.secret)).tookMs).toBeLessThan(soonMs)
  })

  test.concurrent('a raised budget lets calls through again', async () => {
    const at = await bob()
    const cap = (limit: string) =>
      at.api.budgets.allocate({ body: { scope: { type: 'user', id: at.user.id }, mode: 'cap', limit } })
    await cap('0')
    await at.callUntil('budget.exhausted')
    await cap('10')
    expect((await at.callUntil(null)).tookMs).toBeLessThan(soonMs)
  })

  test.concurrent('a key of one account is nobody in another', async () => {
    const [at, other] = [await bob(), await bob()]
    const { status, text } = await stage.cockpit.send('POST /v1/chat/completions', {
      headers: { authorization: `Bearer ${at.key.secret}`, 'x-account-id': other.account.id },
      body: { model: other.model.name, messages: [{ role: 'user', content: 'Hi' }] },
    })
    expect([status, JSON.parse(text).error.code]).toEqual([404, 'model.not_found'])
    expect(other.upstream.requests).toHaveLength(0)
  })

  test.concurrent('explains to people of the account without the names of the connections of the platform', async () => {
    const at = await bob()
    const name = at.connections[0]?.name ?? ''
    const { id } = await at.call()
    expect(JSON.stringify(await at.logged(id))).toContain(name)
    const headers = { ...(await signIn(stage.cockpit, at.account.email)), 'x-account-id': at.account.id }
    const told = [
      await stage.cockpit.send(`GET /v1/requests/${id}`, { headers }),
      await stage.cockpit.send('POST /v1/explain', {
        headers,
        body: { principal: { kind: 'key', id: at.key.id }, model: at.model.name },
      }),
    ]
    for (const { status, text } of told) {
      expect(status, text).toBe(200)
      expect(text).not.toContain(name)
      expect(text).toContain('1. openai-compatible (')
    }
  })

  test.concurrent('what the key may use is told to it: models, prices, payer, what is left, and limits', async () => {
    const at = await bob()
    await at.api.keys.update({ params: { id: at.key.id }, body: { limits: { rpm: 60, tpm: 9_000 } } })
    const { id } = await at.call()
    expect(await at.logged(id)).toMatchObject({ credits: '0.02' })
    const limits = { scope: { type: 'key', id: at.key.id }, limits: { rpm: 60, tpm: 9_000 } }
    const effective = await eventually(async () => {
      const headers = { authorization: `Bearer ${at.key.secret}` }
      const told = JSON.parse((await stage.cockpit.send('GET /v1/me/effective', { headers })).text)
      // the snapshot with the new limits is on its way
      expect(told.limits).toContainEqual(limits)
      return told
    })
    expect(effective).toMatchObject({
      principal: { kind: 'key', id: at.key.id },
      accountId: at.account.id,
      models: [{ name: at.model.name, prices: { input: '1000', output: '2000' }, demo: false }],
      budget: { payer: { type: 'account', id: at.account.id }, limit: '1000' },
    })
    expect(Number(effective.budget.remaining)).toBeLessThanOrEqual(999.98)
  })
})
