import { isDeepStrictEqual } from 'node:util'

/** What really changed between a thing and a patch of it, for the event of the change; null when nothing did. */
export const changesOf = <T extends object>(
  current: T,
  patch: { [K in keyof T]?: T[K] | undefined },
): { before: Partial<T>; after: Partial<T> } | null => {
  const before: Partial<T> = {}
  const after: Partial<T> = {}
  for (const key of Object.keys(patch) as (keyof T)[]) {
    const value = patch[key]
    if (value === undefined || isDeepStrictEqual(current[key], value)) continue
    before[key] = current[key]
    after[key] = value
  }
  return Object.keys(after).length > 0 ? { before, after } : null
}
