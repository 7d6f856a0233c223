import { beforeAll, describe, expect, test } from 'vitest'
import { newId, systemCtx } from '../../platform/index.ts'
import { eventsOf, superCtx, type TestDatabase, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { bookedBy, company } from './budgets.testing.ts'
import { type BudgetDeps, budgetHandlers } from './index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})

/** A company with credits in its pool, an admin, and the gateway's side of the room. */
const arrange = async (credits: string | null = '100', deps: Partial<BudgetDeps> = {}) => {
  const acme = await company(database, deps)
  const front = testFront(budgetHandlers(acme.budgets))
  const admin = front.as(testCtx(acme.accountId))
  const operator = front.as(superCtx())
  const grant = (body: object) => operator.send(`POST /v1/accounts/${acme.accountId}/grants`, body)
  if (credits) await grant({ amount: credits })
  const allocate = (type: 'org' | 'team' | 'user', id: string, limit: string, more: object = {}) =>
    admin.send('PUT /v1/budgets/allocations', { scope: { type, id }, limit, ...more })
  const overview = async () => (await admin.send('GET /v1/budgets')).body
  const inAccount = <T>(work: Parameters<typeof database.db.tenant<T>>[1]) =>
    database.db.tenant(systemCtx('test', acme.accountId), work)
  const call = async (path: string[], micros: bigint, kind: 'hold' | 'lease' = 'hold') => {
    const id = newId('req', new Date())
    const outcome = await acme.budgets.reserve({
      ...{ accountId: acme.accountId, id, kind, path, amount: micros, processId: 'p1', ttlMs: 60_000 },
    })
    return { id, outcome }
  }
  const book = bookedBy({ db: database.db, ...acme })
  const settle = (holdId: string | null, credits: bigint, eventId: string = newId('req', new Date())) =>
    book([{ eventId, holdId, credits }])
  const agrees = async () => expect(await inAccount((tx) => acme.budgets.verify(tx))).toEqual([])
  return { ...acme, front, admin, operator, grant, allocate, overview, inAccount, call, book, settle, agrees }
}
const credits = 1_000_000n

describe('grants', () => {
  test('granted credits wait in the pool', async () => {
    const { overview, operator, accountId, agrees } = await arrange('100.5')
    expect(await overview()).toMatchObject({
      pool: { limit: '100.5', unallocated: '100.5' },
      cycle: { granted: '100.5' },
      nodes: [],
    })
    expect((await operator.send(`GET /v1/accounts/${accountId}/grants`)).body.items).toMatchObject([
      { amount: '100.5', recurrence: 'cycle' },
    ])
    expect(await eventsOf(database, accountId)).toEqual(['grant.created'])
    await agrees()
  })
  test('a revoked grant takes back what is unallocated and does not renew', async () => {
    const { overview, operator, admin, allocate, accountId, ada, agrees } = await arrange('100')
    await allocate('user', ada, '30')
    const [{ id }] = (await operator.send(`GET /v1/accounts/${accountId}/grants`)).body.items
    expect(await operator.send(`DELETE /v1/accounts/${accountId}/grants/${id}`)).toMatchObject({ status: 204 })
    expect((await overview()).pool).toMatchObject({ limit: '30', unallocated: '0' })
    expect(await operator.send(`DELETE /v1/accounts/${accountId}/grants/${id}`)).toMatchObject({
      status: 404,
      body: { type: 'budget.grant_not_found' },
    })
    await agrees()
    await admin.send('POST /v1/budgets/cycles')
    expect((await overview()).pool.limit).toBe('0')
  })
  test('a missing account is a 404, a past expiry names its field, and admins may not grant', async () => {
    const { operator, grant, admin, accountId } = await arrange(null)
    expect(await operator.send('GET /v1/accounts/acc_0/grants')).toMatchObject({
      status: 404,
      body: { type: 'account.not_found' },
    })
    const past = await grant({ amount: '1', expiresAt: '2020-01-01T00:00:00Z' })
    expect(past).toMatchObject({ status: 400, body: { errors: [{ pointer: '/expiresAt' }] } })
    expect((await admin.send(`POST /v1/accounts/${accountId}/grants`, { amount: '1' })).status).toBe(403)
  })
  test('credits given once leave the pool when they expire', async () => {
    let time = new Date()
    const { grant, overview, agrees, budgets } = await arrange('10', { now: () => time })
    const soon = new Date(Math.min(time.getTime() + 60_000, Date.now() + 60_000))
    await grant({ amount: '5', recurrence: 'once', expiresAt: soon.toISOString() })
    expect((await overview()).pool.limit).toBe('15')
    time = new Date(soon.getTime() + 1)
    await budgets.turnCycles()
    expect((await overview()).pool.limit).toBe('10')
    await agrees()
  })
})

describe('allocations', () => {
  // T85
  test('a carve moves credits from the pool to the scope and back', async () => {
    const { allocate, overview, ada, admin, accountId, agrees } = await arrange()
    const { status, body } = await allocate('user', ada, '30')
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { limit: '30', mode: 'carve', scope: { name: 'Ada' }, unallocated: '30' },
    })
    expect((await overview()).pool).toMatchObject({ carved: '30', unallocated: '70' })
    await allocate('user', ada, '12.25')
    expect((await overview()).pool.unallocated).toBe('87.75')
    expect((await admin.send(`DELETE /v1/budgets/allocations/${body.id}`)).status).toBe(204)
    expect(await overview()).toMatchObject({ pool: { unallocated: '100', carved: '0' }, nodes: [] })
    expect(await eventsOf(database, accountId)).toEqual([
      'grant.created',
      'budget_allocation.set',
      'budget_allocation.set',
      'budget_allocation.removed',
    ])
    await agrees()
  })
  test('the same allocation again changes nothing and tells nothing', async () => {
    const { allocate, ada, accountId } = await arrange()
    const first = await allocate('user', ada, '30')
    expect((await allocate('user', ada, '30.0')).body).toEqual(first.body)
    expect((await eventsOf(database, accountId)).filter((name) => name === 'budget_allocation.set')).toHaveLength(1)
  })
  test('it stands under the nearest allocation around it', async () => {
    const { allocate, org, support, ada, cid } = await arrange()
    const parent = (await allocate('org', org, '50')).body.id
    const team = (await allocate('team', support, '20')).body
    expect(team.parentId).toBe(parent)
    expect((await allocate('user', ada, '5')).body.parentId).toBe(team.id)
    // Cid is in no team, so only the pool is around him
    expect(await allocate('user', cid, '5', { parentId: parent })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/parentId' }] },
    })
  })
  // T85
  test('more than there is, or less than is used, is refused with the figures', async () => {
    const { allocate, ada, call, settle, overview } = await arrange()
    const over = await allocate('user', ada, '101')
    expect(over).toMatchObject({
      status: 409,
      body: {
        type: 'budget.insufficient',
        detail: 'The Unallocated pool has 100 credits left to allocate; 101 more are needed.',
      },
    })
    const { id } = (await allocate('user', ada, '10')).body
    const { pool } = await overview()
    const { id: hold } = await call([pool.id, id], 4n * credits)
    await settle(hold, 4n * credits)
    expect(await allocate('user', ada, '3.9')).toMatchObject({ status: 409, body: { type: 'budget.below_spent' } })
    expect((await allocate('user', ada, '4')).status).toBe(200)
  })
  test('an unknown scope, a foreign scope and a missing allocation look alike', async () => {
    const { allocate, admin } = await arrange()
    const other = await arrange()
    const [foreign, missing] = [await allocate('user', other.ada, '1'), await allocate('user', 'usr_0', '1')]
    expect(missing).toMatchObject({ status: 404, body: { type: 'user.not_found' } })
    const { requestId: _, ...bare } = missing.body
    expect(JSON.parse(foreign.text.replaceAll(other.ada, 'usr_0'))).toMatchObject(bare)
    expect((await allocate('team', 'team_0', '1')).body.type).toBe('team.not_found')
    expect((await allocate('org', 'org_0', '1')).body.type).toBe('org.not_found')
    expect((await admin.send('DELETE /v1/budgets/allocations/bud_0')).body.type).toBe('budget.allocation_not_found')
    const { pool } = (await other.admin.send('GET /v1/budgets')).body
    expect((await admin.send(`DELETE /v1/budgets/allocations/${pool.id}`)).status).toBe(404)
  })
  test('an allocation with others under it cannot go first', async () => {
    const { allocate, admin, support, ada } = await arrange()
    const { id } = (await allocate('team', support, '20')).body
    await allocate('user', ada, '5')
    expect(await admin.send(`DELETE /v1/budgets/allocations/${id}`)).toMatchObject({
      status: 409,
      body: { type: 'budget.in_use' },
    })
  })
  test('a cap owns nothing: it limits, its parent pays, and nothing can be carved from it', async () => {
    const { allocate, overview, support, ada, call, settle, agrees } = await arrange()
    const team = (await allocate('team', support, '500', { mode: 'cap' })).body
    expect((await overview()).pool.unallocated).toBe('100')
    expect(await allocate('user', ada, '5')).toMatchObject({ status: 400, body: { errors: [{ pointer: '/mode' }] } })
    const user = (await allocate('user', ada, '5', { mode: 'cap' })).body
    const path = [(await overview()).pool.id, team.id, user.id]
    expect((await call(path, 6n * credits)).outcome).toMatchObject({ outcome: 'denied', nodeId: user.id })
    const { id } = await call(path, 5n * credits)
    await settle(id, 5n * credits)
    expect(await overview()).toMatchObject({
      pool: { settled: '5', unallocated: '95' },
      nodes: [{ settled: '5' }, { settled: '5', remaining: '0' }],
    })
    await agrees()
  })
  test('what was allocated is no longer the pool’s to spend', async () => {
    const { allocate, overview, ada, call } = await arrange()
    await allocate('user', ada, '90')
    const { pool } = await overview()
    expect((await call([pool.id], 10n * credits + 1n)).outcome).toMatchObject({
      outcome: 'denied',
      nodeId: pool.id,
      figures: [{ remaining: 10n * credits }],
    })
    expect((await call([pool.id], 10n * credits)).outcome.outcome).toBe('held')
  })
  test('a mode changes while unused, and not after', async () => {
    const { allocate, overview, ada, call, agrees } = await arrange()
    const { id } = (await allocate('user', ada, '30')).body
    expect((await allocate('user', ada, '40', { mode: 'cap' })).body).toMatchObject({ id, mode: 'cap', limit: '40' })
    expect((await overview()).pool.unallocated).toBe('100')
    await call([(await overview()).pool.id, id], credits)
    expect((await allocate('user', ada, '40')).body.type).toBe('budget.in_use')
    await agrees()
  })
  test('a dry run answers the same and changes nothing', async () => {
    const { admin, overview, ada, accountId } = await arrange()
    const body = { scope: { type: 'user', id: ada }, limit: '30' }
    const before = await overview()
    expect((await admin.send('PUT /v1/budgets/allocations?dry_run=1', body)).body).toMatchObject({
      limit: '30',
      mode: 'carve',
    })
    expect(await overview()).toEqual(before)
    expect(await eventsOf(database, accountId)).toEqual(['grant.created'])
    expect((await admin.send('PUT /v1/budgets/allocations?dry_run=1', { ...body, limit: '300' })).status).toBe(409)
  })
  test('what a scope did not spend returns when it leaves the directory', async () => {
    const { allocate, overview, ada, budgets, inAccount, call, settle, agrees } = await arrange()
    const { id } = (await allocate('user', ada, '30')).body
    const { pool } = await overview()
    const { id: spent } = await call([pool.id, id], 10n * credits)
    await settle(spent, 10n * credits)
    const { id: open } = await call([pool.id, id], 2n * credits)
    expect(await inAccount((tx) => budgets.hasAllocation(tx, { type: 'user', id: ada }))).toBe(true)
    await inAccount((tx) => budgets.removeScope(tx, { type: 'user', id: ada }))
    expect(await inAccount((tx) => budgets.hasAllocation(tx, { type: 'user', id: ada }))).toBe(false)
    expect(await overview()).toMatchObject({ pool: { unallocated: '88', settled: '10', held: '2' }, nodes: [] })
    expect((await call([pool.id, id], 1n)).outcome).toMatchObject({ outcome: 'denied', nodeId: id })
    await settle(open, 2n * credits)
    expect((await overview()).pool).toMatchObject({ settled: '12', held: '0' })
    await agrees()
  })
})

