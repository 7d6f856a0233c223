/** Where a request acts, by the memberships of its person. The test runs these; docs/account-resolution.md is made of them. */
import type { Membership } from './model.ts'

const at = (accountId: string, differs: Partial<Membership> = {}): Membership => ({
  accountId,
  accountName: accountId,
  accountStatus: 'active',
  role: 'end_user',
  status: 'active',
  ssoRequired: false,
  ...differs,
})
const [acme, globex, initech] = ['acc_acme', 'acc_globex', 'acc_initech'] as const

export type StandingCase = {
  given: string
  /** Oldest first. */
  memberships: readonly Membership[]
  asks?: string
  /** The account whose own provider let them in; that of the installation, or a password, when absent. */
  cameBy?: string
  acts: string | null
  refused?: 'account.suspended' | 'auth.sso_required'
}

const both = { given: 'Member of Acme, then of Initech', memberships: [at(acme), at(initech)] }
const ownOnly = [at(acme, { ssoRequired: true }), at(initech)]

export const standingCases: readonly StandingCase[] = [
  { ...both, acts: acme },
  { ...both, asks: initech, acts: initech },
  { ...both, asks: globex, acts: acme },
  { ...both, asks: 'acc_deleted', acts: acme },
  { ...both, asks: 'platform', acts: acme },
  {
    given: 'Member of Acme, then of Initech, where they are suspended',
    memberships: [at(acme), at(initech, { status: 'suspended' })],
    asks: initech,
    acts: acme,
  },
  {
    given: 'Member of Acme, then of Initech, which is suspended',
    memberships: [at(acme), at(initech, { accountStatus: 'suspended' })],
    asks: initech,
    acts: acme,
  },
  {
    given: 'Member of Acme, which is suspended, then of Initech',
    memberships: [at(acme, { accountStatus: 'suspended' }), at(initech)],
    acts: initech,
  },
  {
    given: 'Member of Acme alone, where they are suspended',
    memberships: [at(acme, { status: 'suspended' })],
    asks: acme,
    acts: null,
    refused: 'account.suspended',
  },
  {
    given: 'Member of Acme alone, which is suspended',
    memberships: [at(acme, { accountStatus: 'suspended' })],
    asks: globex,
    acts: null,
    refused: 'account.suspended',
  },
  {
    given: 'Suspended in the platform, member of Acme',
    memberships: [at('platform', { role: 'super_admin', status: 'suspended' }), at(acme)],
    asks: globex,
    acts: acme,
  },
  { given: 'Member of nothing', memberships: [], asks: acme, acts: null },
  {
    given: 'Came by Acme’s own provider, and is member of Initech too',
    memberships: [at(initech), at(acme)],
    cameBy: acme,
    asks: initech,
    acts: acme,
  },
  {
    given: 'Came by a password, and Acme takes its own provider only; member of Initech too',
    memberships: ownOnly,
    asks: acme,
    acts: initech,
  },
  {
    given: 'Came by a password, and Acme, their only account, takes its own provider only',
    memberships: ownOnly.slice(0, 1),
    acts: null,
    refused: 'auth.sso_required',
  },
]
