import type { Api } from '../../app/api.ts'
import { untilKeyWorks } from './gateway.ts'

/** How long before its end a key is replaced, so that none ends in the middle of an answer. */
const marginMs = 120_000

type Held = { secret: string; until: number }

/** The playground's key: issued when it is first needed, in memory only, issued anew when it ends. */
export const createKeyRing = (api: Api) => {
  let held: Held | null = null
  /** Calls that begin together wait for one key: issuing another would end the first. */
  let coming: Promise<Held> | null = null

  const issue = async (): Promise<Held> => {
    // whoever stops one call must not keep the others from their key
    const key = await api.keys.playground({})
    await untilKeyWorks(key.secret, new AbortController().signal)
    return {
      secret: key.secret,
      until: key.expiresAt ? Date.parse(key.expiresAt) - marginMs : Number.POSITIVE_INFINITY,
    }
  }

  return {
    async secret(signal: AbortSignal): Promise<string> {
      if (!held || Date.now() >= held.until) {
        coming ??= issue().finally(() => {
          coming = null
        })
        held = await coming
      }
      signal.throwIfAborted()
      return held.secret
    },
    /** Another tab of the same person ended it. */
    forget: (secret: string) => {
      if (held?.secret === secret) held = null
    },
  }
}
export type KeyRing = ReturnType<typeof createKeyRing>
