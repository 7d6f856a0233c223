import type { BudgetNode } from '@cockpit/contract/budgets'
import { isAmount, isMore, isZero, minus, plus } from './amounts.ts'

export type MoveStep = { node: BudgetNode; before: string; after: string }
export type MovePlan = { steps: MoveStep[] } | { refused: 'same' | 'cap' | 'amount' | 'short' }

/**
 * The limits to set, in order, so that credits go from one node to another: up to the nearest common ancestor every
 * limit falls, from there down every limit rises, and at no point is more given than there is.
 */
export const movePlan = (nodes: readonly BudgetNode[], fromId: string, toId: string, amount: string): MovePlan => {
  if (fromId === toId) return { refused: 'same' }
  if (!isAmount(amount) || isZero(amount)) return { refused: 'amount' }
  const [up, down] = [pathOf(nodes, fromId), pathOf(nodes, toId)]
  const falls = up.filter((node) => !down.includes(node))
  const rises = down.filter((node) => !up.includes(node)).reverse()
  // a cap owns no credits, so there is nothing to take from it or to put into it
  if ([...falls, ...rises].some(({ mode }) => mode === 'cap')) return { refused: 'cap' }
  const from = up[0]
  if (!from || isMore(amount, from.unallocated)) return { refused: 'short' }
  return {
    steps: [
      ...falls.map((node) => ({ node, before: node.limit, after: minus(node.limit, amount) })),
      ...rises.map((node) => ({ node, before: node.limit, after: plus(node.limit, amount) })),
    ],
  }
}

/** A node and what it stands in, up to the pool. */
export const pathOf = (nodes: readonly BudgetNode[], id: string): BudgetNode[] => {
  const path: BudgetNode[] = []
  for (let node = nodes.find((one) => one.id === id); node; ) {
    path.push(node)
    const parentId: string | null = node.parentId
    node = parentId === null ? undefined : nodes.find((one) => one.id === parentId)
  }
  return path
}
