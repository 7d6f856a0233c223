import { type PicoRates, type ServiceTier, tierFor, type Unit } from '@cockpit/contract/prices'
import type { SlicePrice } from '@cockpit/contract/snapshot'

/** Tokens of one call. `input` excludes cached and cache-write tokens; `output` includes `reasoning`. */
export type BilledTokens = {
  input: number
  cachedInput: number
  cacheWrite: number
  output: number
  reasoning: number
  /** Of `cacheWrite` those kept for an hour. */
  cacheWrite1h?: number
  /** Of `input` those that were heard. */
  audioInput?: number
  /** Of `output` those that were spoken. */
  audioOutput?: number
}

/** What was used by the piece. A picture whose size or quality nobody named may be any. */
export type BilledUnit = { unit: Unit; quantity: number; size?: string; quality?: string }
export type Billing = { service?: ServiceTier | null; units?: readonly BilledUnit[] }

const picosPerMicro = 1_000_000n
const plainly: Billing = {}

/**
 * Cost in micro-dollars, rounded up: a call that used anything costs at least one micro-dollar unless its price is 0.
 * Units without a price are the business of `unpricedUnit`, before the call.
 */
export const costOf = (price: SlicePrice, tokens: BilledTokens, { service, units }: Billing = plainly): bigint => {
  const { input, cachedInput, cacheWrite, output } = tokens
  const rates = price.tiers ? ratesFor(price, service ?? null, input + cachedInput + cacheWrite) : price
  const reasoning = Math.min(tokens.reasoning, output)
  const spoken = Math.min(tokens.audioOutput ?? 0, output - reasoning)
  const heard = Math.min(tokens.audioInput ?? 0, input)
  const hour = Math.min(tokens.cacheWrite1h ?? 0, cacheWrite)
  const plain =
    (input - heard) * rates.input +
    cachedInput * rates.cachedInput +
    (cacheWrite - hour) * rates.cacheWrite +
    (output - reasoning - spoken) * rates.output +
    reasoning * rates.reasoning
  // no part is negative: where their sum is exact as a double, so is each of them
  let picos = Number.isSafeInteger(plain)
    ? BigInt(plain)
    : product(input - heard, rates.input) +
      product(cachedInput, rates.cachedInput) +
      product(cacheWrite - hour, rates.cacheWrite) +
      product(output - reasoning - spoken, rates.output) +
      product(reasoning, rates.reasoning)
  if (heard > 0) picos += product(heard, rates.audioInput ?? rates.input)
  if (spoken > 0) picos += product(spoken, rates.audioOutput ?? rates.output)
  if (hour > 0) picos += product(hour, rates.cacheWrite1h ?? rates.cacheWrite)
  if (units) picos += picosOfUnits(price, units)
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

/**
 * The most a call can cost: its input at the dearest input rate, its output at the dearest output rate, in the dearest
 * tier a call of at most that much input can fall into, and its units.
 */
export const worstCase = (
  price: SlicePrice,
  inputTokens: number,
  outputTokensMax: number,
  { service, units }: Billing = plainly,
): bigint => {
  let picos = worstAt(price, inputTokens, outputTokensMax)
  if (price.tiers)
    for (const tier of price.tiers) {
      if (tier.aboveTokens >= Math.max(1, inputTokens) || (tier.service !== null && tier.service !== service)) continue
      const here = worstAt(tier, inputTokens, outputTokensMax)
      if (here > picos) picos = here
    }
  if (units) picos += picosOfUnits(price, units)
  return (picos + picosPerMicro - 1n) / picosPerMicro
}

/** The first of these units that has no price; null when all have one. */
export const unpricedUnit = (price: SlicePrice, units: readonly BilledUnit[]): Unit | null =>
  units.find((one) => picosOf(price, one) === null)?.unit ?? null

/** Whether everything that is asked for has a price. To be served first costs more, and nobody knows how much by the rest. */
export const isPriced = (price: SlicePrice, { service, units }: Billing): boolean =>
  (units === undefined || unpricedUnit(price, units) === null) &&
  (service !== 'priority' || isFree(price) || (price.tiers?.some((tier) => tier.service === service) ?? false))

const isFree = ({ input, output }: SlicePrice) => input === 0 && output === 0

const worstAt = (rates: PicoRates, inputTokens: number, outputTokens: number): bigint => {
  const input = Math.max(
    rates.input,
    rates.cachedInput,
    rates.cacheWrite,
    rates.cacheWrite1h ?? 0,
    rates.audioInput ?? 0,
  )
  const output = Math.max(rates.output, rates.reasoning, rates.audioOutput ?? 0)
  const plain = inputTokens * input + outputTokens * output
  return Number.isSafeInteger(plain) ? BigInt(plain) : product(inputTokens, input) + product(outputTokens, output)
}

const ratesFor = (price: SlicePrice, service: ServiceTier | null, inputTokens: number): PicoRates =>
  tierFor(price.tiers ?? [], service, inputTokens) ?? price

const picosOfUnits = (price: SlicePrice, units: readonly BilledUnit[]): bigint => {
  let sum = 0n
  for (const one of units) sum += product(one.quantity, picosOf(price, one) ?? 0)
  return sum
}

const picosOf = (price: SlicePrice, unit: BilledUnit): number | null =>
  unit.unit === 'image' ? imagePicos(price, unit) : (price.units?.[unit.unit] ?? null)

/** The price of the size and quality that are named; of those that may be meant the dearest, where they are not. */
const imagePicos = ({ images, units }: SlicePrice, { size, quality }: BilledUnit): number | null => {
  const meant = (images ?? []).filter(
    (one) =>
      (one.size === null || size === undefined || one.size === size) &&
      (one.quality === null || quality === undefined || one.quality === quality),
  )
  const any = units?.image ?? null
  if (meant.length === 0) return any
  if (size === undefined || quality === undefined) return Math.max(any ?? 0, ...meant.map(({ price }) => price))
  return meant.reduce((best, one) => (exactness(one) > exactness(best) ? one : best)).price
}

const exactness = ({ size, quality }: { size: string | null; quality: string | null }) =>
  (size === null ? 0 : 2) + (quality === null ? 0 : 1)

const product = (count: number, pico: number): bigint => {
  const value = count * pico
  // beyond 2^53 a double is no longer exact
  return Number.isSafeInteger(value) ? BigInt(value) : BigInt(count) * BigInt(pico)
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
