/** Who an outside identity is here: the account it belongs to, and what its issuer may say about its role there. */
import type { AccountRole } from '@cockpit/contract/kit'
import { accountRoles } from '@cockpit/contract/kit'

/** What a verified token says about somebody, whatever its issuer calls these things. */
export type IdentityClaims = {
  issuer: string
  subject: string
  email: string | null
  emailVerified: boolean
  name: string | null
  /** The organisation the person is at home in, at the issuer. */
  orgId: string | null
  orgName: string | null
  /** Roles, and the organisations that granted each; none where the issuer knows no organisations. */
  roles: readonly { key: string; orgIds: readonly string[] }[]
  /** An account the token names by itself. It only selects, as a header does. */
  accountClaim: string | null
}

/** How an account was found; the order is the order in which they are asked. */
export const resolutionSteps = ['zitadel_org', 'granted_org', 'verified_domain', 'admin_email'] as const
export type ResolutionStep = (typeof resolutionSteps)[number]
/** `account_issuer`: the identity provider belongs to the account. `membership`: none of the steps, but a member already. */
export type ResolvedVia = ResolutionStep | 'account_issuer' | 'membership'

export type ResolutionFacts = {
  /** Accounts by the organisation that they are at this issuer. */
  accountOfOrg: ReadonlyMap<string, string>
  /** The account that verified the domain of the e-mail. */
  domainAccount: string | null
  /** Accounts in which the person with this e-mail is an active admin, oldest first. */
  adminAccounts: readonly string[]
  /** Accounts the person is a member of, oldest first. */
  memberAccounts: readonly string[]
  /** The claims name no organisation, though this issuer has them: whoever asked for them left it out. */
  orgLeftOut: boolean
}

export type ResolutionRules = {
  /** The organisation whose word about super admins counts; without it nobody's does. */
  platformOrgId: string | null
  superAdminKeys: ReadonlySet<string>
  accountAdminKeys: ReadonlySet<string>
  /** The account an identity provider was set up by: it speaks about that account and no other. */
  issuerAccount: string | null
}

/** The keys of roles that make admins where nothing else is configured. */
export const standardRoleKeys = {
  superAdmin: ['super_admin', 'platform_admin', 'alchemi_super_admin'],
  accountAdmin: ['account_admin', 'org_admin', 'tenant_admin', 'admin'],
} as const

/** What a thing that proves a membership is called where it is written down; it proves one account at a time. */
export type Evidence = { via: ResolvedVia; proof: string; accountId: string }

export type Resolution = {
  /** Where the identity belongs; null when nothing says so. */
  home: Evidence | null
  /** The account it acts in: what was asked for, if the person has it, else home. */
  accountId: string | null
  /** Everything the claims prove by organisation, home first. */
  proven: readonly Evidence[]
  isSuperAdmin: boolean
}

type Asked = { accountHint: string | null }

/** Decides over claims and facts alone. Nothing a client sends can add an account; it selects among those there are. */
export const resolveIdentity = (
  claims: IdentityClaims,
  facts: ResolutionFacts,
  rules: ResolutionRules,
  { accountHint }: Asked,
): Resolution => {
  const { issuerAccount } = rules
  if (issuerAccount !== null) {
    const home: Evidence = { via: 'account_issuer', proof: `issuer:${claims.issuer}`, accountId: issuerAccount }
    return { home, accountId: issuerAccount, proven: [home], isSuperAdmin: false }
  }
  const byOrg = provenByOrg(claims, facts)
  const home = byOrg[0] ?? provenByEmail(claims, facts, rules) ?? memberSince(facts)
  const theirs = [
    ...byOrg.map(({ accountId }) => accountId),
    ...facts.memberAccounts,
    ...(home ? [home.accountId] : []),
  ]
  const selected = [accountHint, claims.accountClaim].find((asked) => asked !== null && theirs.includes(asked))
  return {
    home,
    accountId: selected ?? home?.accountId ?? null,
    proven: home && !byOrg.includes(home) ? [home] : byOrg,
    isSuperAdmin: grantedSuper(claims, rules),
  }
}