describe('distribution', () => {
  const distribute = (front: Awaited<ReturnType<typeof arrange>>['admin'], body: object, query = '') =>
    front.send(`POST /v1/budgets/distribute${query}`, body)

  test('everybody gets the same, the remainder goes one micro each in order, overrides stay', async () => {
    const { admin, overview, allocate, ada, bob, cid, agrees } = await arrange('100.000001')
    await allocate('user', bob, '40', { source: 'override' })
    const { pool } = await overview()
    const body = { parentId: pool.id, among: 'users' }
    const plan = (await distribute(admin, body, '?dry_run=1')).body
    expect((await overview()).nodes).toHaveLength(1)
    const done = await distribute(admin, body)
    expect(done).toMatchObject({
      status: 200,
      body: {
        total: '100.000001',
        unallocatedAfter: '0',
        shares: [
          { scope: { id: ada }, before: null, after: '30.000001', override: false },
          { scope: { id: bob }, before: '40', after: '40', override: true },
          { scope: { id: cid }, before: null, after: '30', override: false },
        ],
      },
    })
    expect({ ...plan, dryRun: false }).toEqual(done.body)
    // the whole divided again is the same: shares are set, not added
    expect((await distribute(admin, body)).body.shares.map(({ after }: { after: string }) => after)).toEqual([
      '30.000001',
      '40',
      '30',
    ])
    await agrees()
  })
  test('a total divides among the members named, and shrinks some while it grows others', async () => {
    const { admin, overview, allocate, ada, bob, agrees } = await arrange('60')
    await allocate('user', ada, '50')
    const { pool } = await overview()
    const { body } = await distribute(admin, { parentId: pool.id, total: '60', among: 'users', ids: [bob, ada] })
    expect(body).toMatchObject({
      unallocatedAfter: '0',
      shares: [
        { scope: { id: bob }, before: null, after: '30' },
        { scope: { id: ada }, before: '50', after: '30' },
      ],
    })
    await agrees()
  })
  test('caps divide a ceiling and leave the credits where they are', async () => {
    const { admin, overview, support, sales } = await arrange('60')
    const { pool } = await overview()
    const { body } = await distribute(admin, { parentId: pool.id, among: 'teams', mode: 'cap' })
    expect(body.shares.map((share: { scope: { id: string }; after: string }) => [share.scope.id, share.after])).toEqual(
      [
        [support, '30'],
        [sales, '30'],
      ],
    )
    expect((await overview()).pool.unallocated).toBe('60')
  })
  test('too much, unknown members and people allocated elsewhere are refused', async () => {
    const { admin, overview, allocate, support, ada } = await arrange('10')
    const team = (await allocate('team', support, '5')).body
    await allocate('user', ada, '1')
    const { pool } = await overview()
    expect((await distribute(admin, { parentId: pool.id, among: 'users', total: '11' })).body.type).toBe(
      'budget.insufficient',
    )
    expect((await distribute(admin, { parentId: 'bud_0', among: 'users' })).status).toBe(404)
    expect((await distribute(admin, { parentId: pool.id, among: 'users', ids: ['usr_0'] })).body.errors).toMatchObject([
      { pointer: '/ids/0' },
    ])
    expect((await distribute(admin, { parentId: pool.id, among: 'users', ids: [ada] })).body.errors).toMatchObject([
      { pointer: '/ids/0' },
    ])
    expect((await distribute(admin, { parentId: team.id, among: 'orgs' })).body.errors).toMatchObject([
      { pointer: '/among' },
    ])
  })
})

