import { decimalOf } from '@cockpit/contract/money'
import { Problem } from '../../platform/index.ts'
import { larger, type Node, ownPartOf, smaller, usedOf } from './model.ts'

/** One entry of the ledger to be. The entries of one change sum to zero. */
export type Posting = {
  kind: 'grant' | 'revoke' | 'lapse' | 'carve' | 'uncarve' | 'expire' | 'rollover'
  book: string
  cycleId: string
  amount: bigint
  reference: string | null
}

/**
 * Moves credits between the nodes of one cycle, in memory: every move changes both sides and writes both postings, and
 * what is not there cannot be moved. `nodes` stand parents first. Whoever saves it holds the root of the cycle.
 */
export const editTree = (nodes: readonly Node[], cycleId: string) => {
  const [root] = nodes
  if (!root) throw new Error('a budget tree without its pool')
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const byScope = new Map(nodes.filter(({ removed }) => !removed).map((node) => [keyOf(node.scope), node]))
  const touched = new Set<Node>()
  const postings: Posting[] = []

  const post = (kind: Posting['kind'], book: string, amount: bigint, reference: string | null = null) => {
    if (amount !== 0n) postings.push({ kind, book, cycleId, amount, reference })
  }
  const parentOf = (node: Node) => {
    const parent = node.parentId === null ? undefined : byId.get(node.parentId)
    if (!parent) throw new Error(`budget node ${node.id} has no parent in its tree`)
    return parent
  }
  const move = (node: Node, by: bigint) => {
    node.limit += by
    touched.add(node)
    if (node.mode === 'cap' || by === 0n) return
    const parent = parentOf(node)
    parent.carved += by
    touched.add(parent)
    post(by > 0n ? 'carve' : 'uncarve', parent.id, -by)
    post(by > 0n ? 'carve' : 'uncarve', node.id, by)
  }

  return {
    nodes: byId,
    touched,
    postings,
    root,
    byScope: (scope: Pick<Node['scope'], 'type' | 'id'>) => byScope.get(keyOf(scope)),
    childrenOf: (id: string) => [...byId.values()].filter(({ parentId, removed }) => parentId === id && !removed),
    add(node: Node) {
      byId.set(node.id, node)
      byScope.set(keyOf(node.scope), node)
      touched.add(node)
    },
    touch: (node: Node) => touched.add(node),
    /** Sets the limit of a node, with credits from or for its parent when it owns them. */
    setLimit(node: Node, limit: bigint) {
      if (limit < node.limit && limit < usedOf(node)) throw belowSpent(node, limit)
      const more = limit - node.limit
      if (node.mode === 'carve' && more > 0n && more > ownPartOf(parentOf(node)))
        throw insufficient(parentOf(node), more)
      move(node, more)
      node.definition = limit
    },
    /** Gives back what the node did not use. What it used stays with it, so its cycle still adds up. */
    remove(node: Node) {
      move(node, -larger(0n, node.limit - usedOf(node)))
      node.removed = true
      byScope.delete(keyOf(node.scope))
    },
    /** Changes the pool: credits come from `issued`, or leave for `issued` or `expired`. */
    change(kind: 'grant' | 'revoke' | 'lapse', amount: bigint, reference: string) {
      root.limit += amount
      touched.add(root)
      post(kind, kind === 'lapse' ? 'expired' : 'issued', -amount, reference)
      post(kind, root.id, amount, reference)
    },
    /** Fills nodes up to their definitions, in tree order, as far as their parents can. Returns those that fell short. */
    refill(): Node[] {
      const short: Node[] = []
      for (const node of byId.values()) {
        if (node.parentId === null || node.removed) continue
        const missing = node.definition - node.limit
        move(node, node.mode === 'cap' ? missing : smaller(missing, larger(0n, ownPartOf(parentOf(node)))))
        if (node.limit < node.definition) short.push(node)
      }
      return short
    },
  }
}
export type TreeEdit = ReturnType<typeof editTree>

const keyOf = ({ type, id }: Pick<Node['scope'], 'type' | 'id'>) => `${type}:${id}`

export const titleOf = ({ scope }: Pick<Node, 'scope'>): string =>
  scope.type === 'account' ? 'the Unallocated pool' : `${scope.type} '${scope.name}'`

const belowSpent = (node: Node, limit: bigint) => {
  const children = node.carved > 0n ? `, ${decimalOf(node.carved)} of it allocated further` : ''
  return new Problem(
    'budget.below_spent',
    `${capital(titleOf(node))} already uses ${decimalOf(usedOf(node))} credits in this cycle${children}; its limit cannot be ${decimalOf(limit)}.`,
  )
}

const insufficient = (parent: Node, more: bigint) =>
  new Problem(
    'budget.insufficient',
    `${capital(titleOf(parent))} has ${decimalOf(larger(0n, ownPartOf(parent)))} credits left to allocate; ${decimalOf(more)} more are needed.`,
  )

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
