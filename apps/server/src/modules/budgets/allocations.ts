import type { AllocationInput, BudgetNode } from '@cockpit/contract/budgets'
import { decimalOf, microsOf } from '@cockpit/contract/money'
import { type Clock, type Ctx, type Db, keepOnlyIf, newId, Problem, type Tx } from '../../platform/index.ts'
import type { Alerts } from './alerts.ts'
import { type Node, overdraftOf, ownPartOf, remainingOf, usedOf } from './model.ts'
import { type Place, scopeReader } from './scopes.ts'
import { treeRepository } from './tree.repository.ts'
import { type TreeEdit, titleOf } from './tree.ts'
import { type CycleEdit, newNode, type Turning } from './turn.ts'

type Deps = { db: Db; now: Clock; turning: Turning; alerts: Alerts }

/** The limits of orgs, teams and users. Every change moves credits inside the tree of the open cycle. */
export const createAllocations = ({ db, now, turning, alerts }: Deps) => {
  const remove = async (tx: Tx, { edit, cycle, save }: CycleEdit, node: Node) => {
    const children = edit.childrenOf(node.id)
    if (children.length > 0)
      throw new Problem(
        'budget.in_use',
        `${children.length} allocations stand under ${titleOf(node)}; remove them first.`,
      )
    const before = limitsOf(node)
    edit.remove(node)
    await save()
    await alerts.rearm(tx, tx.ctx.accountId, cycle.id, edit.touched)
    await tx.emit('budget_allocation.removed', { subject: subjectOf(node), before })
  }

  return {
    /** Sets the limit of a scope; `dryRun` computes the same and leaves no trace. */
    allocate: (ctx: Ctx, input: AllocationInput, dryRun: boolean): Promise<BudgetNode> =>
      keepOnlyIf(
        db.tenant,
        ctx,
        () => !dryRun,
        async (tx) => {
          const place = await scopeReader(tx, ctx.accountId).find(input.scope.type, input.scope.id)
          if (!place) throw new Problem(`${input.scope.type}.not_found`, `No ${input.scope.type} '${input.scope.id}'.`)
          const { edit, cycle, save } = await turning.edit(tx, ctx.accountId)
          const known = edit.byScope(input.scope)
          const node =
            known ??
            newNode(newId('bud', now()), parentFor(edit, place, input).id, place.scope, input.mode, input.source)
          if (input.parentId && node.parentId !== input.parentId)
            throw invalid('/parentId', `${titleOf(node)} stands elsewhere; remove it there first`)
          const before = known ? limitsOf(known) : null
          if (!known) edit.add(node)
          setAllocation(edit, node, input.mode, microsOf(input.limit))
          node.source = input.source
          if (before && JSON.stringify(before) === JSON.stringify(limitsOf(node))) return presentNode(node)
          edit.touch(node)
          await save()
          await alerts.rearm(tx, ctx.accountId, cycle.id, edit.touched)
          await tx.emit('budget_allocation.set', { subject: subjectOf(node), before, after: limitsOf(node) })
          return presentNode(node)
        },
      ),

    remove: (ctx: Ctx, id: string) =>
      db.tenant(ctx, async (tx) => {
        const editing = await turning.edit(tx, ctx.accountId)
        const node = editing.edit.nodes.get(id)
        if (!node || node.parentId === null) throw new Problem('budget.allocation_not_found', `No allocation '${id}'.`)
        await remove(tx, editing, node)
      }),

    /** For a scope that leaves the directory: its unspent part returns to its parent. */
    async removeScope(tx: Tx, scope: { type: 'org' | 'team' | 'user'; id: string }) {
      if ((await treeRepository(tx, tx.ctx.accountId).idOfScope(scope)) === null) return
      const editing = await turning.edit(tx, tx.ctx.accountId)
      const node = editing.edit.byScope(scope)
      if (node) await remove(tx, editing, node)
    },
  }
}

/** Gives a node a mode and a limit. What was spent under one mode cannot be counted under the other. */
export const setAllocation = (edit: TreeEdit, node: Node, mode: Node['mode'], limit: bigint) => {
  if (node.mode !== mode) {
    if (usedOf(node) > 0n || edit.childrenOf(node.id).length > 0)
      throw new Problem(
        'budget.in_use',
        `${titleOf(node)} is in use as a ${node.mode} in this cycle; remove it to allocate it as a ${mode}.`,
      )
    edit.setLimit(node, 0n)
    node.mode = mode
  }
  const parent = node.parentId === null ? undefined : edit.nodes.get(node.parentId)
  if (mode === 'carve' && parent?.mode === 'cap')
    throw invalid('/mode', `${titleOf(parent)} is a cap and owns no credits to carve from; use a cap here too`)
  edit.setLimit(node, limit)
}

/** The parent asked for, if the scope lies in it; else the nearest allocation around it, which is at last the pool. */
const parentFor = (edit: TreeEdit, { scope, nearest, containers }: Place, { parentId }: AllocationInput): Node => {
  if (parentId === undefined)
    return nearest.map((scope) => edit.byScope(scope)).find((node) => node !== undefined) ?? edit.root
  const parent = edit.nodes.get(parentId)
  if (!parent) throw new Problem('budget.allocation_not_found', `No allocation '${parentId}'.`)
  if (parent !== edit.root && !containers.includes(parent.scope.id))
    throw invalid('/parentId', `${scope.type} '${scope.name}' is not in ${titleOf(parent)}`)
  return parent
}

export const invalid = (pointer: string, detail: string) =>
  new Problem('input.invalid', `${pointer.slice(1)}: ${detail}.`, { errors: [{ pointer, detail }] })

const subjectOf = ({ id, scope }: Node) => ({ type: 'budget_allocation', id, name: scope.name })

const limitsOf = ({ limit, mode, source }: Node) => ({ limit: decimalOf(limit), mode, source })

export const presentNode = (node: Node): BudgetNode => ({
  id: node.id,
  parentId: node.parentId,
  scope: node.scope,
  mode: node.mode,
  source: node.source,
  limit: decimalOf(node.limit),
  carved: decimalOf(node.carved),
  held: decimalOf(node.held),
  settled: decimalOf(node.settled),
  overdraft: decimalOf(overdraftOf(node)),
  remaining: decimalOf(remainingOf(node)),
  unallocated: decimalOf(ownPartOf(node) > 0n ? ownPartOf(node) : 0n),
})
