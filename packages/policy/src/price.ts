import type { SlicePrice } from '@cockpit/contract/snapshot'

/** Tokens of one call. `input` excludes cached and cache-write tokens; `output` includes `reasoning`. */
export type BilledTokens = { input: number; cachedInput: number; cacheWrite: number; output: number; reasoning: number }

const picosPerMicro = 1_000_000n

/** Cost in micro-dollars, rounded up: a call that used anything costs at least one micro-dollar unless its price is 0. */
export const costOf = (price: SlicePrice, tokens: BilledTokens): bigint => {
  const reasoning = Math.min(tokens.reasoning, tokens.output)
  const picos =
    product(tokens.input, price.input) +
    product(tokens.cachedInput, price.cachedInput) +
    product(tokens.cacheWrite, price.cacheWrite) +
    product(tokens.output - reasoning, price.output) +
    product(reasoning, price.reasoning)
  return (picos + picosPerMicro - 1n) / picosPerMicro
}

/** Micro-credits of a cost: ceil(micro-dollars × factor), factor a decimal with at most four places. */
export const creditsOf = (costMicros: bigint, factor: string): bigint => {
  const scaled = factorTenThousandths(factor)
  return (costMicros * scaled + 9_999n) / 10_000n
}

/** The price in force at an instant, or null when none is. */
export const priceAt = (prices: readonly SlicePrice[], now: number): SlicePrice | null => {
  let current: SlicePrice | null = null
  for (const price of prices)
    if (price.effectiveFrom <= now && (!current || price.version > current.version)) current = price
  return current
}

/** The most a call can cost: its input at the dearest input rate, its output at the dearest output rate. */
export const worstCase = (price: SlicePrice, inputTokens: number, outputTokensMax: number): bigint => {
  const input = Math.max(price.input, price.cacheWrite)
  const output = Math.max(price.output, price.reasoning)
  const picos = product(inputTokens, input) + product(outputTokensMax, output)
  return (picos + picosPerMicro - 1n) / picosPerMicro
}

const product = (tokens: number, pico: number): bigint => {
  const value = tokens * pico
  // beyond 2^53 a double is no longer exact
  return Number.isSafeInteger(value) ? BigInt(value) : BigInt(tokens) * BigInt(pico)
}

const factors = new Map<string, bigint>()
const factorTenThousandths = (factor: string): bigint => {
  const known = factors.get(factor)
  if (known !== undefined) return known
  const [whole = '0', fraction = ''] = factor.split('.')
  const scaled = BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0').slice(0, 4))
  factors.set(factor, scaled)
  return scaled
}
