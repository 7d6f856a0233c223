import { z } from 'zod'
import { dryRunQuery, email, id, name, pageOf, RateLimits, routes, searchQuery, timestamp } from './kit.ts'
import { Credits } from './money.ts'

export const AccountStatus = z.enum(['active', 'suspended'])
export const domainName = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(/^([a-z0-9-]{1,63}\.)+[a-z]{2,63}$/, 'must be a domain like example.com')

/** How many credits one US dollar of provider cost is. At most four places, more than 0. */
export const CreditsFactor = z
  .string()
  .regex(/^\d{1,4}(\.\d{1,4})?$/, 'must be a decimal number with at most 4 places, e.g. "1.2"')
  .refine((text) => Number(text) > 0, 'must be more than 0')

/** The same of calls that the account pays its provider for itself; 0 where the platform wants nothing for them. */
const OwnConnectionsFactor = z
  .string()
  .regex(/^\d{1,4}(\.\d{1,4})?$/, 'must be a decimal number with at most 4 places, e.g. "0.05"')
  .nullable()

const seatsMax = z.number().int().min(1).max(10_000_000).nullable()

export const Account = z
  .object({
    id: id('acc'),
    name,
    alias: z.string().trim().max(80).nullable(),
    domain: domainName.nullable().describe('E-mail domain of its people'),
    status: AccountStatus,
    timezone: z.string().max(64).describe('IANA zone in which budget cycles start and end'),
    creditsFactor: CreditsFactor.describe('Credits for one US dollar of provider cost'),
    ownConnectionsFactor: OwnConnectionsFactor.describe(
      'The same of calls over its own provider connections alone; null: as of every call',
    ),
    limits: RateLimits,
    seatsMax: seatsMax.describe('People it may have; null: as many as come'),
    logContent: z.boolean().describe('Whether requests keep prompts and answers; off unless switched on'),
    metadata: z.record(z.string().max(80), z.unknown()),
    users: z.number().int(),
    keys: z.number().int(),
    creditsSpent: Credits.describe('Credits settled in the current budget cycle'),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Account' })
export type Account = z.infer<typeof Account>

const editable = {
  name,
  alias: Account.shape.alias,
  domain: domainName.nullable(),
  timezone: z.string().max(64).refine(isTimeZone, 'must be an IANA time zone such as Europe/Paris'),
  creditsFactor: CreditsFactor,
  ownConnectionsFactor: OwnConnectionsFactor,
  limits: RateLimits,
  seatsMax,
  logContent: z.boolean(),
  metadata: Account.shape.metadata,
}

export const NewAccount = z
  .object({
    ...z.object(editable).partial().shape,
    name,
    adminEmail: email.optional().describe('First account admin: an existing user joins, a new one is created'),
    adminName: name.optional(),
    adminPassword: z.string().min(12).max(200).optional().describe('For a new user only'),
  })
  .strict()
export type NewAccount = z.infer<typeof NewAccount>

export const AccountPatch = z
  .object({ ...z.object(editable).partial().shape, status: AccountStatus.optional() })
  .strict()
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type AccountPatch = z.infer<typeof AccountPatch>

const params = z.object({ id: id('acc') })

export const accountRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/accounts',
    tag: 'Accounts',
    permission: 'account.read',
    scope: 'platform',
    summary: 'List accounts',
    query: searchQuery.extend({ status: AccountStatus.optional() }),
    returns: pageOf(Account),
  },
  create: {
    method: 'POST',
    path: '/v1/accounts',
    tag: 'Accounts',
    permission: 'account.write',
    scope: 'platform',
    status: 201,
    summary: 'Create an account',
    description: 'Creates its default org `global` and, if named, its first admin.',
    body: NewAccount,
    returns: Account,
    problems: ['account.name_taken', 'account.domain_taken', 'user.unproven_email', 'password.refused'],
    emits: 'account.created',
  },
  get: {
    method: 'GET',
    path: '/v1/accounts/{id}',
    tag: 'Accounts',
    permission: 'account.read',
    scope: 'platform',
    summary: 'Get an account',
    params,
    drifts: ['users', 'keys', 'creditsSpent'],
    returns: Account,
    problems: ['account.not_found'],
  },
  update: {
    method: 'PATCH',
    path: '/v1/accounts/{id}',
    tag: 'Accounts',
    permission: 'account.write',
    scope: 'platform',
    stepUp: ['status'],
    summary: 'Change an account',
    params,
    body: AccountPatch,
    returns: Account,
    emits: 'account.updated',
    problems: ['account.not_found', 'account.name_taken', 'account.domain_taken'],
  },
  setStatus: {
    method: 'POST',
    path: '/v1/accounts/{id}/status',
    tag: 'Accounts',
    permission: 'account.write',
    scope: 'platform',
    stepUp: true,
    summary: 'Suspend or activate an account',
    description: 'The keys of a suspended account stop within a second.',
    params,
    body: z.object({ status: AccountStatus }).strict(),
    returns: Account,
    problems: ['account.not_found'],
    emits: 'account.status_changed',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/accounts/{id}',
    tag: 'Accounts',
    permission: 'account.delete',
    scope: 'platform',
    stepUp: true,
    summary: 'Suspend an account, or delete it for good',
    description:
      'Without `hard_delete` the account is suspended. With it, everything the account owns is deleted; `confirm_name` must equal its name. `dry_run=1` counts what would go.',
    params,
    dryRun: true,
    query: dryRunQuery.extend({
      hard_delete: z.stringbool().default(false),
      confirm_name: z.string().max(80).optional(),
    }),
    returns: z.object({
      status: z.enum(['suspended', 'deleted', 'dry_run']),
      accountId: id('acc'),
      rows: z.record(z.string(), z.number().int()).describe('Rows deleted, by table'),
    }),
    problems: ['account.not_found', 'account.confirmation_wrong'],
    emits: 'account.deleted',
  },
})

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
