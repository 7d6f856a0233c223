import { remainingOf } from '@cockpit/policy'
import type { LedgerFigures } from '../ports.ts'

/** Of what is left, what may be spent before it is told anew: the text of it is shared by all the calls between. */
const partUntold = 1_000n

/**
 * What a trace tells of a budget. The ledger counts what lies ready in this process as held, but to the next call it is
 * there; and what calls have cost since the ledger was asked is gone.
 */
export const createShown = () => {
  let figures: readonly LedgerFigures[] = []
  let spent = 0n
  let spentMax = 0n

  const show = (next: readonly LedgerFigures[]) => {
    figures = next
    spent = 0n
    let least: bigint | null = null
    for (const figure of next) if (least === null || remainingOf(figure) < least) least = remainingOf(figure)
    spentMax = (least ?? 0n) / partUntold
  }
  const changed = (by: (nodeId: string) => bigint) =>
    show(
      figures.map((figure) => {
        const remaining = remainingOf(figure) + by(figure.nodeId)
        return { ...figure, remaining: remaining > 0n ? remaining : 0n }
      }),
    )

  return {
    figures: (): readonly LedgerFigures[] => figures,
    /** The ledger's answer, and what of that calls of this process may still use of each node. */
    look(fresh: readonly LedgerFigures[], readyAt: (nodeId: string) => bigint): void {
      figures = fresh
      changed(readyAt)
    },
    spend(cost: bigint): void {
      spent += cost
      if (spent > spentMax && figures.length > 0) changed(() => -spent)
    },
  }
}
