import { z } from 'zod'
import { id, name, pageOf, routes, searchQuery, timestamp } from './kit.ts'
import { kindFacts, type ProviderKindName, providerKinds } from './provider-kinds.ts'

export const ProviderKind = z.enum(Object.keys(providerKinds) as [ProviderKindName, ...ProviderKindName[]])
export type ProviderKind = z.infer<typeof ProviderKind>

/** What happens upstream when the caller hangs up: `abort` closes the call, `drain` reads it to the end. Both bill. */
export const OnDisconnect = z.enum(['abort', 'drain'])

export const Timeouts = z
  .object({
    connectMs: z.number().int().min(100).max(60_000),
    firstByteMs: z
      .number()
      .int()
      .min(100)
      .max(600_000)
      .describe('From sending the request to the first byte of the answer'),
    idleMs: z.number().int().min(100).max(600_000).describe('Between two pieces of a stream'),
    totalMs: z.number().int().min(1_000).max(3_600_000),
  })
  .meta({ id: 'Timeouts' })
export const defaultTimeouts: z.infer<typeof Timeouts> = {
  connectMs: 5_000,
  firstByteMs: 120_000,
  idleMs: 60_000,
  totalMs: 900_000,
}

/** What single kinds need besides address and key. */
export const ProviderOptions = z
  .object({
    apiVersion: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/, 'must be a date such as 2024-10-21')
      .optional()
      .describe('`azure`: calls deployments by this dated version; without it, the v1 surface is called'),
  })
  .strict()
  .meta({ id: 'ProviderOptions' })
export type ProviderOptions = z.infer<typeof ProviderOptions>

/** Which kind each option belongs to. */
const optionKinds: Record<keyof ProviderOptions, readonly ProviderKind[]> = { apiVersion: ['azure'] }

/** The options that a kind does not have. */
export const strangeOptions = (kind: ProviderKind, options: ProviderOptions): (keyof ProviderOptions)[] =>
  (Object.keys(options) as (keyof ProviderOptions)[]).filter((option) => !optionKinds[option].includes(kind))

/** Asks a connection for its models again and again, so that callers need not find out that it is down. */
export const HealthCheck = z
  .object({
    everySeconds: z.number().int().min(5).max(3_600),
    failures: z
      .number()
      .int()
      .min(1)
      .max(20)
      .describe('So many failures in a row, and it is down until a check succeeds'),
  })
  .strict()
  .meta({ id: 'HealthCheck' })
export type HealthCheck = z.infer<typeof HealthCheck>

/** The outcome of one live test of a connection. */
export const ConnectionTest = z
  .object({
    ok: z.boolean(),
    at: timestamp,
    latencyMs: z.number().int().nullable(),
    reason: z.string().nullable().describe('Why it failed and what to do, in one sentence'),
    models: z.array(z.string()).describe('Names of the models the provider lists, at most 500'),
    note: z.string().nullable().describe('What a test that went well does not prove, in one sentence'),
  })
  .meta({ id: 'ConnectionTest' })
export type ConnectionTest = z.infer<typeof ConnectionTest>

export const ProviderConnection = z
  .object({
    id: id('con'),
    ownedBy: z.enum(['platform', 'account']),
    name,
    kind: ProviderKind,
    baseUrl: z.string().nullable().describe('Null for `demo`'),
    options: ProviderOptions,
    secret: z
      .object({ masked: z.string(), fingerprint: z.string(), rotatedAt: timestamp })
      .nullable()
      .describe('Write-only: the value is never shown'),
    onDisconnect: OnDisconnect,
    timeouts: Timeouts,
    maxRetries: z.number().int(),
    passThrough: z.boolean().describe('Whether callers reach the provider’s own paths at `/providers/{connection}/…`'),
    status: z.enum(['active', 'disabled']),
    healthCheck: HealthCheck.nullable().describe('Null: nobody looks'),
    downSince: timestamp
      .nullable()
      .describe('While its checks fail, calls go to other deployments where there are any'),
    lastTest: ConnectionTest.omit({ models: true, note: true }).nullable(),
    models: z.number().int().describe('Models that have a deployment on it'),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'ProviderConnection' })
export type ProviderConnection = z.infer<typeof ProviderConnection>

const baseUrl = z
  .url({ protocol: /^https?$/, message: 'must be an http(s) URL such as https://api.openai.com/v1' })
  .max(400)
const secret = z.string().trim().min(1).max(4_000)

