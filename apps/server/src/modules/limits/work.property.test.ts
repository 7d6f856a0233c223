import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { newId } from '../../platform/index.ts'
import { type TestDatabase, testAccount, testCtx, testDatabase } from '../../platform/testing.ts'
import { createWorkCounts } from './work.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})

const some = (max: bigint) => fc.option(fc.bigInt(1n, max), { nil: null })
const call = fc.record({
  run: fc.constantFrom('a', 'b'),
  inSession: fc.boolean(),
  credits: fc.bigInt(0n, 60n),
  tokens: fc.nat(60),
  usedPercent: fc.nat(100),
  reached: fc.boolean(),
  again: fc.nat(2),
})
type Call = typeof call extends fc.Arbitrary<infer C> ? C : never
const caps = fc.record({ credits: some(200n), tokens: some(200n), calls: some(8n), seconds: fc.constant(null) })
type Caps = typeof caps extends fc.Arbitrary<infer C> ? C : never
type Sum = { credits: bigint; tokens: bigint; calls: bigint }

const nothing: Sum = { credits: 0n, tokens: 0n, calls: 0n }
const id = (prefix: string) => newId(prefix, new Date())
const usedBy = ({ credits, tokens, usedPercent, reached }: Call) => {
  const part = reached ? usedPercent : 0
  return {
    credits: (credits * BigInt(part)) / 100n,
    tokens: Math.floor((tokens * part) / 100),
    calls: reached ? 1 : 0,
  }
}
const measures = ['credits', 'tokens', 'calls'] as const

/** One account on the real database; calls of a wave are made at once, and end one after the other. */
const stand = async (run: Caps, session: Caps) => {
  const counts = createWorkCounts({ db: database.db, now: () => new Date() })
  const accountId = await testAccount(database)
  const place = { owner: 'usr_1', period: '' }

  const take = async (one: Call) => {
    const callId = id('req')
    const work = [
      { ...place, kind: 'run' as const, id: id('work'), name: one.run, ...run },
      ...(one.inSession ? [{ ...place, kind: 'session' as const, id: id('work'), name: 's', ...session }] : []),
    ]
    const { credits, tokens } = one
    const uses = await counts.gateway.take({ accountId, callId, asks: work, credits, tokens })
    return { one, callId, counted: uses.every(({ short }) => short === null) ? work : [] }
  }

  return {
    take,
    rows: () =>
      database.db.tenant(testCtx(accountId), (tx) =>
        tx.sql.selectFrom('work_counts').where('account_id', '=', accountId).selectAll().execute(),
      ),
    /** Once or more, and for a refused call in vain. */
    async settle({ one, callId }: Awaited<ReturnType<typeof take>>) {
      for (let at = 0; at <= one.again; at++) await counts.gateway.settle({ accountId, callId, used: usedBy(one) })
    },
  }
}

const added = (sum: Sum, used: ReturnType<typeof usedBy>): Sum => ({
  credits: sum.credits + used.credits,
  tokens: sum.tokens + BigInt(used.tokens),
  calls: sum.calls + BigInt(used.calls),
})

const expectWithin = (row: Sum & { name: string }, caps: Caps) => {
  for (const measure of measures) {
    const most = caps[measure]
    if (most !== null) expect(row[measure], `${measure} of ${row.name}`).toBeLessThanOrEqual(most)
  }
}

const check = async (run: Caps, session: Caps, waves: readonly (readonly Call[])[]) => {
  const stage = await stand(run, session)
  const sums = new Map<string, Sum>()
  for (const wave of waves) {
    const taken = await Promise.all(wave.map(stage.take))
    for (const row of await stage.rows()) expectWithin(row, row.kind === 'run' ? run : session)
    for (const call of taken) {
      await stage.settle(call)
      for (const { name } of call.counted) sums.set(name, added(sums.get(name) ?? nothing, usedBy(call.one)))
    }
  }
  for (const { name, credits, tokens, calls } of await stage.rows())
    expect({ credits, tokens, calls }).toEqual(sums.get(name) ?? nothing)
}

test('calls at once never take more of a run and its session than they may, and what they did not use is there again', async () => {
  const waves = fc.array(fc.array(call, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 })
  await fc.assert(fc.asyncProperty(caps, caps, waves, check), { numRuns: 25 })
}, 120_000)
