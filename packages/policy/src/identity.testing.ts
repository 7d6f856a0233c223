/** Every way an outside identity finds its account. The table test runs them; docs/account-resolution.md is made of them. */
import type { IdentityClaims, ResolutionFacts, ResolutionRules, ResolvedVia } from './identity.ts'

export const acme = 'acc_acme'
export const globex = 'acc_globex'
export const initech = 'acc_initech'

export const someClaims = (differs: Partial<IdentityClaims> = {}): IdentityClaims => ({
  issuer: 'https://id.example.com',
  subject: '1001',
  email: null,
  emailVerified: false,
  name: 'Ada',
  orgId: null,
  orgName: null,
  roles: [],
  accountClaim: null,
  ...differs,
})

export const someFacts = (differs: Partial<ResolutionFacts> = {}): ResolutionFacts => ({
  accountOfOrg: new Map([
    ['org-acme', acme],
    ['org-globex', globex],
  ]),
  domainAccount: null,
  adminAccounts: [],
  memberAccounts: [],
  orgLeftOut: false,
  ...differs,
})

export const someRules = (differs: Partial<ResolutionRules> = {}): ResolutionRules => ({
  platformOrgId: 'org-platform',
  superAdminKeys: new Set(['super_admin']),
  accountAdminKeys: new Set(['account_admin', 'org_admin']),
  issuerAccount: null,
  ...differs,
})

export type ResolutionCase = {
  /** What the token says, and what is known here. */
  given: string
  claims?: Partial<IdentityClaims>
  facts?: Partial<ResolutionFacts>
  rules?: Partial<ResolutionRules>
  /** The account the client names. */
  asks?: string
  account: string | null
  via: ResolvedVia | null
  superAdmin?: true
}

const verified = { email: 'ada@acme.example', emailVerified: true }
const role = (key: string, ...orgIds: string[]) => ({ key, orgIds })

