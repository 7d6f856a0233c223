import type { EffectiveAllocation } from '@cockpit/contract/budgets'
import { decimalOf } from '@cockpit/contract/money'

type Link = Pick<EffectiveAllocation['chain'][number], 'nodeId' | 'scope' | 'mode'> & {
  limit: bigint
  held: bigint
  settled: bigint
  left: bigint
}
type Told = Pick<EffectiveAllocation, 'payer' | 'source' | 'factor'> & {
  cycle: { startsAt: number; endsAt: number | null; timezone: string }
}

/** What is left on the way from the pool to the payer. Where several nodes have the least, each of them binds. */
export const allocationOf = (chain: readonly Link[], { payer, source, factor, cycle }: Told): EffectiveAllocation => {
  const least = chain.reduce<bigint | null>((min, { left }) => (min === null || left < min ? left : min), null)
  const own = chain.at(-1)
  return {
    payer,
    limit: own ? decimalOf(own.limit) : null,
    remaining: least === null ? null : decimalOf(least),
    source,
    chain: chain.map(({ nodeId, scope, mode, limit, held, settled, left }) => ({
      nodeId,
      scope,
      mode,
      limit: decimalOf(limit),
      held: decimalOf(held),
      settled: decimalOf(settled),
      remaining: decimalOf(left),
      binding: left === least,
    })),
    cycle: {
      startsAt: new Date(cycle.startsAt).toISOString(),
      endsAt: cycle.endsAt === null ? null : new Date(cycle.endsAt).toISOString(),
      timezone: cycle.timezone,
    },
    factor,
  }
}
