/** Credits, money and prices. All arithmetic is on integers: micro-credits, micro-dollars, pico-dollars a token. */
import { z } from 'zod'
import { decimalOf, microsOf } from './decimal.ts'

export { decimalOf, microsOf }

/** Credits as people and JSON write them: a decimal string with at most six places, e.g. "12.5". */
export const Credits = z
  .string()
  .regex(/^-?\d{1,12}(\.\d{1,6})?$/, {
    error: 'must be a decimal number of credits with at most 6 places, e.g. "12.5"',
    // what is no number has no sign to be looked at
    abort: true,
  })
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

/** Micro-dollars as Money. */
export const usdOf = (micros: bigint): Money => ({ amount: decimalOf(micros), currency: 'USD' })
