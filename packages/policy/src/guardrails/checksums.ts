/** The check digits of numbers that have some. Each takes digits, or letters and digits, without separators. */

const digitAt = (text: string, at: number) => text.charCodeAt(at) - 48

export const luhn = (digits: string): boolean => {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digitAt(digits, digits.length - 1 - i)
    const doubled = i % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/** The remainder of a number of any length. */
export const remainder = (digits: string, by: number): number => {
  let rest = 0
  for (let i = 0; i < digits.length; i++) rest = (rest * 10 + digitAt(digits, i)) % by
  return rest
}

/** ISO 13616: country and check digits moved to the end, letters as numbers, the rest of 97 is 1. */
export const iban = (text: string): boolean => {
  const upper = text.toUpperCase()
  const numbers = (upper.slice(4) + upper.slice(0, 4)).replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))
  return /^\d+$/.test(numbers) && remainder(numbers, 97) === 1
}

/** How long the IBANs of a country are. */
export const ibanLength: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AT: 20,
  BE: 16,
  BG: 22,
  CH: 21,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  EE: 20,
  ES: 24,
  FI: 18,
  FR: 27,
  GB: 22,
  GR: 27,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IS: 26,
  IT: 27,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  MC: 27,
  MT: 31,
  NL: 18,
  NO: 15,
  PL: 28,
  PT: 25,
  RO: 24,
  SA: 24,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  TR: 26,
  UA: 29,
}

/** German tax number of persons: ISO 7064 MOD 11,10, and one digit of the first ten stands there two or three times. */
export const germanTaxId = (digits: string): boolean => {
  let product = 10
  const times = new Map<string, number>()
  for (let i = 0; i < 10; i++) {
    const sum = (digitAt(digits, i) + product) % 10 || 10
    product = (sum * 2) % 11
    times.set(digits.charAt(i), (times.get(digits.charAt(i)) ?? 0) + 1)
  }
  const repeated = [...times.values()].filter((count) => count > 1)
  const check = (11 - product) % 10
  return repeated.length === 1 && (repeated[0] ?? 0) <= 3 && digits[0] !== '0' && check === digitAt(digits, 10)
}

/** French social security number: 97 minus the rest of the first thirteen; Corsica has letters. */
export const frenchNir = (text: string): boolean => {
  const digits = text.toUpperCase().replace('2A', '19').replace('2B', '18')
  return /^\d{15}$/.test(digits) && 97 - remainder(digits.slice(0, 13), 97) === Number(digits.slice(13))
}

export const spanishDni = (text: string): boolean => {
  const upper = text.toUpperCase()
  const number = upper.slice(0, 8).replace('X', '0').replace('Y', '1').replace('Z', '2')
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number) % 23] === upper[8]
}

const oddItalian = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

export const italianFiscalCode = (text: string): boolean => {
  const upper = text.toUpperCase()
  let sum = 0
  for (let i = 0; i < 15; i++) {
    const code = upper.charCodeAt(i)
    const value = code < 58 ? code - 48 : code - 65
    sum += i % 2 === 0 ? (oddItalian[value] ?? 0) : value
  }
  return upper.charCodeAt(15) === 65 + (sum % 26)
}

const weighted = (digits: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, at) => sum + weight * digitAt(digits, at), 0)

/** Dutch citizen number: the eleven test. */
export const dutchBsn = (digits: string): boolean =>
  Number(digits) > 0 && weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0

export const polishPesel = (digits: string): boolean => {
  const month = Number(digits.slice(2, 4)) % 20
  const day = Number(digits.slice(4, 6))
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= 31
  return isDate && weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0
}

/** Swiss social security number: an EAN-13. */
export const swissAhv = (digits: string): boolean =>
  weighted(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0
