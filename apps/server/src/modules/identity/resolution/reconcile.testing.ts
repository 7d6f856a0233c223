/** What becomes of memberships. The test runs these against a database; docs/account-resolution.md is made of them. */
import type { RoleName } from '@cockpit/contract/kit'
import type { IdentityClaims } from '@cockpit/policy'
import type { ResolutionRefusal, SignInOptions } from './service.ts'

/** What is arranged before the identity comes: two accounts, each an org of its own at the identity provider. */
export type Arranged = {
  acme: string
  globex: string
  acmeOrg: string
  globexOrg: string
  platformOrg: string
  email: string
  /** A person with that e-mail who is a member. */
  member(accountId: string, role: RoleName, source?: 'manual' | 'scim'): Promise<void>
  /** An earlier sign-in of the same identity. */
  came(claims: Partial<IdentityClaims>): Promise<void>
  /** Somebody of the account changes the membership. */
  set(accountId: string, change: { role?: RoleName; status?: 'active' | 'suspended' }): Promise<void>
  /** A second admin, so that the first is not the last. */
  anotherAdmin(accountId: string): Promise<void>
  verifyDomain(accountId: string): Promise<void>
  moveOrg(orgId: string, from: string, to: string): Promise<void>
}

export type ReconcileCase = {
  before: string
  comes: string
  after: string
  arrange?: (at: Arranged) => Promise<unknown>
  claims: (at: Arranged) => Partial<IdentityClaims>
  options?: (at: Arranged) => SignInOptions
  expects: { acme?: string; globex?: string; platform?: string } | { refused: ResolutionRefusal }
}

const role = (key: string, ...orgIds: string[]) => ({ key, orgIds })
const admin = ({ acmeOrg }: Arranged) => ({ orgId: acmeOrg, roles: [role('account_admin', acmeOrg)] })
const plain = ({ acmeOrg }: Arranged) => ({ orgId: acmeOrg, roles: [role('end_user', acmeOrg)] })
const verified = ({ email }: Arranged) => ({ email, emailVerified: true })
const byToken = () => ({ by: 'token' as const })

