import type { Permission } from '@cockpit/contract/permissions'
import { usageFrame, usageLine } from '@cockpit/contract/usage-line'
import type { TracePlan, UsageRecord } from '@cockpit/contract/usage-record'
import { indexWorld, planCall } from '@cockpit/policy'
import { testKey, testPlatform, testAccount as testSlice } from '@cockpit/policy/testing'
import { describe, expect, test } from 'vitest'
import { type Ctx, newId } from '../../platform/index.ts'
import { quietLog, superCtx, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { createIngest, createLiveTail, createUsage, usageHandlers } from './index.ts'
import type { Saved } from './ingest.repository.ts'

const database = await testDatabase()
const { db, query } = database
const now = () => new Date()
const live = createLiveTail({ db, now, activeStreams: () => 3 })
const front = testFront(usageHandlers(createUsage({ db, now }), live))

/** An account with an ingest of its own; `settled` is what the ledger was told. */
const company = async (deployments?: TracePlan['deployments']) => {
  const accountId = await testAccount(database)
  const settled: { reference: string; credits: string; calls: number; hold_id: string | null }[] = []
  const saved: Saved[] = []
  const touched: string[] = []
  const ingest = createIngest({
    db,
    now,
    log: quietLog,
    settle: async (_tx, _accountId, list) => void settled.push(...JSON.parse(list)),
    bookVerdicts: async () => {},
    bookSaved: async (_tx, sums) => void saved.push(...sums),
    touchKeys: async (_tx, usedAt) => void touched.push(...usedAt.keys()),
  })
  const account = indexWorld([testPlatform(), testSlice()]).accounts.get('acc_1')
  if (!account) throw new Error('the test slice has an account')
  const plan = { ...planCall(account, { kind: 'key', key: testKey }, 'small', 1).trace, accountId }
  if (deployments) {
    const value = deployments.map((d, at) => `${at + 1}. ${d.connection} (${d.upstreamModel})`).join(', ')
    const steps = plan.steps.map((step) => (step.rule === 'model.deployments' ? { ...step, value } : step))
    Object.assign(plan, { deployments, steps })
  }
  const record = (differs: Partial<UsageRecord> = {}): UsageRecord => ({
    id: newId('req', now()),
    at: Date.now(),
    accountId,
    keyId: 'key_1',
    userId: 'usr_1',
    serviceAccountId: null,
    teamId: 'team_1',
    orgId: 'org_1',
    modelId: 'mdl_1',
    model: 'small',
    connectionId: 'con_1',
    dialect: 'openai',
    operation: 'chat',
    stream: false,
    status: 'ok',
    httpStatus: 200,
    errorCode: null,
    errorMessage: null,
    tokens: { input: 10, cachedInput: 2, cacheWrite: 0, output: 5, reasoning: 1, source: 'reported' },
    costMicros: '22',
    creditMicros: '22',
    factor: '1',
    priceVersion: 1,
    ttftMs: 3,
    durationMs: 9,
    attempts: 1,
    hold: { kind: 'hold', id: 'hld_1', amountMicros: '100' },
    planId: plan.id,
    figures: [],
    steps: [],
    spans: [],
    droppedFields: [],
    content: null,
    ...differs,
  })
  const ship = (...records: UsageRecord[]) => ingest({ accountId, plans: [plan], lines: linesOf(records) })
  return {
    accountId,
    settled,
    saved,
    touched,
    record,
    ship,
    admin: front.as(testCtx(accountId)),
    ctx: testCtx(accountId),
  }
}

const linesOf = (records: readonly UsageRecord[]) =>
  Buffer.from(
    records
      .map((record) => {
        const { steps, spans, figures, droppedFields, cache } = record
        const trace = JSON.stringify({ steps, spans, figures, droppedFields, cache })
        return `${usageLine(usageFrame(record), { ...record, trace })}\n`
      })
      .join(''),
  )

describe('the request log', () => {
  test('keeps what a call was, and its explanation', async () => {
    const acme = await company()
    const record = acme.record({ content: { request: '{"q":1}', response: '{"a":2}', truncated: false } })
    await acme.ship(record)
    const { body } = await acme.admin.send(`GET /v1/requests/${record.id}`)
    expect(body).toMatchObject({
      id: record.id,
      status: 'ok',
      model: 'small',
      credits: '0.000022',
      cost: { amount: '0.000022', currency: 'USD' },
      tokens: { input: 10, cachedInput: 2, output: 5, reasoning: 1, source: 'reported' },
      explanation: { decision: 'allow', principal: { kind: 'key', id: 'key_1' } },
      price: { version: 1, factor: '1' },
      content: { request: '{"q":1}', response: '{"a":2}', truncated: false },
    })
    expect(body.explanation.steps.map((step: { layer: string }) => step.layer)).toContain('model_selected')
    expect(body.account.id).toBe(acme.accountId)
    expect(body.errorMessage).toBeNull()
    expect(body.price.perMillion).toBeNull()
  })

  test('shows texts to those who made the call and to those who may read them, and to nobody in another name', async () => {
    const acme = await company()
    const content = { request: 'asked', response: 'said', truncated: false }
    const record = acme.record({ content })
    await acme.ship(record)
    const seen = async (actor: Partial<Ctx['actor']>, differs: Partial<Ctx> = {}) => {
      const ctx = testCtx(acme.accountId, { permissions: ['usage.read_own'], ...differs })
      const { send } = front.as({ ...ctx, actor: { ...ctx.actor, ...actor } })
      const { body } = await send(`GET /v1/requests/${record.id}`)
      return { content: body.content, contentWithheld: body.contentWithheld }
    }
    const reading = (...more: Permission[]) => ({ permissions: new Set<Permission>(['usage.read_own', ...more]) })
    const leading = (...names: Permission[]) => ({
      delegated: new Map(names.map((name) => [name, { orgIds: [], teamIds: ['team_1'] }])),
    })
    const shown = { content, contentWithheld: false }
    const withheld = { content: null, contentWithheld: true }
    expect(await seen(reading('usage.read'))).toEqual(withheld)
    expect(await seen(reading('usage.read', 'content.read'))).toEqual(shown)
    expect(await seen(leading('usage.read'))).toEqual(withheld)
    expect(await seen(leading('usage.read', 'content.read'))).toEqual(shown)
    expect(await seen({ id: 'usr_1' })).toEqual(shown)
    const impersonator = { id: 'usr_2', name: 'Eve', writes: false }
    expect(await seen({ id: 'usr_1' }, { impersonator })).toEqual(withheld)
  })

  test('tells why a call failed, as the caller was told', async () => {
    const acme = await company()
    const record = acme.record({ status: 'error', errorCode: 'upstream.timeout', errorMessage: 'No answer in time.' })
    await acme.ship(record)
    const { body } = await acme.admin.send(`GET /v1/requests/${record.id}`)
    expect(body).toMatchObject({ errorCode: 'upstream.timeout', errorMessage: 'No answer in time.' })
  })

  test('names connections to their owner, and to others only by their kind', async () => {
    const own = newId('con', now())
    const acme = await company([
      {
        connectionId: newId('con', now()),
        connection: 'Azure West',
        kind: 'openai-compatible',
        upstreamModel: 'gpt-x',
      },
      { connectionId: own, connection: 'Our own', kind: 'anthropic', upstreamModel: 'claude-x' },
    ])
    await query(
      `insert into provider_connections (account_id, id, name, kind, on_disconnect, timeouts, max_retries, created_at, updated_at)
       values ($1, $2, 'Our own', 'anthropic', 'abort', '{}', 0, now(), now())`,
      [acme.accountId, own],
    )
    const span = { name: 'attempt 1', startMs: 0, durationMs: 1 }
    const record = acme.record({
      status: 'error',
      errorMessage: "Provider connection 'Azure West' has no address.",
      spans: [
        { ...span, detail: 'Azure West: The provider answered 500.', ok: false },
        { ...span, detail: 'Azure West', ok: true },
        { ...span, detail: 'Our own: no answer', ok: false },
      ],
    })
    await acme.ship(record)
    const read = async (ctx: Ctx) => (await front.as(ctx).send(`GET /v1/requests/${record.id}`)).body
    const route = (body: { explanation: { steps: { rule: string; value: string }[] } }) =>
      body.explanation.steps.find(({ rule }) => rule === 'model.deployments')?.value

    const told = await read(acme.ctx)
    expect(JSON.stringify(told)).not.toContain('Azure')
    expect(told.spans.map(({ detail }: { detail: string }) => detail)).toEqual([
      'openai-compatible: The provider answered 500.',
      'openai-compatible',
      'Our own: no answer',
    ])
    expect(route(told)).toBe('1. openai-compatible (gpt-x), 2. Our own (claude-x)')
    expect(told).toMatchObject({
      errorMessage: "Provider connection 'openai-compatible' has no address.",
      explanation: { deployments: [{ connection: 'openai-compatible' }, { connection: 'Our own' }] },
    })
    for (const ctx of [superCtx(), superCtx(acme.accountId)]) {
      const all = await read(ctx)
      expect(all.spans[0].detail).toBe('Azure West: The provider answered 500.')
      expect(route(all)).toBe('1. Azure West (gpt-x), 2. Our own (claude-x)')
    }
  })

  test('tells the rates of the price version a call was billed by', async () => {
    const acme = await company()
    const model = newId('mdl', now())
    await query(
      `insert into models (account_id, id, name, display_name, capabilities, created_at, updated_at) values ($1, $2, 'big', 'Big', '{chat}', now(), now())`,
      [acme.accountId, model],
    )
    const price = `insert into model_prices (account_id, model_id, version, input_pico, output_pico, cached_input_pico, effective_from, created_at, created_by)`
    await query(`${price} values ($1, $2, 1, 2500000, 10000000, 1250000, now(), now(), 'usr_1')`, [
      acme.accountId,
      model,
    ])
    await query(`${price} values ($1, $2, 2, 7, 7, 7, now(), now(), 'usr_1')`, [acme.accountId, model])
    const record = acme.record({ model: 'big', modelId: model, priceVersion: 1 })
    await acme.ship(record)
    expect((await acme.admin.send(`GET /v1/requests/${record.id}`)).body.price).toEqual({
      version: 1,
      factor: '1',
      perMillion: { input: '2.5', output: '10', cachedInput: '1.25', cacheWrite: null, reasoning: null },
    })
  })

  test('what the cache saved is told once, by rule and day, and a text that looks like it tells nothing', async () => {
    const acme = await company()
    const hit = (at: string, ruleId: string, similarity: number | null) =>
      acme.record({ at: Date.parse(at), creditMicros: '0', cache: { ruleId, similarity, savedMicros: '30' } })
    const records = [
      hit('2026-03-01T23:59:59Z', 'cru_1', null),
      hit('2026-03-01T00:00:00Z', 'cru_1', 0.97),
      hit('2026-03-02T00:00:00Z', 'cru_1', null),
      hit('2026-03-02T12:00:00Z', 'cru_2', null),
      acme.record({
        steps: [
          { layer: 'route', rule: '"cache":{', source: '"cache":{"ruleId":"cru_3"}', value: '', verdict: 'allow' },
        ],
      }),
    ]
    await acme.ship(...records)
    await acme.ship(...records)
    expect(acme.saved).toEqual([
      { ruleId: 'cru_1', day: '2026-03-01', hits: 2, similarHits: 1, savedMicros: '60' },
      { ruleId: 'cru_1', day: '2026-03-02', hits: 1, similarHits: 0, savedMicros: '30' },
      { ruleId: 'cru_2', day: '2026-03-02', hits: 1, similarHits: 0, savedMicros: '30' },
    ])
  })

  test('a record that arrives twice is logged, summed and settled once', async () => {
    const acme = await company()
    const record = acme.record()
    await acme.ship(record, record)
    await acme.ship(record)
    await Promise.all([acme.ship(record), acme.ship(record)])
    expect((await acme.admin.send('GET /v1/requests')).body.total).toBe(1)
    expect((await acme.admin.send('GET /v1/usage/breakdown')).body.items).toMatchObject([
      { id: 'small', requests: 1, credits: '0.000022' },
    ])
    expect(acme.settled).toMatchObject([{ reference: record.id, credits: '22', calls: 1, hold_id: 'hld_1' }])
    expect(acme.touched).toEqual(['key_1'])
  })

  test('when the ledger refuses, nothing of the batch is logged', async () => {
    const acme = await company()
    const ingest = createIngest({
      db,
      now,
      log: quietLog,
      bookVerdicts: async () => {},
      bookSaved: async () => {},
      touchKeys: async () => {},
      settle: async () => Promise.reject(new Error('ledger away')),
    })
    await expect(ingest({ accountId: acme.accountId, plans: [], lines: linesOf([acme.record()]) })).rejects.toThrow(
      'ledger away',
    )
    expect((await acme.admin.send('GET /v1/requests')).body.total).toBe(0)
  })

  test('a record the database cannot hold is set aside whole, and the others are booked', async () => {
    const acme = await company()
    const bad = acme.record({ priceVersion: 3_000_000_000 })
    await acme.ship(acme.record(), bad, acme.record())
    expect((await acme.admin.send('GET /v1/requests')).body.total).toBe(2)
    const kept = await query<{ id: string; record: UsageRecord }>(
      'select id, record from rejected_usage where account_id = $1',
      [acme.accountId],
    )
    expect(kept).toMatchObject([{ id: bad.id, record: { priceVersion: 3_000_000_000 } }])
  })

  test('pages hold every row once, newest first, and filters narrow them', async () => {
    const acme = await company()
    const records = Array.from({ length: 7 }, (_, i) =>
      acme.record({ at: Date.now() - i * 1_000, model: i % 2 ? 'large' : 'small', status: i === 3 ? 'denied' : 'ok' }),
    )
    await acme.ship(...records)
    const seen: string[] = []
    for (let after = ''; ; ) {
      const { body } = await acme.admin.send(`GET /v1/requests?limit=3${after && `&after=${after}`}`)
      expect(body.total).toBe(7)
      seen.push(...body.items.map((item: { id: string }) => item.id))
      if (!body.next) break
      after = body.next
    }
    expect(seen).toEqual(records.map((record) => record.id))
    expect((await acme.admin.send('GET /v1/requests?model=large')).body.total).toBe(3)
    expect((await acme.admin.send('GET /v1/requests?status=denied')).body.items).toMatchObject([{ id: records[3]?.id }])
    const broken = acme.record({ at: Date.now() - 60_000, status: 'error' })
    await acme.ship(broken)
    expect((await acme.admin.send('GET /v1/requests?status=failed')).body.items).toMatchObject([
      { id: records[3]?.id, status: 'denied' },
      { id: broken.id, status: 'error' },
    ])
    expect(
      (await acme.admin.send(`GET /v1/requests?q=${records[0]?.id.slice(0, -1)}`)).body.items.map(
        (i: { id: string }) => i.id,
      ),
    ).toContain(records[0]?.id)
    expect((await acme.admin.send('GET /v1/requests?q=%25')).body.total).toBe(0)
  })

  test('another account and a person without the permission see nothing of it', async () => {
    const [acme, globex] = [await company(), await company()]
    const record = acme.record()
    await acme.ship(record)
    const [foreign, missing] = [
      await globex.admin.send(`GET /v1/requests/${record.id}`),
      await globex.admin.send(`GET /v1/requests/${newId('req', now())}`),
    ]
    expect(foreign.status).toBe(404)
    expect(foreign.body.detail.replace(record.id, 'x')).toBe(missing.body.detail.replace(/req_\w+/, 'x'))
    const colleague = front.as(testCtx(acme.accountId, { permissions: ['usage.read_own'] }))
    expect((await colleague.send('GET /v1/requests')).body.total).toBe(0)
    expect((await colleague.send(`GET /v1/requests/${record.id}`)).status).toBe(404)
    expect((await colleague.send('GET /v1/usage/breakdown')).status).toBe(403)
  })

  test('a super admin without an account sees the calls of all', async () => {
    const acme = await company()
    const record = acme.record()
    await acme.ship(record)
    expect((await front.as(superCtx()).send(`GET /v1/requests/${record.id}`)).body.id).toBe(record.id)
  })
})

describe('figures over time', () => {
  test('have a point for every step and zero where nothing happened', async () => {
    const acme = await company()
    const at = Date.now() - 30 * 60_000
    await acme.ship(acme.record({ at }), acme.record({ at, status: 'error' }))
    const { body } = await acme.admin.send(`GET /v1/usage/series?from=${new Date(at - 1_800_000).toISOString()}`)
    expect(body.stepSeconds).toBe(60)
    expect(body.points.length).toBeGreaterThanOrEqual(60)
    const busy = body.points.filter((point: { requests: number }) => point.requests > 0)
    expect(busy).toMatchObject([{ requests: 2, errors: 1, inputTokens: 24, outputTokens: 10, credits: '0.000044' }])
  })
  test('agree with the log over long ranges, where they come from the hourly sums', async () => {
    const acme = await company()
    await acme.ship(...Array.from({ length: 5 }, () => acme.record()))
    const { body } = await acme.admin.send(
      `GET /v1/usage/series?from=${new Date(Date.now() - 10 * 86_400_000).toISOString()}`,
    )
    expect(body.stepSeconds).toBeGreaterThanOrEqual(3_600)
    expect(body.points.reduce((sum: number, point: { requests: number }) => sum + point.requests, 0)).toBe(5)
  })
  test('of one person hold what that person did and nothing else, over short and long ranges and by model', async () => {
    const acme = await company()
    const at = Date.now() - 60_000
    const [ada, bob] = ['usr_0190ada', 'usr_0190bob']
    await acme.ship(
      acme.record({ at, userId: ada }),
      acme.record({ at, userId: ada, model: 'large', modelId: 'mdl_2', creditMicros: '30' }),
      acme.record({ at, userId: bob }),
    )
    for (const days of [0.1, 10]) {
      const from = new Date(Date.now() - days * 86_400_000).toISOString()
      const { body } = await acme.admin.send(`GET /v1/usage/series?from=${from}&userId=${ada}`)
      const requests = body.points.reduce((sum: number, point: { requests: number }) => sum + point.requests, 0)
      expect([days, requests]).toEqual([days, 2])
    }
    const models = await acme.admin.send(`GET /v1/usage/breakdown?by=model&userId=${ada}`)
    expect(models.body.items).toMatchObject([
      { id: 'large', requests: 1, credits: '0.00003' },
      { id: 'small', requests: 1, inputTokens: 12, outputTokens: 5 },
    ])
    const other = await company()
    expect((await other.admin.send(`GET /v1/usage/breakdown?by=model&userId=${ada}`)).body.items).toEqual([])
    const { ctx } = acme
    const reach = new Map([['usage.read' as const, { orgIds: [], teamIds: ['team_other'] }]])
    const lead = front.as({ ...ctx, actor: { ...ctx.actor, permissions: new Set(), delegated: reach } })
    const seen = await lead.send(`GET /v1/usage/breakdown?by=model&userId=${ada}`)
    expect([seen.status, seen.body.items]).toEqual([200, []])
  })
  test('an empty range is refused with the field', async () => {
    const acme = await company()
    const answer = await acme.admin.send('GET /v1/usage/series?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/to' }] } })
  })
})

describe('the live tail', () => {
  test('tells a call soon after it is booked, of the own account only, and the rate each second', async () => {
    const [acme, globex] = [await company(), await company()]
    const end = new AbortController()
    const events = live.follow(acme.ctx, {}, end.signal)
    expect((await events.next()).value).toMatchObject({ kind: 'rate', activeStreams: 3 })
    const record = acme.record()
    await globex.ship(globex.record())
    await acme.ship(record)
    expect((await events.next()).value).toMatchObject({ kind: 'request', request: { id: record.id } })
    const rate = (await events.next()).value
    expect(rate).toMatchObject({ kind: 'rate' })
    expect(rate?.kind === 'rate' && rate.requestsPerSecond).toBeGreaterThan(0)
    end.abort()
    expect((await events.next()).done).toBe(true)
  })
})
