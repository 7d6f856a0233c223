import { decimalOf } from '@cockpit/contract/money'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { Problem, systemCtx } from '../../platform/index.ts'
import { superCtx, type TestDatabase, testCtx, testDatabase } from '../../platform/testing.ts'
import { bookedBy, company } from './budgets.testing.ts'
import { ledger } from './ledger.ts'
import { disagreements } from './replay.ts'
import { treeRepository } from './tree.repository.ts'
import * as model from './world.testing.ts'

const runs = Number(process.env.BUDGET_RUNS ?? 25)
const leaseGraceMs = 300_000
const amount = fc.bigInt(0n, 120n)
const pick = fc.nat(30)
// mostly within what is held, so that budgets are near their limits for long and not just beyond them
const credits = fc.oneof({ weight: 6, arbitrary: fc.bigInt(0n, 60n) }, { weight: 1, arbitrary: fc.bigInt(60n, 300n) })
const limit = fc.bigInt(0n, 400n)

/** What can happen, in the words of the generator. `pick` chooses among what exists then. */
const command = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('grant' as const), amount: fc.bigInt(1n, 900n), once: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('allocate' as const), scope: fc.nat(4), cap: fc.boolean(), limit }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), pick }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      pick,
      amount: fc.bigInt(1n, 150n),
      lease: fc.boolean(),
      ttl: fc.nat(20),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('ship' as const),
      calls: fc.array(fc.record({ pick, credits, delayed: fc.nat(4).map((n) => n === 0) }), {
        minLength: 1,
        maxLength: 5,
      }),
      again: fc.array(fc.record({ pick, forged: fc.boolean() }), { maxLength: 3 }),
      backwards: fc.boolean(),
      fate: fc.constantFrom('arrives', 'arrives', 'dies', 'is told twice'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), picks: fc.array(pick, { maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('expire' as const), seconds: fc.nat(400) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('rollover' as const), remaining: fc.boolean(), cap: fc.option(amount) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
)
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never
/** A call as the gateway wrote it down: booked once, whenever, in whatever order and however often it arrives. */
type Call = { eventId: string; hold: model.RefHold | null; credits: bigint }

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})

