/** Reading bodies of foreign shape without trusting them: each helper answers `undefined` or empty instead of throwing. */
export type Json = Record<string, unknown>

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const asRecord = (value: unknown): Json => (isRecord(value) ? value : {})

export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export const filled = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

export const records = (value: unknown): Json[] => asList(value).filter(isRecord)

/** A token count: finite, not negative, whole. Anything else is absent, so that a broken count never bills. */
export const asCount = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.floor(value) : undefined

export const asNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** Leaves out what is undefined, because `undefined` and absent differ on the wire only by accident. */
export const present = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
