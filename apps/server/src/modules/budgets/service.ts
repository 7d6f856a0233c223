import type { BudgetOverview, EffectiveAllocation, PlanInput } from '@cockpit/contract/budgets'
import { decimalOf, microsOf } from '@cockpit/contract/money'
import type { SliceBudget } from '@cockpit/contract/snapshot'
import { type BudgetFigures, effectiveAllocation, resolvePayer, type Spender } from '@cockpit/policy'
import { type Clock, type Ctx, changesOf, type Db, keepOnlyIf, Problem, type Tx } from '../../platform/index.ts'
import { createAdmission } from './admission.ts'
import { createAlerts } from './alerts.ts'
import { createAllocations, presentNode } from './allocations.ts'
import { cycleBounds } from './cycle.ts'
import { createDistribution } from './distribution.ts'
import { createGrants } from './grants.ts'
import { ledger } from './ledger.ts'
import { larger, type Node, ownPartOf, type Plan, remainingOf, smaller } from './model.ts'
import type { KeyOwner } from './port.ts'
import { disagreements } from './replay.ts'
import { budgetRepository } from './repository.ts'
import { scopeReader } from './scopes.ts'
import { settledOf, treeRepository } from './tree.repository.ts'
import { type Current, createTurning } from './turn.ts'

export type BudgetDeps = { db: Db; now: Clock; keyOwner: KeyOwner; leaseGraceMs?: number }
type Asked = { userId?: string | undefined; teamId?: string | undefined; keyId?: string | undefined }

export const createBudgets = ({ db, now, keyOwner, leaseGraceMs = 600_000 }: BudgetDeps) => {
  const turning = createTurning({ now })
  const alerts = createAlerts({ now })
  const allocations = createAllocations({ db, now, turning, alerts })
  const read = async (tx: Tx, accountId = tx.ctx.accountId) => {
    const found = await turning.current(tx, accountId)
    return { ...found, nodes: await treeRepository(tx, accountId).nodes(found.cycle.id) }
  }
  const cycleOf = async (tx: Tx, id: string) => {
    const cycle = (await ledger(tx, tx.ctx.accountId).cycles()).find((one) => one.id === id)
    if (!cycle) throw new Error(`cycle ${id} has no figures`)
    return cycle
  }

  return {
    allocations,
    distribution: createDistribution({ db, now, turning, alerts }),
    grants: createGrants({ db, now, turning, alerts }),
    ...createAdmission({ db, now, turning, alerts, leaseGraceMs }),
    seed: turning.seed,

    overview: (ctx: Ctx): Promise<BudgetOverview> =>
      db.tenant(ctx, async (tx) => {
        const { plan, cycle, nodes } = await read(tx)
        const [pool, ...rest] = nodes.map(presentNode)
        if (!pool) throw new Problem('budget.no_plan', 'This account has no budget plan.')
        return { plan: presentPlan(plan), cycle: await cycleOf(tx, cycle.id), pool, nodes: rest }
      }),

    setPlan: (ctx: Ctx, input: PlanInput) =>
      db.tenant(ctx, async (tx) => {
        const { plan, cycle } = await turning.locked(tx, ctx.accountId)
        const changes = changesOf(presentPlan(plan), input)
        if (!changes) return presentPlan(plan)
        const next = planWith(plan, input)
        const budgets = budgetRepository(tx, ctx.accountId)
        await budgets.updatePlan(next)
        // the open cycle keeps its start and ends where one of the new cadence would
        if (next.cadence !== plan.cadence)
          await budgets.moveEnd(cycle.id, cycleBounds(next.cadence, next.timezone, now()).endsAt)
        await tx.emit('budget_plan.updated', {
          subject: { type: 'budget_plan', id: plan.id, name: next.name },
          ...changes,
        })
        return presentPlan(next)
      }),

    cycles: (ctx: Ctx) =>
      db.tenant(ctx, async (tx) => {
        await turning.current(tx, ctx.accountId)
        return { items: await ledger(tx, ctx.accountId).cycles() }
      }),

    /** Closes the open cycle before its time; `dryRun` answers the cycle that would open. */
    renewCycle: (ctx: Ctx, dryRun = false) =>
      keepOnlyIf(
        db.tenant,
        ctx,
        () => !dryRun,
        async (tx) => cycleOf(tx, (await turning.renew(tx, ctx.accountId)).id),
      ),

    effective: (ctx: Ctx, asked: Asked): Promise<EffectiveAllocation> =>
      db.tenant(ctx, async (tx) => {
        const who = await spenderOf(tx, keyOwner, asked)
        const { nodes, ...current } = await read(tx)
        const budget = sliceOf(current, nodes)
        const factor = await scopeReader(tx, ctx.accountId).factor()
        return effectiveAllocation(budget, resolvePayer(budget, who), nodes.map(figuresOf), factor)
      }),

    alerts: (ctx: Ctx) =>
      db.tenant(ctx, async (tx) => {
        const { cycle } = await turning.current(tx, ctx.accountId)
        return { items: await alerts.list(tx, ctx.accountId, cycle.id) }
      }),

    ledger: (ctx: Ctx, query: { limit: number; after?: string | undefined; book?: string | undefined }) =>
      db.tenant(ctx, (tx) => ledger(tx, ctx.accountId).page(query)),

    /** The part of an account's slice that gateways decide with. Opens the cycle that is due. */
    async slice(tx: Tx): Promise<SliceBudget> {
      const { nodes, ...current } = await read(tx)
      return sliceOf(current, nodes)
    },

    /** Figures of a path, root first, in the open cycle: what admission would compare with. Nodes gone are left out. */
    async figures(tx: Tx, path: readonly string[]) {
      const { nodes } = await read(tx)
      const steps = path.flatMap((id) => nodes.find((node) => node.id === id) ?? [])
      const funding = steps.findLast(({ mode }) => mode === 'carve')
      return steps.map((node) => {
        const left = remainingOf(node)
        const own = node === funding ? larger(0n, ownPartOf(node)) : left
        return {
          nodeId: node.id,
          limit: node.limit,
          held: node.held,
          settled: node.settled,
          remaining: smaller(left, own),
        }
      })
    },

    spent: settledOf,

    /** Whether an org, team or user has an allocation, so the directory can refuse to drop it. */
    hasAllocation: async (tx: Tx, scope: { type: 'org' | 'team' | 'user'; id: string }): Promise<boolean> =>
      (await treeRepository(tx, tx.ctx.accountId).idOfScope(scope)) !== null,

    removeScope: allocations.removeScope,

    /** Rebuilds the open cycle from the ledger alone; says where the figures differ, which must be nowhere. */
    async verify(tx: Tx): Promise<string[]> {
      const { accountId } = tx.ctx
      const { cycle } = await turning.current(tx, accountId)
      const nodes = await treeRepository(tx, accountId).nodes(cycle.id, { removed: true })
      return disagreements(await ledger(tx, accountId).totals(), cycle.id, nodes)
    },
  }
}
export type Budgets = ReturnType<typeof createBudgets>