export const resolutionCases: readonly ResolutionCase[] = [
  { given: 'Home org is Acme’s', claims: { orgId: 'org-acme' }, account: acme, via: 'zitadel_org' },
  {
    given: 'Home org is Acme’s, the role was granted by Globex',
    claims: { orgId: 'org-acme', roles: [role('end_user', 'org-globex')] },
    account: acme,
    via: 'zitadel_org',
  },
  {
    given: 'Home org is Acme’s, the verified e-mail is of a domain that Globex verified',
    claims: { orgId: 'org-acme', email: 'ada@globex.example', emailVerified: true },
    facts: { domainAccount: globex },
    account: acme,
    via: 'zitadel_org',
  },
  {
    given: 'Home org is unknown here, Globex granted a role',
    claims: { orgId: 'org-unknown', roles: [role('end_user', 'org-globex')] },
    account: globex,
    via: 'granted_org',
  },
  {
    given: 'No home org, roles granted by Globex and by Acme',
    claims: { roles: [role('end_user', 'org-globex', 'org-acme')] },
    account: acme,
    via: 'granted_org',
  },
  {
    given: 'A role was granted by Globex, the verified e-mail is of Acme’s domain',
    claims: { ...verified, roles: [role('end_user', 'org-globex')] },
    facts: { domainAccount: acme },
    account: globex,
    via: 'granted_org',
  },
  {
    given: 'A role was granted by Globex, the verified e-mail is of an admin of Acme',
    claims: { ...verified, roles: [role('end_user', 'org-globex')] },
    facts: { adminAccounts: [acme] },
    account: globex,
    via: 'granted_org',
  },
  {
    given: 'Home org is the platform’s, Globex granted a role, the verified e-mail is of Acme’s domain',
    claims: { ...verified, orgId: 'org-platform', roles: [role('end_user', 'org-globex')] },
    facts: { domainAccount: acme },
    account: globex,
    via: 'granted_org',
  },
  {
    given: 'A role was granted by an org unknown here, the verified e-mail is of Acme’s domain',
    claims: { ...verified, roles: [role('end_user', 'org-unknown')] },
    facts: { domainAccount: acme },
    account: acme,
    via: 'verified_domain',
  },
  {
    given: 'Verified e-mail of a domain that Acme verified',
    claims: verified,
    facts: { domainAccount: acme },
    account: acme,
    via: 'verified_domain',
  },
  {
    given: 'E-mail of a domain that Acme verified, but the e-mail is not verified',
    claims: { email: 'ada@acme.example' },
    facts: { domainAccount: acme },
    account: null,
    via: null,
  },
  { given: 'Verified e-mail of a domain that nobody verified', claims: verified, account: null, via: null },
  {
    given: 'Verified e-mail of a domain that Acme verified, of somebody who is admin of Globex',
    claims: verified,
    facts: { domainAccount: acme, adminAccounts: [globex] },
    account: acme,
    via: 'verified_domain',
  },
  {
    given: 'Verified e-mail of somebody who is admin of Acme',
    claims: verified,
    facts: { adminAccounts: [acme], memberAccounts: [acme] },
    account: acme,
    via: 'admin_email',
  },
  {
    given: 'Verified e-mail of somebody who is admin of Globex and, since later, of Acme',
    claims: verified,
    facts: { adminAccounts: [globex, acme], memberAccounts: [globex, acme] },
    account: globex,
    via: 'admin_email',
  },
  {
    given: 'Home org is the platform’s, verified e-mail of an admin of Acme',
    claims: { ...verified, orgId: 'org-platform' },
    facts: { adminAccounts: [acme], memberAccounts: [acme] },
    account: acme,
    via: 'admin_email',
  },
  {
    given: 'Home org is Acme’s, the unverified e-mail is of an admin of Globex',
    claims: { orgId: 'org-acme', email: 'boss@globex.example' },
    facts: { adminAccounts: [globex] },
    account: acme,
    via: 'zitadel_org',
  },
  {
    given: 'Home org is the platform’s, verified e-mail of a domain that Acme verified',
    claims: { ...verified, orgId: 'org-platform' },
    facts: { domainAccount: acme },
    account: acme,
    via: 'verified_domain',
  },
  {
    given: 'Home org is unknown here, which calls an e-mail verified that is of Acme’s domain',
    claims: { ...verified, orgId: 'org-unknown' },
    facts: { domainAccount: acme },
    account: null,
    via: null,
  },
  {
    given: 'Home org is unknown here, which calls an e-mail verified that is of an admin of Acme',
    claims: { ...verified, orgId: 'org-unknown' },
    facts: { adminAccounts: [acme] },
    account: null,
    via: null,
  },
  {
    given: 'A token leaves its org out, and its e-mail is of Acme’s domain',
    claims: verified,
    facts: { domainAccount: acme, orgLeftOut: true },
    account: null,
    via: null,
  },
  {
    given: 'Unverified e-mail of somebody who is admin of Acme',
    claims: { email: 'ada@acme.example' },
    facts: { adminAccounts: [acme] },
    account: null,
    via: null,
  },
  {
    given: 'Nothing of it, but the person is a member of Initech',
    facts: { memberAccounts: [initech] },
    account: initech,
    via: 'membership',
  },
  { given: 'Nothing of it, and a member of nothing', account: null, via: null },
  {
    given: 'The client asks for an account that is not the person’s',
    claims: { orgId: 'org-acme' },
    asks: globex,
    account: acme,
    via: 'zitadel_org',
  },
  {
    given: 'The client asks for an account that is no more',
    claims: { orgId: 'org-acme' },
    asks: 'acc_deleted',
    account: acme,
    via: 'zitadel_org',
  },
  {
    given: 'The client asks for another account the person is a member of',
    claims: { orgId: 'org-acme' },
    facts: { memberAccounts: [initech] },
    asks: initech,
    account: initech,
    via: 'zitadel_org',
  },
  {
    given: 'The client asks for another account whose org granted a role',
    claims: { orgId: 'org-acme', roles: [role('end_user', 'org-globex')] },
    asks: globex,
    account: globex,
    via: 'zitadel_org',
  },
  {
    given: 'The client asks for an account and nothing else says where the person belongs',
    asks: acme,
    account: null,
    via: null,
  },
  {
    given: 'A claim of the token names an account that is not the person’s',
    claims: { orgId: 'org-acme', accountClaim: globex },
    account: acme,
    via: 'zitadel_org',
  },
  {
    given: 'A claim of the token names another account the person is a member of',
    claims: { orgId: 'org-acme', accountClaim: initech },
    facts: { memberAccounts: [initech] },
    account: initech,
    via: 'zitadel_org',
  },
  {
    given: 'The client asks for one account of the person, a claim of the token names another',
    claims: { orgId: 'org-acme', accountClaim: globex },
    facts: { memberAccounts: [initech, globex] },
    asks: initech,
    account: initech,
    via: 'zitadel_org',
  },
  {
    given: '`super_admin` granted by the platform’s org',
    claims: { roles: [role('super_admin', 'org-platform')] },
    account: null,
    via: null,
    superAdmin: true,
  },
  {
    given: '`super_admin` granted by the platform’s org to somebody at home in Acme',
    claims: { orgId: 'org-acme', roles: [role('super_admin', 'org-acme', 'org-platform')] },
    account: acme,
    via: 'zitadel_org',
    superAdmin: true,
  },
  {
    given: 'Home org is the platform’s, and no role',
    claims: { ...verified, orgId: 'org-platform' },
    account: null,
    via: null,
  },
  {
    given: '`super_admin` granted by Acme',
    claims: { orgId: 'org-acme', roles: [role('super_admin', 'org-acme')] },
    account: acme,
    via: 'zitadel_org',
  },
  {
    given: '`super_admin` granted by nobody in particular',
    claims: { orgId: 'org-acme', roles: [role('super_admin')] },
    account: acme,
    via: 'zitadel_org',
  },
  {
    given: '`super_admin` granted by the platform’s org, but no platform org is configured',
    claims: { roles: [role('super_admin', 'org-platform')] },
    rules: { platformOrgId: null },
    account: null,
    via: null,
  },
  {
    given: 'The identity provider is Acme’s own and says that the org is Globex’s',
    claims: { orgId: 'org-globex', ...verified, roles: [role('super_admin', 'org-platform')] },
    facts: { domainAccount: globex, memberAccounts: [globex] },
    rules: { issuerAccount: acme },
    asks: globex,
    account: acme,
    via: 'account_issuer',
  },
]

