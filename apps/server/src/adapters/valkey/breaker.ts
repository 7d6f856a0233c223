/** Lets nobody wait again and again for what does not answer: after some failures in a row it rests, then one may try. */
export const createBreaker = ({
  failuresMax,
  restMs,
  now,
}: {
  failuresMax: number
  restMs: number
  now: () => number
}) => {
  let failures = 0
  let restsUntil = 0

  return {
    /** While it rests nobody may ask; whoever asks first after that is the one who tries, and the rest goes on meanwhile. */
    mayAsk(): boolean {
      if (failures < failuresMax) return true
      const at = now()
      if (at < restsUntil) return false
      restsUntil = at + restMs
      return true
    },
    /** True where this ended a time of failures. */
    answered(): boolean {
      const wasOpen = failures >= failuresMax
      failures = 0
      return wasOpen
    },
    /** True where this was one too many. */
    failed(): boolean {
      failures++
      if (failures !== failuresMax) return false
      restsUntil = now() + restMs
      return true
    },
  }
}
