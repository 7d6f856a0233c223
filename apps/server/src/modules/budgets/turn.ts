import { decimalOf } from '@cockpit/contract/money'
import { type Clock, newId, Problem, type Tx } from '../../platform/index.ts'
import { closingOf, cycleBounds, leftOfGrants } from './cycle.ts'
import { ledger } from './ledger.ts'
import { type Cycle, type Grant, type Node, ownPartOf, type Plan, smaller } from './model.ts'
import { budgetRepository } from './repository.ts'
import { treeRepository } from './tree.repository.ts'
import { editTree, type Posting, type TreeEdit } from './tree.ts'

export type Current = { plan: Plan; cycle: Cycle }
export type CycleEdit = Current & {
  edit: TreeEdit
  /** Writes the nodes touched and their postings; returns the id of the ledger transaction. */
  save(): Promise<string>
}

/** Opens, closes and edits cycles. Whoever first touches an account after the end of its cycle opens the next. */
export const createTurning = ({ now }: { now: Clock }) => {
  const planned = async (tx: Tx, accountId: string): Promise<Current> => {
    const budgets = budgetRepository(tx, accountId)
    const [plan, cycle] = [await budgets.plan(), await budgets.openCycle()]
    if (!plan || !cycle) throw new Problem('budget.no_plan', 'This account has no budget plan.')
    return { plan, cycle }
  }

  /** Plan and open cycle as of now. */
  const current = async (tx: Tx, accountId: string): Promise<Current> => {
    const found = await planned(tx, accountId)
    if (!isOver(found.cycle, now())) return found
    return locked(tx, accountId)
  }

  const locked = async (tx: Tx, accountId: string): Promise<Current> => {
    await budgetRepository(tx, accountId).lock()
    let found = await planned(tx, accountId)
    // after a long silence every cycle of the meantime is opened and closed, so each renews and rolls over as planned
    while (found.cycle.endsAt && isOver(found.cycle, now()))
      found = { plan: found.plan, cycle: await turn(tx, accountId, found, found.cycle.endsAt) }
    await lapseGrants(tx, accountId, found)
    return found
  }

  const edited = async (tx: Tx, accountId: string, { plan, cycle }: Current): Promise<CycleEdit> => {
    const trees = treeRepository(tx, accountId)
    await trees.lockRoot(cycle.id)
    const edit = editTree(await trees.nodes(cycle.id), cycle.id)
    const save = async () => {
      const transactionId = newId('ltx', now())
      await trees.save(cycle.id, edit.touched, now())
      await ledger(tx, accountId).post(transactionId, now(), edit.postings)
      return transactionId
    }
    return { plan, cycle, edit, save }
  }

  /** Credits of grants whose time is over leave the pool, as far as they are still unallocated. */
  const lapseGrants = async (tx: Tx, accountId: string, found: Current) => {
    const budgets = budgetRepository(tx, accountId)
    const lasting = await budgets.lasting()
    const over = lasting.filter(({ expiresAt }) => expiresAt && expiresAt <= now())
    if (over.length === 0) return
    const { edit, save } = await edited(tx, accountId, found)
    const { grantsLeft } = leftOfGrants([...edit.nodes.values()], lasting)
    for (const { id } of over) {
      const free = ownPartOf(edit.root)
      edit.change('lapse', -smaller(grantsLeft.get(id) ?? 0n, free > 0n ? free : 0n), id)
      await budgets.setGrantLeft(id, 0n)
    }
    await save()
  }

  /** Closes a cycle at `at` and opens the next: one transaction, so no credit is in neither or in both. */
  const turn = async (tx: Tx, accountId: string, { plan, cycle }: Current, at: Date): Promise<Cycle> => {
    const budgets = budgetRepository(tx, accountId)
    const trees = treeRepository(tx, accountId)
    await trees.lockRoot(cycle.id)
    const nodes = await trees.nodes(cycle.id, { removed: true })
    const lasting = await budgets.lasting()
    const { rolledOut, lapses, grantsLeft } = closingOf(nodes, plan.rollover, lasting, at)
    const postings: Posting[] = []
    const post = (kind: Posting['kind'], book: string, cycleId: string, amount: bigint, reference: string | null) => {
      if (amount !== 0n) postings.push({ kind, book, cycleId, amount, reference })
    }
    const next = nextCycle(plan, at, newId('cyc', now()))
    for (const { node, expired, rolled } of lapses) {
      node.lapsed += expired + rolled
      post('expire', node.id, cycle.id, -expired, null)
      post('expire', 'expired', cycle.id, expired, null)
      post('rollover', node.id, cycle.id, -rolled, next.id)
    }
    for (const [id, left] of grantsLeft) await budgets.setGrantLeft(id, left)
    await trees.save(cycle.id, lapses.map(({ node }) => node), now()) // biome-ignore format: one step of four
    await budgets.closeCycle(cycle.id, at)
    await budgets.insertCycle(plan.id, next)

    const edit = editTree(nodes.filter(({ removed }) => !removed).map(afresh), next.id)
    edit.root.limit = rolledOut
    post('rollover', edit.root.id, next.id, rolledOut, cycle.id)
    const short = await open(edit, await budgets.renewing(at))
    await trees.save(next.id, edit.nodes.values(), now())
    await ledger(tx, accountId).post(newId('ltx', now()), now(), [...postings, ...edit.postings])
    await tell(tx, accountId, cycle, next, edit, short)
    return next
  }

  const open = async (edit: TreeEdit, renewing: readonly Grant[]) => {
    for (const { id, amount } of renewing) edit.change('grant', amount, id)
    return edit.refill()
  }

  const tell = async (tx: Tx, accountId: string, last: Cycle, next: Cycle, edit: TreeEdit, short: readonly Node[]) => {
    await tx.emit('budget_cycle.opened', {
      subject: { type: 'budget_cycle', id: next.id, name: next.startsAt.toISOString().slice(0, 10) },
      before: { cycleId: last.id },
      after: {
        startsAt: next.startsAt.toISOString(),
        endsAt: next.endsAt?.toISOString() ?? null,
        pool: decimalOf(edit.root.limit),
      },
      accountId,
    })
    for (const node of short)
      await tx.emit('budget_allocation.shortened', {
        subject: { type: 'budget_allocation', id: node.id, name: node.scope.name },
        before: { limit: decimalOf(node.definition) },
        after: { limit: decimalOf(node.limit), cycleId: next.id },
        accountId,
      })
  }

  return {
    current,
    /** The open cycle for a change of its tree; nobody else changes plan, grants or tree until the transaction ends. */
    edit: async (tx: Tx, accountId: string) => edited(tx, accountId, await locked(tx, accountId)),
    locked,
    /** Closes the open cycle before its time. */
    async renew(tx: Tx, accountId: string): Promise<Cycle> {
      const found = await locked(tx, accountId)
      // two renewals in one millisecond would make a cycle that starts where another did
      const at = new Date(Math.max(now().getTime(), found.cycle.startsAt.getTime() + 1))
      return turn(tx, accountId, found, at)
    },
    /** Gives a new account its plan, its empty pool and its first cycle. */
    async seed(tx: Tx, account: { id: string; name: string; timezone: string }) {
      const budgets = budgetRepository(tx, account.id)
      const plan: Plan = {
        id: newId('pln', now()),
        name: 'Default',
        cadence: 'monthly',
        rollover: { mode: 'none', cap: null },
        allowPoolDraw: true,
        createdAt: now(),
        timezone: account.timezone,
      }
      const cycle = { id: newId('cyc', now()), ...cycleBounds(plan.cadence, plan.timezone, now()) }
      await budgets.insertPlan(plan)
      await budgets.insertCycle(plan.id, cycle)
      const scope = { type: 'account' as const, id: account.id, name: account.name }
      await treeRepository(tx, account.id).save(
        cycle.id,
        [newNode(newId('bud', now()), null, scope, 'carve', 'manual')],
        now(),
      )
    },
  }
}
export type Turning = ReturnType<typeof createTurning>

export const newNode = (
  id: string,
  parentId: string | null,
  scope: Node['scope'],
  mode: Node['mode'],
  source: Node['source'],
): Node => ({
  ...{ id, parentId, scope, mode, source, definition: 0n, removed: false },
  ...{ limit: 0n, carved: 0n, held: 0n, settled: 0n, ownHeld: 0n, ownSettled: 0n, lapsed: 0n },
})

/** The node as it starts a cycle: its definition stays, its figures begin at nothing. */
const afresh = (node: Node): Node => ({
  ...newNode(node.id, node.parentId, node.scope, node.mode, node.source),
  definition: node.definition,
})

const isOver = ({ endsAt }: Cycle, at: Date) => endsAt !== null && endsAt <= at

const nextCycle = (plan: Plan, at: Date, id: string): Cycle => ({
  id,
  startsAt: at,
  endsAt: cycleBounds(plan.cadence, plan.timezone, at).endsAt,
})