export const NewProviderConnection = z
  .object({
    name,
    kind: ProviderKind,
    baseUrl: baseUrl
      .optional()
      .describe('Required for kinds without an address of their own; the provider’s own address otherwise'),
    secret: secret
      .optional()
      .describe(
        'The provider’s API key; servers of one’s own may want none. For `vertex` and `vertex-anthropic` the key file of a service account, for `bedrock` ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]',
      ),
    options: ProviderOptions.default({}),
    onDisconnect: OnDisconnect.default('abort'),
    timeouts: Timeouts.partial().optional(),
    maxRetries: z.number().int().min(0).max(5).default(2),
    healthCheck: HealthCheck.nullable().default(null),
    passThrough: z.boolean().default(false),
  })
  .strict()
  .superRefine((value, issue) => {
    const { place, baseUrl: known, key } = kindFacts(value.kind)
    const required = (path: string) =>
      issue.addIssue({ code: 'custom', path: [path], message: 'is required for this kind' })
    if (place !== 'built_in' && known === null && !value.baseUrl) required('baseUrl')
    if (key === 'required' && !value.secret) required('secret')
    for (const option of strangeOptions(value.kind, value.options))
      issue.addIssue({ code: 'custom', path: ['options', option], message: 'is not an option of this kind' })
  })
  .meta({ example: { name: 'Demo', kind: 'demo' } })
export type NewProviderConnection = z.infer<typeof NewProviderConnection>

export const ProviderConnectionPatch = z
  .object({
    name,
    baseUrl,
    secret: secret.describe('A new value; the masked value or absence keeps the old one'),
    options: ProviderOptions.describe('Replaces all options'),
    onDisconnect: OnDisconnect,
    timeouts: Timeouts.partial(),
    maxRetries: z.number().int().min(0).max(5),
    healthCheck: HealthCheck.nullable(),
    passThrough: z.boolean(),
    status: z.enum(['active', 'disabled']),
  })
  .partial()
  .strict()
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type ProviderConnectionPatch = z.infer<typeof ProviderConnectionPatch>

/** What the checks of a connection said, of the last day. */
export const ConnectionHealth = z
  .object({
    periods: z
      .array(
        z.object({
          from: timestamp,
          checks: z.number().int(),
          failed: z.number().int(),
          latencyMs: z.number().int().nullable().describe('Mean of those that succeeded'),
        }),
      )
      .describe('Half an hour each, oldest first; those without a check are left out'),
    recent: z
      .array(
        z.object({
          at: timestamp,
          ok: z.boolean(),
          latencyMs: z.number().int().nullable(),
          reason: z.string().nullable(),
        }),
      )
      .describe('The last twenty, newest first'),
  })
  .meta({ id: 'ConnectionHealth' })
export type ConnectionHealth = z.infer<typeof ConnectionHealth>

const params = z.object({ id: id('con') })

/** In an account these are its own connections (BYOK); without a chosen account a super admin works on the platform's. */
export const providerRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/provider-connections',
    tag: 'Providers',
    permission: 'provider.read',
    scope: 'any',
    summary: 'List provider connections',
    query: searchQuery.extend({ kind: ProviderKind.optional() }),
    returns: pageOf(ProviderConnection),
  },
  create: {
    method: 'POST',
    path: '/v1/provider-connections',
    tag: 'Providers',
    permission: 'provider.write',
    scope: 'any',
    status: 201,
    summary: 'Connect a provider',
    body: NewProviderConnection,
    returns: ProviderConnection,
    problems: ['provider_connection.name_taken'],
    emits: 'provider_connection.created',
  },
  probe: {
    method: 'POST',
    path: '/v1/provider-connections/test',
    tag: 'Providers',
    permission: 'provider.write',
    scope: 'any',
    summary: 'Test connection settings before saving them',
    body: NewProviderConnection,
    returns: ConnectionTest,
  },
  get: {
    method: 'GET',
    path: '/v1/provider-connections/{id}',
    tag: 'Providers',
    permission: 'provider.read',
    scope: 'any',
    summary: 'Get a provider connection',
    params,
    drifts: ['lastTest', 'models', 'downSince'],
    returns: ProviderConnection,
    problems: ['provider_connection.not_found'],
  },
  update: {
    method: 'PATCH',
    path: '/v1/provider-connections/{id}',
    tag: 'Providers',
    permission: 'provider.write',
    scope: 'any',
    summary: 'Change a provider connection',
    params,
    body: ProviderConnectionPatch,
    returns: ProviderConnection,
    problems: ['provider_connection.not_found', 'provider_connection.name_taken'],
    emits: 'provider_connection.updated',
    // another address would be given the stored secret
    stepUp: ['secret', 'baseUrl'],
  },
  health: {
    method: 'GET',
    path: '/v1/provider-connections/{id}/health',
    tag: 'Providers',
    permission: 'provider.read',
    scope: 'any',
    summary: 'What the health checks of a connection said within the last day',
    params,
    returns: ConnectionHealth,
    problems: ['provider_connection.not_found'],
  },
  test: {
    method: 'POST',
    path: '/v1/provider-connections/{id}/test',
    tag: 'Providers',
    permission: 'provider.write',
    scope: 'any',
    summary: 'Test a saved connection now',
    params,
    returns: ConnectionTest,
    problems: ['provider_connection.not_found'],
    emits: 'provider_connection.tested',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/provider-connections/{id}',
    tag: 'Providers',
    permission: 'provider.write',
    scope: 'any',
    status: 204,
    summary: 'Delete a connection no model uses',
    params,
    returns: z.void(),
    problems: ['provider_connection.not_found', 'provider_connection.in_use'],
    emits: 'provider_connection.deleted',
  },
})