describe('cycles', () => {
  test('a new cycle renews grants, carves again, and shortens what the pool cannot cover', async () => {
    const { admin, overview, grant, allocate, ada, bob, accountId, operator, agrees } = await arrange('100')
    const extra = (await grant({ amount: '50' })).body
    await allocate('user', ada, '90')
    await allocate('user', bob, '40')
    await operator.send(`DELETE /v1/accounts/${accountId}/grants/${extra.id}`)
    const { body, status } = await admin.send('POST /v1/budgets/cycles')
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { state: 'open', granted: '100', rolledIn: '0', settled: '0' },
    })
    const { pool, nodes } = await overview()
    expect(pool).toMatchObject({ limit: '100', unallocated: '0' })
    expect(nodes).toMatchObject([{ limit: '90' }, { limit: '10' }])
    expect(await eventsOf(database, accountId)).toContain('budget_allocation.shortened')
    await agrees()
    // credits that come later fill up what fell short
    await grant({ amount: '35' })
    expect(await overview()).toMatchObject({ pool: { unallocated: '5' }, nodes: [{ limit: '90' }, { limit: '40' }] })
    await agrees()
  })
  test('what remains rolls over up to the cap; the closed cycle adds up', async () => {
    const { admin, overview, allocate, ada, call, settle } = await arrange('100')
    await admin.send('PATCH /v1/budgets/plan', { rollover: { mode: 'remaining', cap: '25' } })
    const { id } = (await allocate('user', ada, '30')).body
    const { pool } = await overview()
    await settle((await call([pool.id, id], 10n * credits)).id, 10n * credits)
    await admin.send('POST /v1/budgets/cycles')
    expect((await overview()).pool.limit).toBe('125')
    const [open, closed] = (await admin.send('GET /v1/budgets/cycles')).body.items
    expect(open).toMatchObject({ state: 'open', rolledIn: '25', granted: '100' })
    expect(closed).toMatchObject({ state: 'closed', granted: '100', settled: '10', rolledOut: '25', expired: '65' })
    expect(closed.endsAt).toBe(open.startsAt)
  })
  test('a dry renewal answers the next cycle and changes nothing', async () => {
    const { admin, overview, accountId, agrees } = await arrange('100')
    await admin.send('PATCH /v1/budgets/plan', { rollover: { mode: 'remaining', cap: '25' } })
    const [before, told] = [await overview(), await eventsOf(database, accountId)]
    const { status, body } = await admin.send('POST /v1/budgets/cycles?dry_run=1')
    expect({ status, body }).toMatchObject({ status: 201, body: { rolledIn: '25', granted: '100', settled: '0' } })
    expect(await overview()).toEqual(before)
    expect(await eventsOf(database, accountId)).toEqual(told)
    await agrees()
  })
  test('a call held in one cycle and settled in the next counts in the first', async () => {
    const { admin, overview, call, settle } = await arrange('100')
    const { pool } = await overview()
    const { id } = await call([pool.id], 40n * credits)
    await admin.send('POST /v1/budgets/cycles')
    await settle(id, 15n * credits)
    expect((await overview()).pool).toMatchObject({ limit: '100', settled: '0', held: '0' })
    const [, closed] = (await admin.send('GET /v1/budgets/cycles')).body.items
    expect(closed).toMatchObject({ granted: '100', settled: '15', expired: '85', rolledOut: '0' })
  })
  test('the first call after the end of a cycle opens the next', async () => {
    let time = new Date()
    const { overview, call, budgets } = await arrange('100', { now: () => time })
    const { pool, cycle } = await overview()
    await call([pool.id], 40n * credits)
    time = new Date(new Date(cycle.endsAt).getTime() + 1_000)
    expect((await call([pool.id], 90n * credits)).outcome).toMatchObject({
      outcome: 'held',
      figures: [{ limit: 100n * credits, held: 90n * credits, remaining: 10n * credits }],
    })
    expect((await overview()).cycle.startsAt).toBe(cycle.endsAt)
    // months without a call are opened and closed one by one
    time = new Date(time.getTime() + 100 * 86_400_000)
    await budgets.turnCycles()
    expect(new Date((await overview()).cycle.endsAt).getTime()).toBeGreaterThan(time.getTime())
  })
  test('the plan changes, its cadence moves the end of the open cycle, and nothing new tells nothing', async () => {
    const { admin, accountId } = await arrange(null)
    expect(
      (await admin.send('PATCH /v1/budgets/plan', { cadence: 'manual', name: 'Yearly later' })).body,
    ).toMatchObject({ cadence: 'manual', name: 'Yearly later' })
    expect((await admin.send('GET /v1/budgets')).body.cycle.endsAt).toBeNull()
    await admin.send('PATCH /v1/budgets/plan', { cadence: 'manual' })
    expect(await eventsOf(database, accountId)).toEqual(['budget_plan.updated'])
  })
})

