import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDb, type Db, systemCtx } from '../../platform/index.ts'
import { quietLog, superCtx, type TestDatabase, testCtx, testDatabase } from '../../platform/testing.ts'
import { bookedBy, company } from './budgets.testing.ts'
import { ledger } from './ledger.ts'
import { disagreements } from './replay.ts'
import { treeRepository } from './tree.repository.ts'

const parallel = 32
let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await testDatabase()
  db = createDb({ connection: database.connection, now: () => new Date(), log: quietLog, connectionsMax: parallel })
})
afterAll(() => db.close())

const arrange = async (granted: string) => {
  const acme = await company({ ...database, db }, { leaseGraceMs: 0 })
  const { accountId, budgets } = acme
  const ctx = testCtx(accountId)
  const inAccount = <T>(
    work: Parameters<Db['tenant']>[1] extends (tx: infer X) => unknown ? (tx: X) => Promise<T> : never,
  ) => db.tenant(systemCtx('test', accountId), work)
  await budgets.grants.create(superCtx(), accountId, {
    amount: granted,
    recurrence: 'cycle',
    note: null,
    expiresAt: null,
  })
  const allocate = async (type: 'org' | 'team' | 'user', id: string, limit: string, mode: 'carve' | 'cap' = 'carve') =>
    (await budgets.allocations.allocate(ctx, { scope: { type, id }, limit, mode, source: 'manual' }, false)).id
  const { pool } = await budgets.overview(ctx)
  const book = bookedBy({ db, budgets, accountId })
  const settle = (id: string, credits: bigint) => book([{ eventId: `e_${id}`, holdId: id, credits }])
  const reserve = (id: string, path: string[], amount: bigint, kind: 'hold' | 'lease' = 'hold', ttlMs = 60_000) =>
    budgets.reserve({ accountId, id, kind, path, amount, processId: 'p1', ttlMs })
  /** Runs the works with 32 at a time. */
  const together = async (works: (() => Promise<unknown>)[]) => {
    const queue = works.values()
    await Promise.all(
      Array.from({ length: parallel }, async () => {
        for (const work of queue) await work()
      }),
    )
  }
  const nodes = (cycleId: string) => inAccount((tx) => treeRepository(tx, accountId).nodes(cycleId, { removed: true }))
  const agrees = async (cycleId: string) =>
    expect(
      disagreements(await inAccount((tx) => ledger(tx, accountId).totals()), cycleId, await nodes(cycleId)),
    ).toEqual([])
  return { ...acme, ctx, pool: pool.id, allocate, settle, reserve, together, nodes, agrees, inAccount }
}

describe('many at once', () => {
  test('a tight limit admits exactly what it holds, and what is settled twice counts once', async () => {
    const { accountId, org, support, ada, bob, pool, ctx, budgets, allocate, reserve, settle, together, agrees } =
      await arrange('0.001')
    const path = [pool, await allocate('org', org, '0.0002'), await allocate('team', support, '5', 'cap')]
    const leaves = [await allocate('user', ada, '1', 'cap'), await allocate('user', bob, '1', 'cap')]
    const admitted: string[] = []
    await together(
      Array.from({ length: 640 }, (_, i) => async () => {
        const id = `req_${i}`
        const leaf = leaves[i % 2] ?? ''
        const [first, second] = await Promise.all([reserve(id, [...path, leaf], 1n), reserve(id, [...path, leaf], 1n)])
        if (first.outcome !== 'held' && second.outcome !== 'held') return
        admitted.push(id)
        await Promise.all([settle(id, 1n), settle(id, 1n)])
      }),
    )
    const { pool: root, nodes, cycle } = await budgets.overview(ctx)
    const settledOf = (id: string | undefined) => Number(nodes.find((node) => node.id === id)?.settled) * 1e6
    expect(admitted).toHaveLength(200)
    expect(root).toMatchObject({ settled: '0.0002', held: '0', overdraft: '0' })
    expect(Math.round(settledOf(leaves[0]) + settledOf(leaves[1]))).toBe(200)
    const [events] = await database.query(
      'select count(*) as count, sum(credit_micros)::bigint as credits from requests where account_id = $1',
      [accountId],
    )
    expect(events).toEqual({ count: 200n, credits: 200n })
    await agrees(cycle.id)
  })

  test('cycles close while calls are held and settled: every call counts in one cycle, and none is over its limit', {
    timeout: 60_000,
  }, async () => {
    const { ada, pool, ctx, budgets, allocate, reserve, settle, together, nodes, agrees } = await arrange('0.001')
    await budgets.setPlan(ctx, { rollover: { mode: 'remaining', cap: null } })
    const user = await allocate('user', ada, '0.0004')
    let spent = 0n
    const calls = Array.from({ length: 400 }, (_, i) => async () => {
      const id = `req_${i}`
      if ((await reserve(id, i % 3 === 0 ? [pool] : [pool, user], 5n)).outcome !== 'held') return
      const actual = BigInt(i % 8)
      spent += actual
      await settle(id, actual)
    })
    for (const at of [40, 120, 250]) calls.splice(at, 0, async () => void (await budgets.renewCycle(ctx)))
    await together(calls)
    const { items } = await budgets.cycles(ctx)
    expect(items).toHaveLength(4)
    let settled = 0n
    for (const { id } of items) {
      await agrees(id)
      const [root] = await nodes(id)
      expect(root?.held).toBe(0n)
      settled += root?.settled ?? 0n
    }
    expect(settled).toBe(spent)
  })

  test('admins who allocate at once never give away more than there is', async () => {
    const { ada, bob, cid, budgets, ctx, allocate, together, agrees } = await arrange('100')
    const people = [ada, bob, cid]
    const refused: unknown[] = []
    await together(
      Array.from(
        { length: 60 },
        (_, i) => () =>
          allocate('user', people[i % 3] ?? '', String(20 + ((i * 7) % 60))).catch((error) => refused.push(error.code)),
      ),
    )
    const { pool, nodes, cycle } = await budgets.overview(ctx)
    const carved = nodes.reduce((sum, { limit }) => sum + Number(limit), 0)
    expect(Number(pool.carved)).toBe(carved)
    expect(carved).toBeLessThanOrEqual(100)
    expect(new Set(refused)).toEqual(new Set(['budget.insufficient']))
    await agrees(cycle.id)
  })
})
