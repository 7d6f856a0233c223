/** A service that fails again and again is left alone for a while, so that calls do not wait for nothing. */
const failuresMax = 3
const restMs = 10_000

export const createBreaker = (now: () => number) => {
  const known = new Map<string, { failures: number; restsUntil: number }>()
  return {
    /** Whether it may be asked; after a rest one call finds out whether it is back, and the others go on resting. */
    admits(name: string): boolean {
      const state = known.get(name)
      if (!state || state.failures < failuresMax) return true
      if (now() < state.restsUntil) return false
      state.restsUntil = now() + restMs
      return true
    },
    succeeded(name: string): void {
      known.delete(name)
    },
    /** Whether this is what sends it to rest. */
    failed(name: string): boolean {
      const failures = (known.get(name)?.failures ?? 0) + 1
      known.set(name, { failures, restsUntil: now() + restMs })
      return failures === failuresMax
    },
  }
}
export type Breaker = ReturnType<typeof createBreaker>
