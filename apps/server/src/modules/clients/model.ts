import type { ClientCredential } from '@cockpit/contract/client-credentials'
import { randomSecret, sha256Hex } from '../../platform/index.ts'

export const workingCredentialsMax = 10
/** A client that fetches a token for each call keeps only its newest ones. */
export const tokensOfCredentialMax = 100
export const tokenLifetimeMs = 3_600_000
/** How long a credential that has ended is still listed. */
export const endedShownMs = 30 * 86_400_000

/** Begins every access token, so that other bearers are told apart without asking the database. */
export const tokenPrefix = 'cat_'

export const mintSecret = () => {
  const secret = `ccs_${randomSecret(43)}`
  return { secret, hash: sha256Hex(secret), preview: `${secret.slice(0, 8)}…${secret.slice(-4)}` }
}
export const mintToken = () => {
  const token = `${tokenPrefix}${randomSecret(43)}`
  return { token, hash: sha256Hex(token) }
}

export const statusOf = (
  row: { revoked_at: Date | null; expires_at: Date | null },
  now: Date,
): ClientCredential['status'] => {
  if (row.revoked_at !== null) return 'revoked'
  return row.expires_at !== null && row.expires_at <= now ? 'expired' : 'active'
}