const provenByOrg = ({ issuer, orgId, roles }: IdentityClaims, { accountOfOrg }: ResolutionFacts): Evidence[] => {
  const found: Evidence[] = []
  const add = (via: 'zitadel_org' | 'granted_org', org: string) => {
    const accountId = accountOfOrg.get(org)
    if (accountId !== undefined && !found.some((known) => known.accountId === accountId))
      found.push({ via, proof: `org:${issuer}:${org}`, accountId })
  }
  if (orgId !== null) add('zitadel_org', orgId)
  for (const org of grantingOrgs(roles)) add('granted_org', org)
  return found
}

/** In one order, however the issuer sorts its claims: the same token must always mean the same account. */
export const grantingOrgs = (roles: IdentityClaims['roles']): string[] =>
  [...new Set(roles.flatMap(({ orgIds }) => orgIds))].sort()

/**
 * Whether the e-mail of the claims says who somebody is. Whoever runs an organisation at the issuer can call any e-mail of
 * its people verified, so it does where there are no organisations, and in that of the platform.
 */
export const speaksForEmail = (
  { email, emailVerified, orgId }: IdentityClaims,
  { orgLeftOut }: Pick<ResolutionFacts, 'orgLeftOut'>,
  { platformOrgId }: Pick<ResolutionRules, 'platformOrgId'>,
): boolean => email !== null && emailVerified && !orgLeftOut && (orgId === null || orgId === platformOrgId)

const provenByEmail = (claims: IdentityClaims, facts: ResolutionFacts, rules: ResolutionRules): Evidence | null => {
  const { email } = claims
  const { domainAccount, adminAccounts } = facts
  if (email === null || !speaksForEmail(claims, facts, rules)) return null
  if (domainAccount !== null)
    return { via: 'verified_domain', proof: `domain:${domainOf(email)}`, accountId: domainAccount }
  const [adminOf] = adminAccounts
  return adminOf === undefined ? null : { via: 'admin_email', proof: `email:${email}`, accountId: adminOf }
}

const memberSince = ({ memberAccounts: [oldest] }: ResolutionFacts): Evidence | null =>
  oldest === undefined ? null : { via: 'membership', proof: 'membership', accountId: oldest }

export const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1)

/** A tenant can name its roles as it likes; only the platform's own organisation can make a super admin. */
const grantedSuper = ({ roles }: IdentityClaims, { platformOrgId, superAdminKeys }: ResolutionRules): boolean =>
  platformOrgId !== null && roles.some(({ key, orgIds }) => superAdminKeys.has(key) && orgIds.includes(platformOrgId))

/** What its own name never gives: whoever owns an account was made its owner here, and admins are as configured. */
const configured: ReadonlySet<AccountRole> = new Set(['owner', 'account_admin'])

/** Roles of the standard project at the identity provider that are called otherwise here. */
const otherNames: Readonly<Record<string, AccountRole>> = {
  copilot_org_admin: 'copilot_admin',
  console_org_admin: 'console_admin',
  copilot_team_admin: 'team_admin',
  console_team_admin: 'team_admin',
}

/**
 * The role that the claims give in an account: the mightiest granted by the organisation the account is. A role nobody
 * granted in particular counts where the issuer has no organisations, or belongs to the account. Null: they give none.
 */
export const roleClaimed = (
  { orgId, roles }: IdentityClaims,
  accountId: string,
  { accountOfOrg, orgLeftOut }: Pick<ResolutionFacts, 'accountOfOrg' | 'orgLeftOut'>,
  { accountAdminKeys, issuerAccount }: Pick<ResolutionRules, 'accountAdminKeys' | 'issuerAccount'>,
): AccountRole | null => {
  const counts = (orgIds: readonly string[]) =>
    issuerAccount !== null
      ? issuerAccount === accountId
      : orgIds.length === 0
        ? orgId === null && !orgLeftOut
        : orgIds.some((org) => accountOfOrg.get(org) === accountId)
  const given = roles.filter(({ orgIds }) => counts(orgIds)).map(({ key }) => key)
  // an account says itself what the names at its own provider mean; only what it says arrives here
  if (issuerAccount !== null) return accountRoles.find((role) => role !== 'owner' && given.includes(role)) ?? null
  if (given.some((key) => accountAdminKeys.has(key))) return 'account_admin'
  const meant = given.map((key) => otherNames[key] ?? key)
  return accountRoles.find((role) => !configured.has(role) && meant.includes(role)) ?? null
}