export const reconcileCases: readonly ReconcileCase[] = [
  {
    before: 'Nobody',
    comes: 'signs in from Acme’s org',
    after: 'end user of Acme, made by sign-in',
    claims: ({ acmeOrg }) => ({ orgId: acmeOrg }),
    expects: { acme: 'end_user active sso' },
  },
  {
    before: 'Nobody',
    comes: 'sends a token of Acme’s org that grants `account_admin`',
    after: 'account admin of Acme, made by sign-in',
    claims: admin,
    options: byToken,
    expects: { acme: 'account_admin active sso' },
  },
  {
    before: 'Nobody',
    comes: 'signs in from Acme’s org with `account_admin` granted by Globex',
    after: 'end user of Acme, account admin of Globex',
    claims: ({ acmeOrg, globexOrg }) => ({ orgId: acmeOrg, roles: [role('account_admin', globexOrg)] }),
    expects: { acme: 'end_user active sso', globex: 'account_admin active sso' },
  },
  {
    before: 'Nobody',
    comes: 'signs in from Acme’s org, and the client asks for Globex',
    after: 'end user of Acme, and nothing in Globex',
    claims: plain,
    options: ({ globex }) => ({ accountHint: globex }),
    expects: { acme: 'end_user active sso' },
  },
  {
    before: 'Nobody, Acme has verified the domain of the e-mail',
    comes: 'signs in from the platform’s org with that e-mail, verified',
    after: 'end user of Acme, made by sign-in',
    arrange: ({ acme, verifyDomain }) => verifyDomain(acme),
    claims: (at) => ({ ...verified(at), orgId: at.platformOrg }),
    expects: { acme: 'end_user active sso' },
  },
  {
    before: 'Nobody, Acme has verified the domain of the e-mail',
    comes: 'signs in from the platform’s org with that e-mail, not verified',
    after: 'refused; nothing is written',
    arrange: ({ acme, verifyDomain }) => verifyDomain(acme),
    claims: (at) => ({ email: at.email, orgId: at.platformOrg }),
    expects: { refused: 'no_account' },
  },
  {
    before: 'Member of Acme by the directory, never signed in',
    comes: 'signs in from Acme’s org with that e-mail, verified, and `account_admin` granted',
    after: 'the same person, the role as the directory says',
    arrange: ({ acme, member }) => member(acme, 'member', 'scim'),
    claims: (at) => ({ ...admin(at), ...verified(at) }),
    expects: { acme: 'member active scim' },
  },
  {
    before: 'Nobody',
    comes: 'signs in, and no org, domain or e-mail is known',
    after: 'refused; nothing is written',
    claims: verified,
    expects: { refused: 'no_account' },
  },
  {
    before: 'Member of Acme by hand, never signed in',
    comes: 'signs in from Acme’s org with that e-mail, verified',
    after: 'the same person, the role as it was',
    arrange: ({ acme, member }) => member(acme, 'billing_admin'),
    claims: (at) => ({ ...plain(at), ...verified(at) }),
    expects: { acme: 'billing_admin active manual' },
  },
  {
    before: 'Admin of Acme by hand, Acme has no org',
    comes: 'signs in with that e-mail, verified',
    after: 'the same person, still admin',
    arrange: async ({ acme, acmeOrg, globex, member, moveOrg }) => {
      await moveOrg(acmeOrg, acme, globex)
      await member(acme, 'account_admin')
    },
    claims: verified,
    expects: { acme: 'account_admin active manual' },
  },
  {
    before: 'Admin of Acme by hand, Acme has no org',
    comes: 'somebody signs in from an org unknown here with that e-mail, verified there',
    after: 'refused: an org that is no account here speaks for nobody',
    arrange: async ({ acme, acmeOrg, globex, member, moveOrg }) => {
      await moveOrg(acmeOrg, acme, globex)
      await member(acme, 'account_admin')
    },
    claims: (at) => ({ ...verified(at), orgId: 'org-unknown' }),
    expects: { refused: 'no_account' },
  },
  {
    before: 'Admin of Acme by hand',
    comes: 'somebody signs in from an org unknown here with that e-mail, verified there, and a role that Acme granted',
    after: 'refused: a role does not make the e-mails of another org true',
    arrange: ({ acme, member }) => member(acme, 'account_admin'),
    claims: (at) => ({ ...verified(at), orgId: 'org-unknown', roles: [role('end_user', at.acmeOrg)] }),
    expects: { refused: 'email_of_another' },
  },
  {
    before: 'Member of Acme by hand, Acme has verified the domain of the e-mail',
    comes: 'a token comes from an org unknown here with that e-mail, verified there',
    after: 'refused',
    arrange: async ({ acme, member, verifyDomain }) => {
      await member(acme, 'end_user')
      await verifyDomain(acme)
    },
    claims: (at) => ({ ...verified(at), orgId: 'org-unknown' }),
    options: byToken,
    expects: { refused: 'no_account' },
  },
  {
    before: 'Member of Acme by hand, Acme has verified the domain of the e-mail',
    comes: 'a token comes with that e-mail, verified, which leaves its org out',
    after: 'refused: our own sign-in asks for the org, a token says what its client asked for',
    arrange: async ({ acme, member, verifyDomain }) => {
      await member(acme, 'end_user')
      await verifyDomain(acme)
    },
    claims: verified,
    options: byToken,
    expects: { refused: 'no_account' },
  },
  {
    before: 'Member of Acme by hand, Acme has verified the domain of the e-mail',
    comes: 'signs in from the platform’s org with that e-mail, verified',
    after: 'the same person, the role as it was',
    arrange: async ({ acme, member, verifyDomain }) => {
      await member(acme, 'end_user')
      await verifyDomain(acme)
    },
    claims: (at) => ({ ...verified(at), orgId: at.platformOrg }),
    expects: { acme: 'end_user active manual' },
  },
  {
    before: 'Member of Globex',
    comes: 'somebody signs in from Acme’s org with the same e-mail, verified there',
    after: 'refused: Acme’s org cannot speak for people of Globex',
    arrange: ({ globex, member }) => member(globex, 'account_admin'),
    claims: (at) => ({ ...plain(at), ...verified(at) }),
    expects: { refused: 'email_of_another' },
  },
  {
    before: 'Member of Globex, Acme has verified the domain of the e-mail',
    comes: 'signs in from Acme’s org with that e-mail, verified',
    after: 'the same person, now of both',
    arrange: async ({ acme, globex, member, verifyDomain }) => {
      await member(globex, 'end_user')
      await verifyDomain(acme)
    },
    claims: (at) => ({ ...plain(at), ...verified(at) }),
    expects: { acme: 'end_user active sso', globex: 'end_user active manual' },
  },
  {
    before: 'Super admin of the platform by hand',
    comes: 'somebody signs in from Acme’s org with the same e-mail, verified there',
    after: 'refused',
    arrange: ({ member }) => member('platform', 'super_admin'),
    claims: (at) => ({ ...plain(at), ...verified(at) }),
    expects: { refused: 'email_of_another' },
  },
  {
    before: 'Signed in from Acme’s org as end user',
    comes: 'signs in with `account_admin` granted',
    after: 'account admin',
    arrange: (at) => at.came(plain(at)),
    claims: admin,
    expects: { acme: 'account_admin active sso' },
  },
  {
    before: 'Signed in from Acme’s org as account admin, as another one did',
    comes: 'signs in without the role',
    after: 'end user',
    arrange: async (at) => {
      await at.came(admin(at))
      await at.anotherAdmin(at.acme)
    },
    claims: plain,
    expects: { acme: 'end_user active sso' },
  },
  {
    before: 'Signed in from Acme’s org as its only account admin',
    comes: 'signs in without the role',
    after: 'still account admin: an account keeps one',
    arrange: (at) => at.came(admin(at)),
    claims: plain,
    expects: { acme: 'account_admin active sso' },
  },
  {
    before: 'Signed in from Acme’s org as account admin, as another one did',
    comes: 'sends a token that does not grant the role',
    after: 'still account admin, but not with this token',
    arrange: async (at) => {
      await at.came(admin(at))
      await at.anotherAdmin(at.acme)
    },
    claims: plain,
    options: byToken,
    expects: { acme: 'account_admin active sso' },
  },
  {
    before: 'Signed in from Acme’s org as end user, made `billing_admin` by an admin since',
    comes: 'signs in again',
    after: 'still `billing_admin`',
    arrange: async (at) => {
      await at.came(plain(at))
      await at.set(at.acme, { role: 'billing_admin' })
    },
    claims: plain,
    expects: { acme: 'billing_admin active sso' },
  },
  {
    before: 'Signed in from Acme’s org, suspended by an admin since',
    comes: 'signs in again',
    after: 'still suspended',
    arrange: async (at) => {
      await at.came(plain(at))
      await at.set(at.acme, { status: 'suspended' })
    },
    claims: admin,
    expects: { acme: 'account_admin suspended sso' },
  },
  {
    before: 'Signed in with roles of Acme and Globex',
    comes: 'signs in with the role of Acme only',
    after: 'of Acme; suspended in Globex',
    arrange: (at) => at.came({ roles: [role('end_user', at.acmeOrg, at.globexOrg)] }),
    claims: ({ acmeOrg }) => ({ roles: [role('end_user', acmeOrg)] }),
    expects: { acme: 'end_user active sso', globex: 'end_user suspended sso' },
  },
  {
    before: 'The same, and suspended in Globex by that',
    comes: 'signs in with both roles again',
    after: 'of both',
    arrange: async (at) => {
      await at.came({ roles: [role('end_user', at.acmeOrg, at.globexOrg)] })
      await at.came({ roles: [role('end_user', at.acmeOrg)] })
    },
    claims: ({ acmeOrg, globexOrg }) => ({ roles: [role('end_user', acmeOrg, globexOrg)] }),
    expects: { acme: 'end_user active sso', globex: 'end_user active sso' },
  },
  {
    before: 'Signed in with roles of Acme and Globex',
    comes: 'sends a token with the role of Acme only',
    after: 'of both: a token ends nothing by silence',
    arrange: (at) => at.came({ roles: [role('end_user', at.acmeOrg, at.globexOrg)] }),
    claims: ({ acmeOrg }) => ({ roles: [role('end_user', acmeOrg)] }),
    options: byToken,
    expects: { acme: 'end_user active sso', globex: 'end_user active sso' },
  },
  {
    before: 'Signed in from an org that was Acme’s and is Globex’s now',
    comes: 'signs in again',
    after: 'of Globex; suspended in Acme',
    arrange: async (at) => {
      await at.came(plain(at))
      await at.moveOrg(at.acmeOrg, at.acme, at.globex)
    },
    claims: plain,
    expects: { acme: 'end_user suspended sso', globex: 'end_user active sso' },
  },
  {
    before: 'Nobody',
    comes: 'signs in with `super_admin` granted by the platform’s org',
    after: 'super admin',
    claims: ({ platformOrg }) => ({ roles: [role('super_admin', platformOrg)] }),
    expects: { platform: 'super_admin active sso' },
  },
  {
    before: 'Signed in with `super_admin` granted by the platform’s org, one of several super admins',
    comes: 'signs in from Acme’s org without it',
    after: 'of Acme; super admin no more',
    arrange: async (at) => {
      await at.anotherAdmin('platform')
      await at.came({ roles: [role('super_admin', at.platformOrg)] })
    },
    claims: plain,
    expects: { acme: 'end_user active sso' },
  },
  {
    before: 'Nobody',
    comes: 'signs in at Acme’s own identity provider, which grants `super_admin` and names Globex’s org',
    after: 'end user of Acme',
    claims: ({ globexOrg, platformOrg }) => ({ orgId: globexOrg, roles: [role('super_admin', platformOrg)] }),
    options: ({ acme }) => ({ issuerAccount: acme }),
    expects: { acme: 'end_user active sso' },
  },
]
