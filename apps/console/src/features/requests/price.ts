import { decimalOf, microsOf } from '@cockpit/contract/money'
import { type Prices, picosOf, type ServiceTier, tierFor } from '@cockpit/contract/prices'
import type { RequestRow, UsedUnit } from '@cockpit/contract/usage'

const tokenKinds = [
  'input',
  'cachedInput',
  'cacheWrite',
  'cacheWrite1h',
  'audioInput',
  'output',
  'reasoning',
  'audioOutput',
] as const
type TokenKind = (typeof tokenKinds)[number]
type PieceKind = Exclude<UsedUnit['unit'], `${string}_token`>

export type PriceLine = {
  what: TokenKind | PieceKind
  /** Tokens, or pieces. */
  quantity: number
  /** US dollars, for a million tokens or for one piece. */
  rate: string
  isPiece: boolean
  /** The rate it is billed by when it has none of its own. */
  as: 'input' | 'output' | 'cacheWrite' | null
  usd: string
  /** Which picture. */
  note: string | null
}
type Used = { tokens: RequestRow['tokens']; units?: readonly UsedUnit[]; service?: ServiceTier | null }
type Derived = { lines: PriceLine[]; sum: string; cost: string }
type Line = PriceLine & { picos: bigint }

/** How a cost came about: tokens × price per million and pieces × price, summed, rounded up to a micro-dollar. */
export const derivePrice = ({ tokens, units = [], service = null }: Used, prices: Prices): Derived => {
  const all = [...tokenLines(tokens, units, ratesOf(prices, tokens, service)), ...pieceLines(units, prices)]
  const picos = all.reduce((sum, line) => sum + line.picos, 0n)
  return {
    // what no call had is no part of its price, but input and output are always worth saying unless it has neither
    lines: all
      .filter(({ what, quantity }) => quantity > 0 || (units.length === 0 && (what === 'input' || what === 'output')))
      .map(({ picos: _, ...line }) => line),
    sum: dollars(picos),
    cost: decimalOf((picos + 999_999n) / 1_000_000n),
  }
}

const ratesOf = (
  prices: Prices,
  { input, cachedInput, cacheWrite }: RequestRow['tokens'],
  service: ServiceTier | null,
) => tierFor(prices.tiers ?? [], service, input + cachedInput + cacheWrite) ?? prices

const tokenLines = (tokens: RequestRow['tokens'], units: readonly UsedUnit[], rates: ReturnType<typeof ratesOf>) => {
  const counted = (unit: UsedUnit['unit']) => units.find((one) => one.unit === unit)?.quantity ?? 0
  const reasoning = Math.min(tokens.reasoning, tokens.output)
  const spoken = Math.min(counted('audio_output_token'), tokens.output - reasoning)
  const heard = Math.min(counted('audio_input_token'), tokens.input)
  const hour = Math.min(counted('cache_write_1h_token'), tokens.cacheWrite)
  const quantities: Record<TokenKind, number> = {
    input: tokens.input - heard,
    cachedInput: tokens.cachedInput,
    cacheWrite: tokens.cacheWrite - hour,
    cacheWrite1h: hour,
    audioInput: heard,
    output: tokens.output - reasoning - spoken,
    reasoning,
    audioOutput: spoken,
  }
  return tokenKinds.map((what): Line => {
    const { rate, as } = rateOf(what, rates)
    const picos = BigInt(quantities[what]) * microsOf(rate)
    return { what, quantity: quantities[what], rate, as, isPiece: false, note: null, usd: dollars(picos), picos }
  })
}

const rateOf = (what: TokenKind, rates: ReturnType<typeof ratesOf>): { rate: string; as: PriceLine['as'] } => {
  const own = rates[what]
  if (own != null) return { rate: own, as: null }
  if (what === 'cacheWrite1h' && rates.cacheWrite !== null) return { rate: rates.cacheWrite, as: 'cacheWrite' }
  const as = what === 'reasoning' || what === 'audioOutput' ? 'output' : 'input'
  return { rate: rates[as], as }
}

const pieceLines = (units: readonly UsedUnit[], prices: Prices): Line[] =>
  units.flatMap(({ unit, quantity, size, quality }) => {
    if (unit === 'cache_write_1h_token' || unit === 'audio_input_token' || unit === 'audio_output_token') return []
    const rate = (unit === 'image' ? imageRate(prices, size, quality) : prices.units?.[unit]) ?? '0'
    const picos = BigInt(quantity) * picosOf(rate)
    const note = [size, quality].filter(Boolean).join(' ') || null
    return [{ what: unit, quantity, rate, as: null, isPiece: true, note, usd: dollars(picos), picos }]
  })

/** As the gateway bills it: the most exact price of the picture, the dearest where nobody named what it was. */
const imageRate = ({ images = [], units }: Prices, size?: string, quality?: string): string | undefined => {
  const meant = images.filter(
    (one) =>
      (one.size === null || size === undefined || one.size === size) &&
      (one.quality === null || quality === undefined || one.quality === quality),
  )
  if (meant.length === 0) return units?.image
  const exactness = (one: (typeof images)[number]) => (one.size === null ? 0 : 2) + (one.quality === null ? 0 : 1)
  if (size !== undefined && quality !== undefined)
    return meant.reduce((best, one) => (exactness(one) > exactness(best) ? one : best)).price
  const all = [...meant.map(({ price }) => price), ...(units?.image === undefined ? [] : [units.image])]
  return all.reduce((dearest, price) => (picosOf(price) > picosOf(dearest) ? price : dearest))
}

/** Pico-dollars as dollars, all places: 42n → "0.000000000042". */
const dollars = (picos: bigint): string => {
  const digits = picos.toString().padStart(13, '0')
  const fraction = digits.slice(-12).replace(/0+$/, '')
  return `${digits.slice(0, -12)}${fraction && `.${fraction}`}`
}
