import type { Key } from '@cockpit/contract/keys'
import { randomSecret, sha256Hex } from '../../platform/index.ts'

export const playgroundLifeMs = 3_600_000
/** How long gateways still know an ended key, so that they can say why it fails. */
export const endedKeptMs = 86_400_000

/** 256 random bits need no slow hash: SHA-256 keeps checking cheap on the hot path, where only hashes are known. */
export const mintSecret = () => {
  const secret = `ck_${randomSecret(43)}`
  return { secret, hash: sha256Hex(secret), preview: `${secret.slice(0, 7)}…${secret.slice(-4)}` }
}

type Ends = { revoked_at: Date | null; expires_at: Date | null }

export const statusOf = ({ revoked_at, expires_at }: Ends, now: Date): Key['status'] => {
  if (revoked_at !== null) return 'revoked'
  return expires_at !== null && expires_at <= now ? 'expired' : 'active'
}

/** Whose key it is, as columns: exactly one of two. */
export type Owner = { kind: 'user' | 'service_account'; id: string }
export const ownerColumns = ({ kind, id }: Owner) => ({
  user_id: kind === 'user' ? id : null,
  service_account_id: kind === 'service_account' ? id : null,
})
