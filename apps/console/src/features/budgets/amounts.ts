import { decimalOf, microsOf } from '@cockpit/contract/decimal'

/** Sums and differences of credits, exact to the last place. */
export const plus = (a: string, b: string): string => decimalOf(microsOf(a) + microsOf(b))
export const minus = (a: string, b: string): string => decimalOf(microsOf(a) - microsOf(b))
export const isMore = (a: string, b: string): boolean => microsOf(a) > microsOf(b)
export const isZero = (a: string): boolean => microsOf(a) === 0n
export const sum = (amounts: readonly string[]): string =>
  decimalOf(amounts.reduce((total, amount) => total + microsOf(amount), 0n))

/** Whether a typed text is an amount of credits. */
export const isAmount = (text: string): boolean => /^\d{1,12}(\.\d{1,6})?$/.test(text)
