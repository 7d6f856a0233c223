import type { DistributionInput, DistributionResult } from '@cockpit/contract/budgets'
import { decimalOf, microsOf } from '@cockpit/contract/money'
import { equalShares } from '@cockpit/policy'
import { type Clock, type Ctx, type Db, keepOnlyIf, newId, Problem, type Tx } from '../../platform/index.ts'
import type { Alerts } from './alerts.ts'
import { invalid, setAllocation } from './allocations.ts'
import { larger, type Node, ownPartOf, type Scope } from './model.ts'
import { scopeReader } from './scopes.ts'
import { type TreeEdit, titleOf } from './tree.ts'
import { newNode, type Turning } from './turn.ts'

type Deps = { db: Db; now: Clock; turning: Turning; alerts: Alerts }

/** Divides the credits of one node equally over the scopes inside it; overrides keep theirs. */
export const createDistribution = ({ db, now, turning, alerts }: Deps) => ({
  distribute: (ctx: Ctx, input: DistributionInput, dryRun: boolean): Promise<DistributionResult> =>
    keepOnlyIf(
      db.tenant,
      ctx,
      () => !dryRun,
      async (tx) => {
        const { edit, cycle, save } = await turning.edit(tx, ctx.accountId)
        const parent = edit.nodes.get(input.parentId)
        if (!parent) throw new Problem('budget.allocation_not_found', `No allocation '${input.parentId}'.`)
        const scopes = await scopesOf(tx, edit, parent, input)
        const before = new Map(scopes.map((scope) => [scope.id, edit.byScope(scope)?.limit ?? null]))
        const overrides = overridesOf(edit, scopes)
        const total = input.total === undefined ? wholeOf(edit, parent, scopes, input.mode) : microsOf(input.total)
        const shares = sharesOf(total, scopes, overrides, parent)
        const nodes = scopes
          .filter(({ id }) => !overrides.has(id))
          .map((scope) => edit.byScope(scope) ?? newNode(newId('bud', now()), parent.id, scope, input.mode, 'equal'))
        // those that give back go first, so that the others find it
        for (const node of nodes.toSorted((a, b) => growth(a, shares) - growth(b, shares))) {
          edit.add(node)
          node.source = 'equal'
          setAllocation(edit, node, input.mode, shares.get(node.scope.id) ?? 0n)
        }
        await save()
        await alerts.rearm(tx, ctx.accountId, cycle.id, edit.touched)
        const result = {
          dryRun,
          total: decimalOf(total),
          shares: scopes.map((scope) => ({
            scope,
            before: decimalOrNull(before.get(scope.id)),
            after: decimalOf(shares.get(scope.id) ?? 0n),
            override: overrides.has(scope.id),
          })),
          unallocatedAfter: decimalOf(larger(0n, ownPartOf(parent))),
        }
        await tx.emit('budget.distributed', {
          subject: { type: 'budget_allocation', id: parent.id, name: parent.scope.name },
          after: { total: result.total, mode: input.mode, among: input.among, members: scopes.length },
        })
        return result
      },
    ),
})

/** The members to share among: those named, or all inside the parent that have no allocation under another one. */
const scopesOf = async (tx: Tx, edit: TreeEdit, parent: Node, { among, ids }: DistributionInput): Promise<Scope[]> => {
  const inside = await scopeReader(tx, tx.ctx.accountId).inside(among, parent.scope)
  const elsewhere = (scope: Scope) => {
    const node = edit.byScope(scope)
    return node !== undefined && node.parentId !== parent.id
  }
  if (!ids) {
    const scopes = inside.filter((scope) => !elsewhere(scope))
    if (scopes.length === 0) throw invalid('/among', `${titleOf(parent)} has no ${among} to share among`)
    return scopes
  }
  const byId = new Map(inside.map((scope) => [scope.id, scope]))
  return [...new Set(ids)].map((id) => {
    const scope = byId.get(id)
    const pointer = `/ids/${ids.indexOf(id)}`
    if (!scope) throw invalid(pointer, `'${id}' is none of the ${among} in ${titleOf(parent)}`)
    if (elsewhere(scope)) throw invalid(pointer, `'${scope.name}' has an allocation under another one; remove it first`)
    return scope
  })
}

const overridesOf = (edit: TreeEdit, scopes: readonly Scope[]) =>
  new Map(
    scopes.flatMap((scope) => {
      const node = edit.byScope(scope)
      return node?.source === 'override' ? [[scope.id, node.limit] as const] : []
    }),
  )

/** All that the members can have together: the parent's Unallocated part and what they have of it already. */
const wholeOf = (edit: TreeEdit, parent: Node, scopes: readonly Scope[], mode: Node['mode']) => {
  if (mode === 'cap') return parent.limit - parent.carved
  const own = scopes.map((scope) => edit.byScope(scope)).filter((node) => node?.mode === 'carve')
  return own.reduce((sum, node) => sum + (node?.limit ?? 0n), larger(0n, ownPartOf(parent)))
}

const sharesOf = (total: bigint, scopes: readonly Scope[], overrides: ReadonlyMap<string, bigint>, parent: Node) => {
  const kept = [...overrides.values()].reduce((sum, limit) => sum + limit, 0n)
  if (kept > total)
    throw new Problem(
      'budget.insufficient',
      `The overrides under ${titleOf(parent)} are ${decimalOf(kept)} credits, more than the ${decimalOf(total)} to divide.`,
    )
  return equalShares(total, scopes.map(({ id }) => id), overrides) // biome-ignore format: fits a line
}

const growth = (node: Node, shares: ReadonlyMap<string, bigint>) =>
  (shares.get(node.scope.id) ?? 0n) < node.limit ? 0 : 1
const decimalOrNull = (micros: bigint | null | undefined) =>
  micros === null || micros === undefined ? null : decimalOf(micros)
