/** What was found out about tokens, by their digest, for as long as it holds. */
import type { Clock } from '../../platform/index.ts'
import type { VerifiedToken } from './port.ts'

/**
 * A token is asked about again in the background after this time where something may have ended it: introspection alone
 * sees that it was revoked at its issuer, and the provider of an account may have been turned off unheard.
 */
export const recheckMs = 20_000
/** An opaque token is believed for this long after its issuer last confirmed it, unless the environment says otherwise. */
export const introspectionGraceMs = 60_000
/** A refused token is not looked at again for this long, so that a client in a loop costs nothing. */
export const refusedMs = 5_000
const verifiedMax = 50_000
const refusedMax = 10_000

type Known = { token: VerifiedToken; recheckAt: number; believedUntil: number }
/** Why a token is not looked at again for a moment: it is no good, or its issuer could not be asked. */
export type Standing = 'refused' | 'unsure'

export const createMemory = ({ now, graceMs }: { now: Clock; graceMs: number }) => {
  let forgotten = 0
  const verified = new Map<string, Known>()
  const refused = new Map<string, { until: number; standing: Standing }>()
  const cut = (map: Map<string, unknown>, max: number) => {
    // a Map keeps the order of insertion, so its first key is the oldest
    for (const key of map.keys()) {
      if (map.size <= max) return
      map.delete(key)
    }
  }
  return {
    /** The token, and whether its issuer should be asked about it again. */
    find(digest: string): { token: VerifiedToken; isDue: boolean } | null {
      const known = verified.get(digest)
      if (!known) return null
      const at = now().getTime()
      if (known.token.expiresAtMs <= at) {
        verified.delete(digest)
        return null
      }
      if (known.believedUntil <= at) return null
      const isDue = known.recheckAt <= at
      if (isDue) known.recheckAt = at + recheckMs
      return { token: known.token, isDue }
    },
    /** How often issuers were forgotten, to be named when what was found out meanwhile is kept. */
    moment: () => forgotten,
    keep(digest: string, token: VerifiedToken, since: number) {
      refused.delete(digest)
      // it was judged by what is no longer so
      if (since !== forgotten) return
      const mayEnd = token.kind === 'opaque' || token.issuerAccount !== null
      const recheckAt = mayEnd ? now().getTime() + recheckMs : Number.POSITIVE_INFINITY
      const believedUntil = token.kind === 'opaque' ? now().getTime() + graceMs : Number.POSITIVE_INFINITY
      verified.set(digest, { token, recheckAt, believedUntil })
      cut(verified, verifiedMax)
    },
    /** Its issuer was asked again and says the same. */
    confirm(digest: string) {
      const known = verified.get(digest)
      if (known?.token.kind === 'opaque') known.believedUntil = now().getTime() + graceMs
    },
    /** Whether it was good once, and may still be, as far as anybody knows. */
    wasGood: (digest: string) => (verified.get(digest)?.token.expiresAtMs ?? 0) > now().getTime(),
    forget: (digest: string) => verified.delete(digest),
    /** Everything that the provider of this account vouched for; of all accounts when null. */
    forgetIssuer(accountId: string | null) {
      forgotten++
      for (const [digest, { token }] of verified)
        if (token.issuerAccount !== null && (accountId ?? token.issuerAccount) === token.issuerAccount)
          verified.delete(digest)
    },
    refuse(digest: string, standing: Standing = 'refused') {
      refused.set(digest, { until: now().getTime() + refusedMs, standing })
      cut(refused, refusedMax)
    },
    standing(digest: string): Standing | null {
      const found = refused.get(digest)
      if (found === undefined) return null
      if (found.until > now().getTime()) return found.standing
      refused.delete(digest)
      return null
    },
    size: () => verified.size,
  }
}
export type Memory = ReturnType<typeof createMemory>