describe('leases', () => {
  const lease = async (acme: Awaited<ReturnType<typeof arrange>>, amount: bigint) => {
    const { pool } = await acme.overview()
    return acme.call([pool.id], amount, 'lease')
  }

  test('a lease pays for many calls, and returning it frees the rest', async () => {
    const acme = await arrange()
    const { id } = await lease(acme, 10n * credits)
    await acme.settle(id, 3n * credits)
    await acme.settle(id, 4n * credits)
    expect((await acme.overview()).pool).toMatchObject({ held: '3', settled: '7' })
    expect(await acme.budgets.release({ accountId: acme.accountId, ids: [id] })).toEqual([id])
    expect(await acme.budgets.release({ accountId: acme.accountId, ids: [id] })).toEqual([])
    expect((await acme.overview()).pool).toMatchObject({ held: '0', settled: '7', unallocated: '93' })
  })
  test('of a process that died the rest stays held until its usage can no longer arrive', async () => {
    let time = Date.now()
    const acme = await arrange('100', { now: () => new Date(time), leaseGraceMs: 600_000 })
    const { id } = await lease(acme, 100n * credits)
    time += 60_000 + 599_999
    await acme.budgets.expireHolds()
    expect((await lease(acme, 1n)).outcome.outcome).toBe('denied')
    time += 2
    await acme.budgets.expireHolds()
    expect((await acme.overview()).pool).toMatchObject({ held: '0', remaining: '100' })
    // what it had spent all the same is booked when it arrives after all
    await acme.settle(id, 2n * credits)
    expect((await acme.overview()).pool).toMatchObject({ settled: '2', remaining: '98' })
    await acme.agrees()
  })
  test('a hold and a lease grow while the whole path has room, and then not at all', async () => {
    const acme = await arrange('100')
    const { id } = await lease(acme, 10n * credits)
    const { pool } = await acme.overview()
    const { id: hold } = await acme.call([pool.id], 20n * credits)
    const grow = async (id: string, amount: bigint, processId = 'p1') =>
      (await acme.budgets.grow({ accountId: acme.accountId, id, amount, processId })).outcome
    expect(await grow(id, 30n * credits)).toBe('held')
    expect(await grow(hold, 40n * credits)).toBe('held')
    expect((await acme.overview()).pool).toMatchObject({ held: '100', remaining: '0' })
    expect(await grow(hold, 1n)).toBe('denied')
    expect(await grow(hold, 1n, 'p2')).toBe('gone')
    await acme.settle(hold, 60n * credits)
    await acme.settle(id, 40n * credits)
    expect((await acme.overview()).pool).toMatchObject({ held: '0', settled: '100', overdraft: '0' })
    expect(await grow(hold, 1n)).toBe('gone')
    await acme.agrees()
  })
  test('the hold of a call that is still open is renewed, and no job ends it', async () => {
    let time = Date.now()
    const acme = await arrange('100', { now: () => new Date(time) })
    const { id } = await acme.call([(await acme.overview()).pool.id], 100n * credits)
    for (let minute = 0; minute < 15; minute++) {
      time += 50_000
      await acme.budgets.expireHolds()
      expect(
        await acme.budgets.renew({ accountId: acme.accountId, ids: [id], processId: 'p1', ttlMs: 60_000 }),
      ).toEqual([{ id, expiresAt: time + 60_000 }])
    }
    expect((await acme.overview()).pool).toMatchObject({ held: '100' })
    time += 60_001
    await acme.budgets.expireHolds()
    expect((await acme.overview()).pool).toMatchObject({ held: '0' })
  })
  test('only the process that holds a lease renews it, while it lasts, and never beyond its cycle', async () => {
    let time = Date.now()
    const acme = await arrange('100', { now: () => new Date(time) })
    const { id } = await lease(acme, credits)
    const renew = (processId: string, ttlMs = 60_000) =>
      acme.budgets.renew({ accountId: acme.accountId, ids: [id], processId, ttlMs })
    expect(await renew('p2')).toEqual([])
    expect(await renew('p1')).toEqual([{ id, expiresAt: time + 60_000 }])
    const { cycle } = await acme.overview()
    expect(await renew('p1', 400 * 86_400_000)).toEqual([{ id, expiresAt: Date.parse(cycle.endsAt) }])
    time = Date.parse(cycle.endsAt)
    expect(await renew('p1')).toEqual([])
  })
})

