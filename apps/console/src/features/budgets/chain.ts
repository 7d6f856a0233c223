import type { BudgetNode } from '@cockpit/contract/budgets'
import { isMore } from './amounts.ts'
import { pathOf } from './move.ts'

export type ChainLink = { node: BudgetNode; left: string; binding: boolean }

/**
 * The nodes that must all have room when this one pays, the pool first, and the one that runs out first. The nearest
 * one that owns credits pays only with what it has not given away.
 */
export const chainOf = (nodes: readonly BudgetNode[], id: string): ChainLink[] => {
  const up = pathOf(nodes, id)
  const funding = up.find(({ mode }) => mode === 'carve')
  const links = up.reverse().map((node) => ({
    node,
    left: node === funding && isMore(node.remaining, node.unallocated) ? node.unallocated : node.remaining,
  }))
  const least = links.reduce<(typeof links)[number] | undefined>(
    (found, link) => (!found || isMore(found.left, link.left) ? link : found),
    undefined,
  )
  return links.map((link) => ({ ...link, binding: link === least }))
}
