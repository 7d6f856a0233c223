/** Every permission a route may ask for, what it means to a person, and the built-in roles that hold it. */
import type { RoleName } from './kit.ts'

export type PermissionFacts = {
  label: string
  section: (typeof permissionSections)[number]
  /** What misuse could cost: `high` reaches money, secrets or other people's access. */
  risk: 'low' | 'medium' | 'high'
  /** Can be held for some orgs or teams only. */
  delegable: boolean
  /** Concerns only what is the holder's own, so holding it raises nobody above another. */
  own: boolean
  /** May change something while one sees the product as somebody else. Reading with it is always possible. */
  asOther: boolean
}

export const permissionSections = [
  'People',
  'Access',
  'Keys',
  'Models',
  'Budgets',
  'Usage',
  'Audit',
  'Account',
  'Platform',
] as const

type Flag = 'delegable' | 'own' | 'asOther'
const fact = (
  section: PermissionFacts['section'],
  risk: PermissionFacts['risk'],
  label: string,
  ...flags: readonly Flag[]
): PermissionFacts => ({
  label,
  section,
  risk,
  delegable: flags.includes('delegable'),
  own: flags.includes('own'),
  asOther: flags.includes('asOther'),
})

const facts = {
  'access.approve': fact('Access', 'high', 'Approve or refuse requests for roles'),
  'access.read': fact('Access', 'low', 'See roles, assignments and who can use what'),
  'access.write': fact('Access', 'high', 'Manage roles, assignments and deny rules'),
  'account.read': fact('Platform', 'low', 'See all accounts'),
  'account.write': fact('Platform', 'high', 'Create and change accounts'),
  'account.delete': fact('Platform', 'high', 'Delete accounts'),
  'audit.export': fact('Audit', 'medium', 'Export the audit log'),
  'audit.manage': fact('Audit', 'high', 'Manage audit retention, streams and holds'),
  'audit.read': fact('Audit', 'low', 'Read the audit log'),
  'budget.grant': fact('Platform', 'high', 'Grant credits to accounts'),
  'budget.read': fact('Budgets', 'low', 'See budgets, allocations and the ledger'),
  'budget.write': fact('Budgets', 'high', 'Plan budgets and allocate credits', 'asOther'),
  'catalog.read': fact('Models', 'low', 'See the catalog of models'),
  'catalog.write': fact('Platform', 'high', 'Manage the catalog and prices of the platform'),
  'content.read': fact('Usage', 'high', 'Read the prompts and answers of others, where they are kept', 'delegable'),
  'directory.read': fact('People', 'low', 'See people, teams and orgs', 'delegable'),
  'directory.write': fact('People', 'high', 'Manage people, teams, orgs and service accounts', 'delegable', 'asOther'),
  'explain.any': fact('Usage', 'low', 'Explain decisions about anybody'),
  'guardrail.read': fact('Models', 'low', 'See guardrails and what they found'),
  'guardrail.write': fact('Models', 'high', 'Manage guardrails, and try them on kept requests'),
  'identity.diagnose': fact('Platform', 'medium', 'Read why sign-ins and tokens fail'),
  'identity.read': fact('Account', 'low', 'See sign-in and directory settings'),
  'identity.write': fact('Account', 'high', 'Manage sign-in and directory settings'),
  'key.read': fact('Keys', 'low', 'See the keys of others', 'delegable'),
  'key.write': fact('Keys', 'high', 'Issue, change and revoke the keys of others', 'delegable'),
  'key.write_own': fact('Keys', 'medium', 'Manage own keys', 'own'),
  'model.read': fact('Models', 'low', 'See the models one may use', 'own'),
  'model.eligibility': fact('Platform', 'high', 'Decide which models an account may choose'),
  'model.select': fact('Models', 'medium', 'Choose the models of the account', 'asOther'),
  'playground.use': fact('Keys', 'low', 'Use the playground and the testing lab', 'own'),
  'provider.read': fact('Models', 'low', 'See provider connections'),
  'provider.write': fact('Models', 'high', 'Manage provider connections, their credentials and own models'),
  'session.manage': fact(
    'Account',
    'high',
    'See and end sessions of others, see failed sign-ins, reset second factors and locks',
  ),
  'settings.read': fact('Account', 'low', 'See settings'),
  'settings.write': fact('Account', 'medium', 'Change settings'),
  'usage.read': fact('Usage', 'medium', 'See the requests and costs of everybody', 'delegable'),
  'usage.read_own': fact('Usage', 'low', 'See own requests', 'own'),
  'user.impersonate': fact('Access', 'high', 'See the product as somebody else'),
} satisfies Record<string, PermissionFacts>

