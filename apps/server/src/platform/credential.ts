import { randomSecret, sha256Hex } from './crypto.ts'

/** How secrets begin that are made here, and the master key as the manual shows it. Nobody else is asked about one. */
const ownPrefixes = ['ck_', 'cat_', 'ccs_', 'scim_', 'bgl_', 'mk_'] as const

export const isOwnCredential = (secret: string): boolean => ownPrefixes.some((prefix) => secret.startsWith(prefix))

/**
 * A secret that programs send, shown once: only its hash is kept, and a preview by which people know it again. 256 random
 * bits need no slow hash, so checking stays cheap.
 */
export const mintCredential = (
  prefix: (typeof ownPrefixes)[number],
): { secret: string; hash: string; preview: string } => {
  const secret = `${prefix}${randomSecret(43)}`
  return { secret, hash: sha256Hex(secret), preview: `${secret.slice(0, prefix.length + 4)}…${secret.slice(-4)}` }
}

export type Ends = { revoked_at: Date | null; expires_at: Date | null }

export const credentialStatus = ({ revoked_at, expires_at }: Ends, now: Date): 'active' | 'expired' | 'revoked' => {
  if (revoked_at !== null) return 'revoked'
  return expires_at !== null && expires_at <= now ? 'expired' : 'active'
}
