import { decimalOf, microsOf } from '@cockpit/contract/money'
import { PriceDimensions, type Prices, picosOf, type PicoRates as SliceRates, Unit } from '@cockpit/contract/prices'
import type { SlicePrice } from '@cockpit/contract/snapshot'
import { priceAt } from '@cockpit/policy'

/** Rates as they are stored: integer pico-dollars a token. A dollar per million tokens is a million pico-dollars a token. */
export type PicoRates = {
  input_pico: bigint
  output_pico: bigint
  cached_input_pico: bigint | null
  cache_write_pico: bigint | null
  reasoning_pico: bigint | null
  /** The rest, as the API writes it. */
  dimensions: unknown
}
export type StoredPrice = PicoRates & { version: number; effective_from: Date; created_at: Date; created_by: string }

export const picoRatesOf = (prices: Prices): PicoRates & { dimensions: PriceDimensions } => ({
  input_pico: microsOf(prices.input),
  output_pico: microsOf(prices.output),
  cached_input_pico: picoOrNull(prices.cachedInput),
  cache_write_pico: picoOrNull(prices.cacheWrite),
  reasoning_pico: picoOrNull(prices.reasoning),
  dimensions: PriceDimensions.parse(prices),
})

export const pricesOf = (rates: PicoRates): Prices => ({
  input: dollars(rates.input_pico),
  output: dollars(rates.output_pico),
  cachedInput: dollarsOrNull(rates.cached_input_pico),
  cacheWrite: dollarsOrNull(rates.cache_write_pico),
  reasoning: dollarsOrNull(rates.reasoning_pico),
  ...PriceDimensions.parse(rates.dimensions),
})

/** A price as the gateway reads it: every rate is there, those left out are billed like input or output. */
export const slicePriceOf = (price: StoredPrice): SlicePrice => {
  const { tiers, units, images, ...prices } = pricesOf(price)
  const named = Unit.options.flatMap((unit) => {
    const each = units?.[unit]
    return each === undefined ? [] : [[unit, Number(picosOf(each))]]
  })
  return {
    version: price.version,
    effectiveFrom: price.effective_from.getTime(),
    ...sliceRatesOf(prices),
    ...(tiers?.length && {
      tiers: tiers.map(({ service, aboveTokens, ...rates }) => ({ service, aboveTokens, ...sliceRatesOf(rates) })),
    }),
    ...(named.length > 0 && { units: Object.fromEntries(named) }),
    ...(images?.length && { images: images.map((one) => ({ ...one, price: Number(picosOf(one.price)) })) }),
  }
}

type Rates = Omit<Prices, 'tiers' | 'units' | 'images'>

const sliceRatesOf = (rates: Rates): SliceRates => ({
  input: Number(microsOf(rates.input)),
  output: Number(microsOf(rates.output)),
  cachedInput: Number(microsOf(rates.cachedInput ?? rates.input)),
  cacheWrite: Number(microsOf(rates.cacheWrite ?? rates.input)),
  reasoning: Number(microsOf(rates.reasoning ?? rates.output)),
  ...(rates.cacheWrite1h && { cacheWrite1h: Number(microsOf(rates.cacheWrite1h)) }),
  ...(rates.audioInput && { audioInput: Number(microsOf(rates.audioInput)) }),
  ...(rates.audioOutput && { audioOutput: Number(microsOf(rates.audioOutput)) }),
})

/**
 * The version in force, chosen by the function that bills: the newest one that has begun. A newer version therefore
 * also replaces older ones that were to begin later.
 */
export const priceInForce = (prices: readonly StoredPrice[], now: Date): StoredPrice | null => {
  const current = priceAt(prices.map(slicePriceOf), now.getTime())
  return prices.find(({ version }) => version === current?.version) ?? null
}

/** The version in force and those that will replace it, oldest first. */
export const comingPrices = (prices: readonly StoredPrice[], now: Date): SlicePrice[] => {
  const current = priceInForce(prices, now)
  return prices
    .filter(({ version }) => version >= (current?.version ?? 0))
    .map(slicePriceOf)
    .sort((a, b) => a.effectiveFrom - b.effectiveFrom || a.version - b.version)
}

const picoOrNull = (price: string | null) => (price === null ? null : microsOf(price))
const dollarsOrNull = (pico: bigint | null) => (pico === null ? null : dollars(pico))

/** With cents at least, as prices are written: "2.50", "0.075". */
const dollars = (pico: bigint): string => {
  const [whole = '0', cents = ''] = decimalOf(pico).split('.')
  return `${whole}.${cents.padEnd(2, '0')}`
}
