import type { Prices } from '@cockpit/contract/models'
import { decimalOf, microsOf } from '@cockpit/contract/money'
import type { RequestRow } from '@cockpit/contract/usage'

export type PriceLine = {
  what: keyof Prices
  tokens: number
  /** US dollars per million tokens. */
  rate: string
  /** The rate it is billed by when it has none of its own. */
  as: 'input' | 'output' | null
  usd: string
}

/** How a cost came about: tokens × price per million, summed, rounded up to a micro-dollar. */
export const derivePrice = (
  tokens: RequestRow['tokens'],
  prices: Prices,
): { lines: PriceLine[]; sum: string; cost: string } => {
  const reasoning = Math.min(tokens.reasoning, tokens.output)
  const line = (what: keyof Prices, count: number, own: string | null, as: 'input' | 'output'): PriceLine => {
    const rate = own ?? prices[as]
    return { what, tokens: count, rate, as: own === null ? as : null, usd: dollars(BigInt(count) * microsOf(rate)) }
  }
  const all = [
    line('input', tokens.input, prices.input, 'input'),
    line('cachedInput', tokens.cachedInput, prices.cachedInput, 'input'),
    line('cacheWrite', tokens.cacheWrite, prices.cacheWrite, 'input'),
    line('output', tokens.output - reasoning, prices.output, 'output'),
    line('reasoning', reasoning, prices.reasoning, 'output'),
  ]
  const picos = all.reduce((sum, { tokens: count, rate }) => sum + BigInt(count) * microsOf(rate), 0n)
  return {
    // what no call had is no part of its price, but input and output are always worth saying
    lines: all.filter(({ what, tokens: count }) => count > 0 || what === 'input' || what === 'output'),
    sum: dollars(picos),
    cost: decimalOf((picos + 999_999n) / 1_000_000n),
  }
}

/** Pico-dollars as dollars, all places: 42n → "0.000000000042". */
const dollars = (picos: bigint): string => {
  const digits = picos.toString().padStart(13, '0')
  const fraction = digits.slice(-12).replace(/0+$/, '')
  return `${digits.slice(0, -12)}${fraction && `.${fraction}`}`
}
