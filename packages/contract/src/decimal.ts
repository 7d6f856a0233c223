/** Decimal strings and their integers, without the schemas: for browsers too. */

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