/** One account on the real database beside its reference; does each command to both and compares what they answer. */
const twin = async () => {
  let time = Date.now()
  const acme = await company(database, { now: () => new Date(time), leaseGraceMs })
  const { budgets, accountId } = acme
  const ctx = testCtx(accountId)
  const { pool, cycle } = await budgets.overview(ctx)
  const cycles = [cycle.id]
  const ref = model.emptyReference(pool.id)
  const booking = { db: database.db, budgets, accountId }
  const book = bookedBy(booking)
  const bookAndDie = bookedBy({ ...booking, atLast: () => Promise.reject(new Error('the process died')) })
  const known: Call[] = []
  const booked = new Set<string>()
  let waiting: Call[] = []
  let count = 0
  const inAccount = <T>(work: Parameters<typeof database.db.tenant<T>>[1]) =>
    database.db.tenant(systemCtx('test', accountId), work)
  const scopes = [
    { type: 'org' as const, id: acme.org, around: [] },
    { type: 'team' as const, id: acme.support, around: [acme.org] },
    { type: 'user' as const, id: acme.ada, around: [acme.support, acme.org] },
    { type: 'user' as const, id: acme.bob, around: [acme.support, acme.org] },
    { type: 'user' as const, id: acme.cid, around: [] },
  ]
  const codeOf = async (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error) => {
        if (error instanceof Problem) return error.code
        throw error
      },
    )

  const does = {
    async grant({ amount, once }: Extract<Command, { do: 'grant' }>) {
      const recurrence = once ? 'once' : 'cycle'
      await budgets.grants.create(superCtx(), accountId, {
        amount: decimalOf(amount),
        recurrence,
        note: null,
        expiresAt: null,
      })
      model.grant(ref, amount, recurrence)
    },
    async allocate({ scope, cap, limit }: Extract<Command, { do: 'allocate' }>) {
      const { type, id, around } = scopes[scope] ?? { type: 'user', id: acme.cid, around: [] }
      const mode = cap ? 'cap' : 'carve'
      const known = model.living(ref).find((node) => node.scope === id)
      const parent =
        around.map((one) => model.living(ref).find((node) => node.scope === one)).find(Boolean) ?? ref.nodes[0]
      const node = known ?? {
        id: '',
        parent: parent?.id ?? null,
        scope: id,
        mode,
        definition: 0n,
        removed: false,
        limits: new Map(),
        modes: new Map(),
      }
      const code = await codeOf(
        budgets.allocations
          .allocate(ctx, { scope: { type, id }, mode, limit: decimalOf(limit), source: 'manual' }, false)
          .then((made) => {
            node.id = made.id
          }),
      )
      if (!known) ref.nodes.push({ ...node, limits: new Map([[ref.cycle, 0n]]), modes: new Map() })
      const target = known ?? ref.nodes.at(-1)
      expect(code).toBe(target ? model.allocate(ref, target, mode, limit) : 'nothing')
      if (code && !known) ref.nodes.pop()
    },
    async remove({ pick }: Extract<Command, { do: 'remove' }>) {
      const nodes = model.living(ref).slice(1)
      const node = nodes[pick % Math.max(1, nodes.length)]
      if (!node) return
      expect(await codeOf(budgets.allocations.remove(ctx, node.id))).toBe(model.remove(ref, node))
    },
    async reserve({ pick, amount, lease, ttl }: Extract<Command, { do: 'reserve' }>) {
      // also nodes that were removed: a gateway may not know yet
      const payer = ref.nodes[pick % ref.nodes.length]
      if (!payer) return
      const path = model.pathTo(ref, payer.id)
      const [id, kind] = [`req_${count++}`, lease ? ('lease' as const) : ('hold' as const)]
      const reservation = { accountId, id, kind, path, amount, processId: 'p1', ttlMs: ttl * 60_000 }
      const blocked = model.blockedBy(ref, path, amount)
      const outcome = await budgets.reserve(reservation)
      expect(outcome).toMatchObject(blocked ? { outcome: 'denied', nodeId: blocked } : { outcome: 'held' })
      if (blocked) return
      expect(await budgets.reserve(reservation)).toEqual({ outcome: 'duplicate' })
      const funding = model.fundingOf(ref, path)
      ref.holds.push({
        id,
        kind,
        path,
        funding,
        cycle: ref.cycle,
        amount,
        used: 0n,
        state: 'held',
        expiresAt: time + ttl * 60_000,
      })
    },
    async ship({ calls, again, backwards, fate }: Extract<Command, { do: 'ship' }>) {
      const made = calls.map(({ pick, credits, delayed }) => {
        const hold = ref.holds[pick % (ref.holds.length + 1)] ?? null
        return { call: { eventId: `evt_${count++}`, hold, credits }, delayed }
      })
      known.push(...made.map(({ call }) => call))
      const once = [...waiting, ...made.filter(({ delayed }) => !delayed).map(({ call }) => call)]
      waiting = made.filter(({ delayed }) => delayed).map(({ call }) => call)
      const batch = [...once, ...again.map(({ pick, forged }) => repeated(known, pick, forged))]
      if (backwards) batch.reverse()
      const lines = batch.map(({ eventId, hold, credits }) => ({ eventId, holdId: hold?.id ?? null, credits }))
      const fresh = batch.filter(
        ({ eventId }, place) => !booked.has(eventId) && batch.findIndex((call) => call.eventId === eventId) === place,
      )
      if (fate === 'dies' && fresh.length > 0) {
        await expect(bookAndDie(lines)).rejects.toThrow('the process died')
        await check()
      }
      await book(lines)
      if (fate === 'is told twice') await book(lines)
      for (const { eventId } of fresh) booked.add(eventId)
      model.charge(ref, fresh)
    },
    async release({ picks }: Extract<Command, { do: 'release' }>) {
      const holds = new Set(picks.flatMap((pick) => ref.holds[pick] ?? []))
      await budgets.release({ accountId, ids: [...holds].map(({ id }) => id) })
      for (const hold of holds)
        if (hold.state === 'held') model.end(ref, hold, hold.kind === 'hold' ? 'void' : 'returned')
    },
    async expire({ seconds }: Extract<Command, { do: 'expire' }>) {
      time += seconds * 1000
      await budgets.expireHolds()
      for (const hold of ref.holds) {
        const due = hold.expiresAt + (hold.kind === 'lease' ? leaseGraceMs : 0)
        if (hold.state === 'held' && due <= time) model.end(ref, hold, 'expired')
      }
    },
    async rollover({ remaining, cap }: Extract<Command, { do: 'rollover' }>) {
      ref.rollover = { mode: remaining ? 'remaining' : 'none', cap }
      await budgets.setPlan(ctx, { rollover: { mode: ref.rollover.mode, cap: cap === null ? null : decimalOf(cap) } })
    },
    async close() {
      time += 1000
      cycles.push((await budgets.renewCycle(ctx)).id)
      model.closeCycle(ref)
    },
  }

  return { run: (next: Command) => (does[next.do] as (given: Command) => Promise<void>)(next), check }

  /** I1–I7 and I9, in every cycle so far; and the log has each call once, with what the ledger was told of it. */
  async function check() {
    for (const [index, cycleId] of cycles.entries()) {
      const nodes = await inAccount((tx) => treeRepository(tx, accountId).nodes(cycleId, { removed: true }))
      const totals = await inAccount((tx) => ledger(tx, accountId).totals())
      expect(disagreements(totals, cycleId, nodes)).toEqual([])
      const existing = ref.nodes.filter(({ limits }) => limits.has(index))
      expect(nodes.map(({ id }) => id).sort()).toEqual(existing.map(({ id }) => id).sort())
      for (const node of nodes) {
        const { limit, held, settled, ownHeld, ownSettled, carved, lapsed } = node
        const {
          used: _,
          own: __,
          overdraft: ___,
          ...expected
        } = model.figuresAt(ref, model.nodeOf(ref, node.id), index)
        expect({ limit, held, settled, ownHeld, ownSettled, carved, lapsed }).toEqual(expected)
      }
      conserves(index, nodes)
    }
    const facts = await database.query<{ unbalanced: bigint; setAside: bigint; beyond: bigint }>(
      `select (select count(*) from (select 1 from ledger_entries where account_id = $1 group by transaction_id having sum(amount) <> 0) u) as unbalanced,
        (select count(*) from rejected_usage where account_id = $1) as "setAside",
        (select count(*) from budget_balances where account_id = $1 and overdraft <> greatest(0, held + settled - limit_micros, own_held + own_settled + carved + lapsed - limit_micros)) as beyond`,
      [accountId],
    )
    expect(facts).toEqual([{ unbalanced: 0n, setAside: 0n, beyond: 0n }])
    const logged = await database.query<{ id: string; credits: bigint }>(
      'select id, credit_micros as credits from requests where account_id = $1',
      [accountId],
    )
    expect(logged.map(({ id, credits }) => `${id} ${credits}`).sort()).toEqual(
      ref.events.map(({ id, credits }) => `${id} ${credits}`).sort(),
    )
    const holds = await database.query<{ id: string; state: string }>(
      'select id, state from holds where account_id = $1',
      [accountId],
    )
    expect(Object.fromEntries(holds.map(({ id, state }) => [id, state]))).toEqual(
      Object.fromEntries(ref.holds.map(({ id, state }) => [id, state])),
    )
  }

  /** I7: what came into a cycle is what was spent, expired, rolled on, is still held, or is still there. */
  function conserves(index: number, nodes: Awaited<ReturnType<ReturnType<typeof treeRepository>['nodes']>>) {
    const carves = nodes.filter(({ mode }) => mode === 'carve')
    const total = (of: (node: (typeof nodes)[number]) => bigint) => carves.reduce((sum, node) => sum + of(node), 0n)
    const incoming = (ref.granted[index] ?? 0n) + (ref.rolledIn[index] ?? 0n)
    const rest = total((node) => node.limit - node.carved - node.ownHeld - node.ownSettled - node.lapsed)
    expect(incoming).toBe(
      total(({ ownSettled }) => ownSettled) + total(({ lapsed }) => lapsed) + total(({ ownHeld }) => ownHeld) + rest,
    )
    if (index < ref.cycle) expect(rest).toBeLessThanOrEqual(0n)
    const next = ref.rolledIn[index + 1]
    const lapses = ref.lapses.filter(({ cycle }) => cycle === index)
    if (next !== undefined) expect(lapses.reduce((sum, lapse) => sum + lapse.amount - lapse.expired, 0n)).toBe(next)
  }
}

/** A call that was written before, as it was or as if it had cost the pool something else. What arrives first is booked. */
const repeated = (known: readonly Call[], pick: number, forged: boolean): Call => {
  const call = known.at(-1 - (pick % known.length))
  if (!call) throw new Error('a batch has calls')
  return forged ? { ...call, hold: null, credits: call.credits + 7n } : call
}

describe('the ledger', () => {
  test('agrees with a naive account of the same events, whatever happens in whatever order', {
    timeout: 600_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 40, size: 'max' }), async (commands) => {
        const account = await twin()
        await account.run({ do: 'grant', amount: 500n, once: false })
        for (const next of commands) {
          await account.run(next)
          await account.check()
        }
        await account.run({ do: 'ship', calls: [], again: [], backwards: false, fate: 'arrives' })
        await account.check()
      }),
      { numRuns: runs, endOnFailure: false, interruptAfterTimeLimit: runs > 25 ? 580_000 : 18_000 },
    )
  })
})