describe('settlement', () => {
  test('usage nobody held credits for is paid by the pool, into overdraft if it must', async () => {
    const acme = await arrange('5')
    await acme.settle(null, 7n * credits)
    await acme.settle('req_never_held', credits)
    expect((await acme.overview()).pool).toMatchObject({ settled: '8', overdraft: '3', remaining: '0' })
    expect((await acme.call([(await acme.overview()).pool.id], 1n)).outcome.outcome).toBe('denied')
    await acme.grant({ amount: '4' })
    expect((await acme.overview()).pool).toMatchObject({ overdraft: '0', remaining: '1' })
    await acme.agrees()
  })
  test('a call that comes again, as it was or with other figures, changes nothing: what came first stays booked', async () => {
    const acme = await arrange()
    const { id: held } = await acme.call([(await acme.overview()).pool.id], 9n * credits, 'lease')
    const first = { eventId: 'req_1', holdId: held, credits }
    const forged = { eventId: 'req_1', holdId: null, credits: 2n * credits }
    await acme.book([first, first, forged])
    await acme.book([forged])
    await acme.book([forged, { eventId: 'req_2', holdId: held, credits: 3n * credits }, first])
    expect((await acme.overview()).pool).toMatchObject({ settled: '4', held: '5' })
    expect(
      await database.query('select id, hold_id, credit_micros from requests where account_id = $1 order by id', [
        acme.accountId,
      ]),
    ).toEqual([
      { id: 'req_1', hold_id: held, credit_micros: credits },
      { id: 'req_2', hold_id: held, credit_micros: 3n * credits },
    ])
    await acme.agrees()
  })
  test('a batch of refused calls is logged and moves no credits', async () => {
    const acme = await arrange()
    const before = (await acme.admin.send('GET /v1/budgets/ledger')).body
    await acme.book([
      { eventId: 'req_1', holdId: null, credits: 0n },
      { eventId: 'req_2', holdId: null, credits: 0n },
    ])
    expect((await acme.admin.send('GET /v1/budgets/ledger')).body).toEqual(before)
    const [logged] = await database.query('select count(*) from requests where account_id = $1', [acme.accountId])
    expect(logged).toEqual({ count: 2n })
  })
  test('what the gateway gets is what the room knows', async () => {
    const acme = await arrange()
    await acme.allocate('user', acme.ada, '30')
    const slice = await acme.inAccount((tx) => acme.budgets.slice(tx))
    const { pool, nodes, cycle } = await acme.overview()
    expect(slice).toMatchObject({
      allowPoolDraw: true,
      timezone: 'UTC',
      cycle: { id: cycle.id, endsAt: Date.parse(cycle.endsAt) },
    })
    expect(slice.nodes.map(({ id, limit }) => [id, limit])).toEqual([
      [pool.id, '100000000'],
      [nodes[0].id, '30000000'],
    ])
    await acme.settle(null, credits)
    expect(await acme.inAccount((tx) => acme.budgets.spent(tx, [acme.accountId, 'acc_0']))).toEqual(
      new Map([[acme.accountId, credits]]),
    )
    expect(await acme.inAccount((tx) => acme.budgets.figures(tx, [pool.id, 'bud_0']))).toEqual([
      { nodeId: pool.id, limit: 100n * credits, held: 0n, settled: credits, remaining: 69n * credits },
    ])
  })
})

