/** Credits, money and prices. All arithmetic is on integers: micro-credits, micro-dollars, pico-dollars a token. */
import { z } from 'zod'

/** Credits as people and JSON write them: a decimal string with at most six places, e.g. "12.5". */
export const Credits = z
  .string()
  .regex(/^-?\d{1,12}(\.\d{1,6})?$/, 'must be a decimal number of credits with at most 6 places, e.g. "12.5"')
  .meta({ id: 'Credits', example: '12.5' })
export const PositiveCredits = Credits.refine((text) => microsOf(text) > 0n, 'must be more than 0')
export const NonNegativeCredits = Credits.refine((text) => microsOf(text) >= 0n, 'must not be negative')

/** Money: a decimal string and an ISO 4217 currency. */
export const Money = z.object({ amount: z.string(), currency: z.literal('USD') }).meta({ id: 'Money' })
export type Money = z.infer<typeof Money>

/** A price in US dollars for a million tokens, at most six places. */
export const PricePerMillion = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,6})?$/, 'must be US dollars per million tokens with at most 6 places, e.g. "2.50"')
  .meta({ example: '2.50' })

/** Micro-units (1e-6) of a decimal string: "1.5" → 1500000n. Throws a RangeError on anything else. */
export const microsOf = (text: string): bigint => {
  const match = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(text)
  if (!match) throw new RangeError(`not a decimal number with at most 6 places: '${text}'`)
  const micros = BigInt(match[2] ?? '0') * 1_000_000n + BigInt((match[3] ?? '').padEnd(6, '0'))
  return match[1] === '-' ? -micros : micros
}

/** The shortest decimal string of micro-units: 1500000n → "1.5". */
export const decimalOf = (micros: bigint): string => {
  const sign = micros < 0n ? '-' : ''
  const abs = micros < 0n ? -micros : micros
  const fraction = (abs % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '')
  return `${sign}${abs / 1_000_000n}${fraction && `.${fraction}`}`
}

/** Micro-dollars as Money. */
export const usdOf = (micros: bigint): Money => ({ amount: decimalOf(micros), currency: 'USD' })
