/** What a model costs, by every measure its provider may bill: tokens, pictures, seconds, letters, pages, queries, calls. */
import { z } from 'zod'
import { PricePerMillion } from './money.ts'

/** What is billed by the piece. A `search` is a query over up to a hundred documents, a `request` is a call as such. */
export const Unit = z.enum(['image', 'audio_second', 'character', 'page', 'search', 'request'])
export type Unit = z.infer<typeof Unit>

/** How urgently a provider was asked to answer, where that has a price of its own. */
export const ServiceTier = z.enum(['batch', 'flex', 'priority'])
export type ServiceTier = z.infer<typeof ServiceTier>

/** US dollars for one unit. Twelve places, because a letter costs millionths of a cent. */
export const UnitPrice = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,12})?$/, 'must be US dollars for one unit with at most 12 places, e.g. "0.04"')
  .meta({ example: '0.04' })

const own = PricePerMillion.nullable()
const rates = {
  input: PricePerMillion,
  output: PricePerMillion,
  cachedInput: own.default(null),
  cacheWrite: own.default(null),
  reasoning: own.default(null),
  cacheWrite1h: own.optional().describe('Kept in the cache for an hour; billed like `cacheWrite` without it'),
  audioInput: own.optional().describe('Heard; billed like `input` without it'),
  audioOutput: own.optional().describe('Spoken; billed like `output` without it'),
}

const tier = {
  service: ServiceTier.nullable().default(null).describe('Null: for ordinary calls'),
  aboveTokens: z.number().int().min(0).max(100_000_000).default(0).describe('For prompts with more tokens than this'),
}
export const PriceTier = z
  .object({ ...tier, ...rates })
  .strict()
  .meta({ id: 'PriceTier' })

/** The picture it is the price of; null for any. */
const picture = {
  size: z.string().trim().min(1).max(40).nullable(),
  quality: z.string().trim().min(1).max(40).nullable(),
}
export const ImagePrice = z
  .object({ ...picture, price: UnitPrice })
  .strict()
  .meta({ id: 'ImagePrice' })
export type ImagePrice = z.infer<typeof ImagePrice>

const tiersMax = 24
/** What is priced besides the plain rates of tokens. */
export const PriceDimensions = z.object({
  cacheWrite1h: rates.cacheWrite1h,
  audioInput: rates.audioInput,
  audioOutput: rates.audioOutput,
  tiers: z
    .array(PriceTier)
    .max(tiersMax)
    .refine(differ, 'two tiers have the same service and the same number of tokens')
    .optional()
    .describe('Rates instead of the plain ones; of those that apply, the tier of the service and of the most tokens'),
  units: z.partialRecord(Unit, UnitPrice).optional(),
  images: z.array(ImagePrice).max(60).optional().describe('By size and quality; `units.image` for those not listed'),
})
export type PriceDimensions = z.infer<typeof PriceDimensions>

/** US dollars per million tokens. A rate left null is billed like `input` (cached, cache write) or `output` (reasoning). */
export const Prices = z.object({ ...rates, ...PriceDimensions.shape }).meta({ id: 'Prices' })
export type Prices = z.infer<typeof Prices>

// Of the same in pico-dollars (1e-12 USD) for one token or unit.
const pico = z.number().int()
const picos = {
  input: pico,
  output: pico,
  cachedInput: pico,
  cacheWrite: pico,
  reasoning: pico,
  cacheWrite1h: pico.optional(),
  audioInput: pico.optional(),
  audioOutput: pico.optional(),
}
export const PicoRates = z.object(picos)
export type PicoRates = z.infer<typeof PicoRates>

/** A version of a price as a gateway reads it: "2.50" dollars per million tokens is 2_500_000. */
export const SlicePrice = z.object({
  version: z.number().int(),
  effectiveFrom: z.number().int(),
  ...picos,
  tiers: z.array(z.object({ service: ServiceTier.nullable(), aboveTokens: z.number().int(), ...picos })).optional(),
  units: z.partialRecord(Unit, pico).optional(),
  images: z.array(z.object({ size: z.string().nullable(), quality: z.string().nullable(), price: pico })).optional(),
})
export type SlicePrice = z.infer<typeof SlicePrice>

type Reach = { service: ServiceTier | null; aboveTokens: number }

/**
 * The tier a call is billed by; undefined for the plain rates. One of its service goes before one for everybody, and
 * then the one of the most tokens.
 */
export const tierFor = <T extends Reach>(
  tiers: readonly T[],
  service: ServiceTier | null,
  inputTokens: number,
): T | undefined => {
  let best: T | undefined
  for (const one of tiers) {
    if (one.service !== null && one.service !== service) continue
    if (one.aboveTokens > 0 && inputTokens <= one.aboveTokens) continue
    const rank = Number(one.service !== null) - Number(best !== undefined && best.service !== null)
    if (best === undefined || rank > 0 || (rank === 0 && one.aboveTokens > best.aboveTokens)) best = one
  }
  return best
}

function differ(tiers: readonly Reach[]): boolean {
  return new Set(tiers.map(({ service, aboveTokens }) => `${service} ${aboveTokens}`)).size === tiers.length
}

/** Pico-dollars of a price for one unit: "0.04" → 40000000000n. */
export const picosOf = (price: string): bigint => {
  const [whole = '0', fraction = ''] = price.split('.')
  return BigInt(whole) * 1_000_000_000_000n + BigInt(fraction.padEnd(12, '0'))
}