export type Permission = keyof typeof facts
export const permissionFacts: Readonly<Record<Permission, PermissionFacts>> = facts
export const permissions = Object.keys(facts) as readonly Permission[] as readonly [Permission, ...Permission[]]

const endUser: readonly Permission[] = ['key.write_own', 'model.read', 'playground.use', 'usage.read_own']
const member: readonly Permission[] = [...endUser, 'catalog.read', 'directory.read']
const accountAdmin: readonly Permission[] = [
  ...member,
  'access.approve',
  'access.read',
  'access.write',
  'audit.export',
  'audit.manage',
  'audit.read',
  'budget.read',
  'budget.write',
  'content.read',
  'directory.write',
  'explain.any',
  'guardrail.read',
  'guardrail.write',
  'identity.read',
  'identity.write',
  'key.read',
  'key.write',
  'model.select',
  'provider.read',
  'provider.write',
  'session.manage',
  'settings.read',
  'settings.write',
  'usage.read',
]
const support: readonly Permission[] = [
  'access.read',
  'account.read',
  'audit.read',
  'budget.read',
  'catalog.read',
  'directory.read',
  'explain.any',
  'guardrail.read',
  'identity.read',
  'key.read',
  'key.write_own',
  'model.read',
  'provider.read',
  'settings.read',
  'usage.read',
  'usage.read_own',
  'user.impersonate',
]

/** What each built-in role may do. A super admin may do everything, in every account. */
export const rolePermissions: Readonly<Record<RoleName, ReadonlySet<Permission>>> = {
  super_admin: new Set(permissions),
  platform_operator: new Set([
    ...support,
    'account.write',
    'catalog.write',
    'identity.diagnose',
    'model.eligibility',
    'model.select',
    'provider.write',
    'session.manage',
    'settings.write',
  ]),
  support: new Set(support),
  owner: new Set(accountAdmin),
  account_admin: new Set(accountAdmin),
  billing_admin: new Set([...member, 'audit.read', 'budget.read', 'budget.write', 'settings.read', 'usage.read']),
  copilot_admin: new Set([
    ...member,
    'budget.read',
    'budget.write',
    'directory.write',
    'explain.any',
    'guardrail.read',
    'model.select',
    'usage.read',
  ]),
  console_admin: new Set([
    ...member,
    'directory.write',
    'explain.any',
    'guardrail.read',
    'key.read',
    'key.write',
    'provider.read',
    'provider.write',
    'usage.read',
  ]),
  team_admin: new Set(member),
  member: new Set(member),
  end_user: new Set(endUser),
}

const teamAdmin: readonly Permission[] = ['directory.read', 'directory.write', 'key.read', 'key.write', 'usage.read']

export const isDelegable = (permission: Permission): boolean => permissionFacts[permission].delegable

/** What a built-in role may do in the orgs or teams it is given for. A team admin is somebody only there. */
export const sectionPermissions = (role: RoleName): readonly Permission[] =>
  role === 'team_admin' ? teamAdmin : [...rolePermissions[role]].filter(isDelegable)

/** What can be held inside an account at all; everything else belongs to the platform. */
export const accountPermissions: ReadonlySet<Permission> = rolePermissions.owner

/** What a virtual key may ask the control plane about itself. It calls models; the rest is for people. */
export const keyPermissions: ReadonlySet<Permission> = new Set(['model.read', 'usage.read_own'])
