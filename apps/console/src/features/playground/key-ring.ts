import type { Api } from '../../app/api.ts'
import { untilKeyWorks } from './gateway.ts'

/** How long before its end a key is replaced, so that none ends in the middle of an answer. */
const marginMs = 120_000

/** The playground's key: issued when it is first needed, in memory only, issued anew when it ends. */
export const createKeyRing = (api: Api) => {
  let held: { secret: string; until: number } | null = null
  return {
    async secret(signal: AbortSignal): Promise<string> {
      if (held && Date.now() < held.until) return held.secret
      const key = await api.keys.playground({}, { signal })
      const until = key.expiresAt ? Date.parse(key.expiresAt) - marginMs : Number.POSITIVE_INFINITY
      await untilKeyWorks(key.secret, signal)
      held = { secret: key.secret, until }
      return key.secret
    },
    /** Another tab of the same person ended it. */
    forget: () => {
      held = null
    },
  }
}
export type KeyRing = ReturnType<typeof createKeyRing>