describe('effective allocation', () => {
  test('says who pays, what is left and which scope binds', async () => {
    const { admin, allocate, support, ada, sales } = await arrange()
    await allocate('team', support, '20')
    const forUser = (await admin.send(`GET /v1/budgets/effective-allocation?userId=${ada}`)).body
    expect(forUser).toMatchObject({
      payer: { type: 'team', name: 'Support' },
      limit: '20',
      remaining: '20',
      factor: '1',
    })
    expect(forUser.chain).toMatchObject([
      { scope: { type: 'account' }, binding: false },
      { scope: { type: 'team' }, binding: true },
    ])
    expect((await admin.send(`GET /v1/budgets/effective-allocation?teamId=${sales}`)).body).toMatchObject({
      payer: { type: 'account' },
      remaining: '80',
    })
  })
  test('a key is asked at the keys room, and the missing are 404', async () => {
    const people: { ada?: string } = {}
    const { admin, ada, allocate } = await arrange('10', {
      keyOwner: async (_, id) =>
        id === 'key_1' ? { userId: people.ada ?? null, serviceAccountId: null, teamId: null } : null,
    })
    people.ada = ada
    await allocate('user', ada, '3')
    expect((await admin.send('GET /v1/budgets/effective-allocation?keyId=key_1')).body).toMatchObject({
      payer: { id: ada },
      remaining: '3',
    })
    for (const [query, type] of [
      ['keyId=key_2', 'key.not_found'],
      ['userId=usr_0', 'user.not_found'],
      ['teamId=team_0', 'team.not_found'],
    ])
      expect((await admin.send(`GET /v1/budgets/effective-allocation?${query}`)).body.type).toBe(type)
  })
  test('is exactly what admission lets through', async () => {
    const { admin, allocate, overview, support, ada, call } = await arrange()
    const team = (await allocate('team', support, '20')).body
    await allocate('user', ada, '50', { mode: 'cap' })
    const { chain, remaining } = (await admin.send(`GET /v1/budgets/effective-allocation?userId=${ada}`)).body
    const path = chain.map(({ nodeId }: { nodeId: string }) => nodeId)
    expect(remaining).toBe('20')
    expect((await call(path, 20n * credits + 1n)).outcome).toMatchObject({ outcome: 'denied', nodeId: team.id })
    expect((await call(path, 20n * credits)).outcome.outcome).toBe('held')
    expect((await overview()).nodes[0]).toMatchObject({ remaining: '0', held: '20' })
  })
})