export type RoleCase = {
  given: string
  roles: IdentityClaims['roles']
  orgId?: string | null
  issuerAccount?: string
  orgLeftOut?: true
  /** In Acme. */
  role: string | null
}

export const roleCases: readonly RoleCase[] = [
  { given: '`account_admin` granted by Acme', roles: [role('account_admin', 'org-acme')], role: 'account_admin' },
  {
    given: '`org_admin`, an admin key as configured, granted by Acme',
    roles: [role('org_admin', 'org-acme')],
    role: 'account_admin',
  },
  { given: '`account_admin` granted by Globex', roles: [role('account_admin', 'org-globex')], role: null },
  {
    given: '`account_admin` granted by nobody, home org is Acme’s',
    roles: [role('account_admin')],
    orgId: 'org-acme',
    role: null,
  },
  {
    given: '`account_admin` granted by nobody, in a token that leaves its org out',
    roles: [role('account_admin')],
    orgLeftOut: true,
    role: null,
  },
  { given: '`account_admin` from an issuer without orgs', roles: [role('account_admin')], role: 'account_admin' },
  {
    given: 'What Acme says means `account_admin`, from its own identity provider',
    roles: [role('account_admin')],
    issuerAccount: acme,
    role: 'account_admin',
  },
  {
    given: '`org_admin` and `copilot_org_admin` from Acme’s own identity provider, which are keys elsewhere',
    roles: [role('org_admin'), role('copilot_org_admin')],
    issuerAccount: acme,
    role: null,
  },
  {
    given: '`account_admin` from Globex’s own identity provider',
    roles: [role('account_admin')],
    issuerAccount: globex,
    role: null,
  },
  { given: '`owner` granted by Acme', roles: [role('owner', 'org-acme')], role: null },
  { given: '`super_admin` granted by Acme', roles: [role('super_admin', 'org-acme')], role: null },
  {
    given: '`end_user` and `copilot_org_admin` granted by Acme',
    roles: [role('end_user', 'org-acme'), role('copilot_org_admin', 'org-acme')],
    role: 'copilot_admin',
  },
  {
    given: '`console_team_admin` granted by Acme',
    roles: [role('console_team_admin', 'org-acme')],
    role: 'team_admin',
  },
  { given: 'A key that means nothing here', roles: [role('cfo', 'org-acme')], role: null },
  { given: 'No role', roles: [], role: null },
]
