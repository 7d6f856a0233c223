import type { Node } from './model.ts'

/** Entries of one cycle, book, kind, payer and sign, added up. */
export type BookTotal = { cycleId: string; book: string; kind: string; payer: string | null; amount: bigint }

type Figures = { limit: bigint; carved: bigint; ownSettled: bigint; lapsed: bigint; settled: bigint }

/** The figures of a cycle as the ledger alone tells them. The limit of a cap is no credit, so it has none here. */
export const replay = (totals: readonly BookTotal[], cycleId: string, nodes: readonly Node[]): Map<string, Figures> => {
  const parents = new Map(nodes.map(({ id, parentId }) => [id, parentId]))
  const figures = new Map<string, Figures>(
    nodes.map(({ id }) => [id, { limit: 0n, carved: 0n, ownSettled: 0n, lapsed: 0n, settled: 0n }]),
  )
  for (const total of totals) {
    const own = figures.get(total.book)
    if (!own || total.cycleId !== cycleId) continue
    own[figureOf(total)] += total.amount * signOf[figureOf(total)]
    if (total.kind !== 'settle') continue
    for (let id = total.payer; id; id = parents.get(id) ?? null) {
      const spender = figures.get(id)
      if (spender) spender.settled -= total.amount
    }
  }
  return figures
}

/** Which figure of its node an entry moved: credits that come raise the limit, those that leave it say where to. */
const figureOf = ({ kind, amount }: BookTotal): keyof typeof signOf => {
  if (kind === 'settle') return 'ownSettled'
  if (kind === 'expire' || (kind === 'rollover' && amount < 0n)) return 'lapsed'
  const toChild = kind === 'carve' && amount < 0n
  const fromChild = kind === 'uncarve' && amount > 0n
  return toChild || fromChild ? 'carved' : 'limit'
}
const signOf = { limit: 1n, carved: -1n, ownSettled: -1n, lapsed: -1n } as const

/** Where figures and ledger disagree, in words; empty when every balance can be rebuilt. */
export const disagreements = (totals: readonly BookTotal[], cycleId: string, nodes: readonly Node[]): string[] => {
  const told = replay(totals, cycleId, nodes)
  return nodes.flatMap((node) => {
    const figures = told.get(node.id)
    if (!figures) return []
    const names =
      node.mode === 'cap' ? (['settled'] as const) : (['limit', 'carved', 'ownSettled', 'lapsed', 'settled'] as const)
    return names
      .filter((name) => figures[name] !== node[name])
      .map((name) => `${node.id} ${name}: ${node[name]} in the figures, ${figures[name]} in the ledger`)
  })
}
