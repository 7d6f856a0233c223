import type { RoleName } from '@cockpit/contract/kit'
import type { Evidence, ResolvedVia } from '@cockpit/policy'
import { platformAccount, sha256Hex } from '../../../platform/index.ts'
import type { Membership } from '../model.ts'

/** Why somebody is a member: what proved it, and the role the claims gave then. */
export type Provenance = {
  via: ResolvedVia | 'platform_org'
  proof: string
  role: RoleName
  at: string
  /** The proof is gone, which suspended the membership; if it comes back, so does the membership. */
  ended?: true
}

/** A membership as reconciliation sees it. */
export type Held = {
  accountId: string
  role: RoleName
  status: Membership['status']
  source: 'manual' | 'sso' | 'scim'
  provenance: Provenance | null
}

/**
 * Whether the role of a membership still follows the claims: it came from them, and nobody here changed it since. What a
 * person or a directory decided is never undone by a token.
 */
export const followsClaims = ({ source, role, provenance }: Held): boolean =>
  source === 'sso' && provenance?.role === role

/**
 * Memberships whose proof is gone: it now proves another account, or a whole sign-in no longer names the organisation that
 * granted it. A token may leave out what it does not need, so it ends nothing by silence.
 */
export const endedBy = (
  held: readonly Held[],
  { proven, issuer, isWhole }: { proven: readonly Evidence[]; issuer: string; isWhole: boolean },
): Held[] =>
  held.filter(({ accountId, source, status, provenance }) => {
    if (source !== 'sso' || status !== 'active' || provenance === null) return false
    if (proven.some((now) => now.accountId === accountId)) return false
    if (proven.some((now) => now.proof === provenance.proof)) return true
    return isWhole && provenance.via === 'granted_org' && provenance.proof.startsWith(`org:${issuer}:`)
  })

type Linking = {
  memberships: readonly Held[]
  /** Where the identity belongs. */
  home: Evidence | null
  /** The account that verified the domain of the e-mail. */
  domainAccount: string | null
  fromPlatformOrg: boolean
  /** Whether the e-mail of the claims says who somebody is. */
  speaksForEmail: boolean
}

/**
 * Whether an identity may become a person who has the same verified e-mail. An organisation at the identity provider can
 * verify any e-mail of its people, so an e-mail alone opens no account but the one the identity belongs to.
 */
export const mayLink = (linking: Linking): boolean => {
  const { memberships, home, domainAccount, fromPlatformOrg, speaksForEmail } = linking
  if (home?.via === 'account_issuer') return true // it acts in that account only, whoever it is
  if (memberships.some(({ accountId }) => accountId === platformAccount)) return fromPlatformOrg
  // an organisation speaks for the account it is; a role that was granted elsewhere does not make its e-mails true
  if (home?.via !== 'zitadel_org' && !speaksForEmail) return false
  if (home?.via === 'admin_email' || home?.via === 'membership') return true
  const elsewhere = memberships.some(({ accountId }) => accountId !== home?.accountId)
  return !elsewhere || (home !== null && domainAccount === home.accountId)
}

/**
 * Whether the word of the provider proves an e-mail to all accounts. Whoever runs an organisation at a shared provider, or
 * a provider of their own, can call any e-mail verified, so theirs counts in a domain that their account has proven.
 */
export const provesAddress = (
  { emailVerified, email, orgId }: { emailVerified: boolean; email: string | null; orgId: string | null },
  by: {
    home: Evidence | null
    domainAccount: string | null
    issuerAccount: string | null
    platformOrgId: string | null
  },
): boolean => {
  if (!emailVerified || email === null) return false
  if (by.issuerAccount !== null) return by.domainAccount === by.issuerAccount
  if (orgId === null || orgId === by.platformOrgId) return true
  return by.domainAccount !== null && by.domainAccount === by.home?.accountId
}

/** An address that nobody can have and no other identity gets, for one without a verified e-mail. */
export const addressOf = (issuer: string, subject: string): string => {
  const host = /^(?:.* )?https?:\/\/([^/:?#]+)/.exec(issuer)?.[1]?.slice(0, 120) ?? 'issuer'
  const local = subject
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '-')
    .slice(0, 40)
  return `${local}-${sha256Hex(`${issuer} ${subject}`).slice(0, 12)}@${host}.invalid`
}
