import type { BudgetNode, BudgetOverview } from '@cockpit/contract/budgets'
import { isMore, minus, sum } from './amounts.ts'

/** What became of the credits that the pool gave to nobody. */
export type OwnUse = { settled: string; held: string; left: string }

/** Of the pool's figures, what is not that of its carved children; a cap draws from the pool, what is carved below it too. */
export const ownUseOf = ({ pool, nodes }: Pick<BudgetOverview, 'pool' | 'nodes'>): OwnUse => {
  const carved = carvedBelow(nodes, pool.id)
  const without = (figure: 'settled' | 'held') => minus(pool[figure], sum(carved.map((node) => node[figure])))
  return {
    settled: without('settled'),
    held: without('held'),
    // children that spent more than they were given did so out of it
    left: isMore(pool.unallocated, pool.remaining) ? pool.remaining : pool.unallocated,
  }
}

const carvedBelow = (nodes: readonly BudgetNode[], id: string): BudgetNode[] =>
  nodes
    .filter(({ parentId }) => parentId === id)
    .flatMap((node) => (node.mode === 'carve' ? [node] : carvedBelow(nodes, node.id)))