describe('alerts', () => {
  test('each threshold is told once, and again after the limit rose', async () => {
    const { admin, allocate, overview, ada, call, settle, accountId } = await arrange('1000')
    const { id } = (await allocate('user', ada, '100')).body
    const { pool } = await overview()
    const spend = async (micros: bigint) => settle((await call([pool.id, id], micros)).id, micros)
    await spend(49n * credits)
    await spend(2n * credits)
    await spend(30n * credits)
    const thresholds = async () =>
      (await admin.send('GET /v1/budgets/alerts')).body.items.map((alert: { threshold: number }) => alert.threshold)
    expect(await thresholds()).toEqual([80, 50])
    await allocate('user', ada, '150')
    expect(await thresholds()).toEqual([50])
    await spend(45n * credits)
    expect(await thresholds()).toEqual([80, 50])
    await spend(10n * credits)
    expect(await thresholds()).toEqual([90, 80, 50])
    await spend(14n * credits)
    expect(await thresholds()).toEqual([100, 90, 80, 50])
    expect((await eventsOf(database, accountId)).filter((name) => name === 'budget.threshold_reached')).toHaveLength(5)
  })
})

describe('ledger', () => {
  test('is paged newest first, filtered by book, and sums to zero', async () => {
    const { admin, allocate, overview, ada, call, settle } = await arrange()
    const { id } = (await allocate('user', ada, '30')).body
    const { pool } = await overview()
    await settle((await call([pool.id, id], 5n * credits)).id, 5n * credits)
    const all = (await admin.send('GET /v1/budgets/ledger')).body
    expect(all.total).toBe(6)
    expect(all.items[0]).toMatchObject({ kind: 'settle' })
    expect(all.items.reduce((sum: number, entry: { amount: string }) => sum + Number(entry.amount), 0)).toBe(0)
    const first = (await admin.send('GET /v1/budgets/ledger?limit=4')).body
    const second = (await admin.send(`GET /v1/budgets/ledger?limit=4&after=${first.next}`)).body
    expect([...first.items, ...second.items]).toEqual(all.items)
    expect(second.next).toBeNull()
    expect((await admin.send(`GET /v1/budgets/ledger?book=${id}`)).body.items).toMatchObject([
      { bookName: 'Ada', amount: '-5' },
      { bookName: 'Ada', amount: '30' },
    ])
    expect((await admin.send('GET /v1/budgets/ledger?book=spent')).body.items).toMatchObject([
      { bookName: 'Spent', amount: '5' },
    ])
  })
  test('the database refuses a transaction that does not sum to zero, and any change of an entry', async () => {
    const { accountId, inAccount, overview } = await arrange()
    const { cycle } = await overview()
    const insert = `insert into ledger_entries (account_id, transaction_id, at, kind, book, cycle_id, amount) values ($1, 't', now(), 'grant', 'issued', $2, 5)`
    await expect(database.query(insert, [accountId, cycle.id])).rejects.toThrow('does not sum to zero')
    await expect(
      inAccount((tx) => tx.sql.updateTable('ledger_entries').set({ kind: 'carve' }).execute()),
    ).rejects.toThrow('permission denied')
  })
})