const spenderOf = async (tx: Tx, keyOwner: KeyOwner, { userId, teamId, keyId }: Asked): Promise<Spender> => {
  const scopes = scopeReader(tx, tx.ctx.accountId)
  if (keyId) {
    const owner = await keyOwner(tx, keyId)
    if (!owner) throw new Problem('key.not_found', `No key '${keyId}'.`)
    return scopes.spender(owner)
  }
  if (userId && !(await scopes.find('user', userId))) throw new Problem('user.not_found', `No user '${userId}'.`)
  if (teamId && !(await scopes.find('team', teamId))) throw new Problem('team.not_found', `No team '${teamId}'.`)
  return scopes.spender({ userId: userId ?? null, serviceAccountId: null, teamId: teamId ?? null })
}

const sliceOf = ({ plan, cycle }: Current, nodes: readonly Node[]): SliceBudget => ({
  planId: plan.id,
  planName: plan.name,
  allowPoolDraw: plan.allowPoolDraw,
  timezone: plan.timezone,
  cycle: { id: cycle.id, startsAt: cycle.startsAt.getTime(), endsAt: cycle.endsAt?.getTime() ?? null },
  nodes: nodes.map(({ id, parentId, mode, limit, scope }) => ({ id, parentId, mode, limit: limit.toString(), scope })),
})

const figuresOf = (node: Node): BudgetFigures => ({
  nodeId: node.id,
  limit: node.limit,
  held: node.held,
  settled: node.settled,
  ...(node.mode === 'carve' && { unallocated: ownPartOf(node) }),
})

const presentPlan = (plan: Plan) => ({
  id: plan.id,
  name: plan.name,
  cadence: plan.cadence,
  timezone: plan.timezone,
  rollover: { mode: plan.rollover.mode, cap: plan.rollover.cap === null ? null : decimalOf(plan.rollover.cap) },
  allowPoolDraw: plan.allowPoolDraw,
  createdAt: plan.createdAt.toISOString(),
})

const planWith = (plan: Plan, { name, cadence, rollover, allowPoolDraw }: PlanInput): Plan => ({
  ...plan,
  name: name ?? plan.name,
  cadence: cadence ?? plan.cadence,
  rollover: rollover
    ? { mode: rollover.mode, cap: rollover.cap === null ? null : microsOf(rollover.cap) }
    : plan.rollover,
  allowPoolDraw: allowPoolDraw ?? plan.allowPoolDraw,
})
