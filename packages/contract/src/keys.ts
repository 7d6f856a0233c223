import { z } from 'zod'
import { id, name, pageOf, RateLimits, routes, searchQuery, timestamp } from './kit.ts'

export const KeyOwner = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('user'), id: id('usr') }),
  z.object({ kind: z.literal('service_account'), id: id('sva') }),
])

export const KeyStatus = z.enum(['active', 'expired', 'revoked'])

/** A virtual key: a credential for the gateway, owned by a user or a service account. */
export const Key = z
  .object({
    id: id('key'),
    name,
    preview: z.string().describe('First and last characters of the secret, safe to show'),
    purpose: z.enum(['gateway', 'playground']),
    owner: z.object({ kind: z.enum(['user', 'service_account']), id: z.string(), name: z.string() }),
    teamId: id('team').nullable().describe('The team whose budget and limits it uses; null: the owner’s primary team'),
    models: z
      .array(z.string().max(120))
      .max(500)
      .nullable()
      .describe('Names of the models it may use; null: all effective models'),
    limits: RateLimits,
    status: KeyStatus,
    expiresAt: timestamp.nullable(),
    rotatedAt: timestamp.nullable(),
    previousValidUntil: timestamp.nullable().describe('Until when the secret before the last rotation still works'),
    lastUsedAt: timestamp.nullable(),
    createdAt: timestamp,
    revokedAt: timestamp.nullable(),
  })
  .meta({ id: 'Key' })
export type Key = z.infer<typeof Key>

export const NewKey = z
  .object({
    name,
    owner: KeyOwner.optional().describe('The caller when absent'),
    teamId: id('team').nullable().default(null),
    models: Key.shape.models.default(null),
    limits: RateLimits.default({ rpm: null, tpm: null }),
    expiresAt: timestamp.nullable().default(null),
  })
  .strict()
export type NewKey = z.infer<typeof NewKey>

export const KeyPatch = z
  .object({
    name,
    teamId: Key.shape.teamId,
    models: Key.shape.models,
    limits: RateLimits,
    expiresAt: timestamp.nullable(),
  })
  .partial()
  .strict()
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type KeyPatch = z.infer<typeof KeyPatch>

const secretHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in 64 lower-case hexadecimal digits')
  .describe('SHA-256 of the secret')

/** A key whose secret was made elsewhere. Its programs go on with it; only the hash of it comes here. */
export const AdoptedKey = NewKey.extend({
  owner: KeyOwner,
  hash: secretHash,
  preview: z.string().trim().min(1).max(40).describe('By which people know the secret again, such as `sk-…x7Qa`'),
})
  .strict()
  .meta({
    example: {
      name: 'Support bot',
      owner: { kind: 'service_account', id: 'sva_0190f5c27d7a7c3e8f00aa11bb22cc33' },
      hash: '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8',
      preview: 'sk-…x7Qa',
    },
  })
export type AdoptedKey = z.output<typeof AdoptedKey>

export const Adoption = z
  .object({
    items: z.array(
      z.object({
        hash: z.string(),
        verdict: z.enum(['adopted', 'known', 'refused']),
        keyId: z.string().nullable().describe('Of `adopted` and `known`'),
        reason: z.string().nullable().describe('Why it is refused, in one sentence'),
      }),
    ),
  })
  .meta({ id: 'KeyAdoption' })
export type Adoption = z.infer<typeof Adoption>

export const IssuedKey = Key.extend({ secret: z.string().describe('Shown once; only its hash is stored') }).meta({
  id: 'IssuedKey',
})

const params = z.object({ id: id('key') })

/** Account admins manage every key of the account; everybody manages their own (`key.write_own`). */
export const keyRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/keys',
    tag: 'Keys',
    permission: 'key.write_own',
    scope: 'account',
    summary: 'List virtual keys',
    description:
      'With `key.read` every key of the account, else the caller’s own and those of teams delegated to them.',
    query: searchQuery.extend({
      status: KeyStatus.optional(),
      ownerId: z.string().max(64).optional(),
      teamId: id('team').optional(),
      model: z.string().max(120).optional(),
      hash: secretHash.optional(),
    }),
    returns: pageOf(Key).extend({ total: z.number().int().describe('Keys that match, counted up to 10,000') }),
  },
  create: {
    method: 'POST',
    path: '/v1/keys',
    tag: 'Keys',
    permission: 'key.write_own',
    scope: 'account',
    status: 201,
    stepUp: 'of_others',
    summary: 'Issue a virtual key',
    body: NewKey,
    returns: IssuedKey,
    problems: ['key.limit_reached', 'user.not_found', 'service_account.not_found', 'team.not_found'],
    emits: 'key.created',
  },
  adopt: {
    method: 'POST',
    path: '/v1/keys/adopt',
    tag: 'Keys',
    permission: 'key.write',
    scope: 'account',
    stepUp: true,
    summary: 'Take over keys of another gateway by the hash of their secrets',
    description:
      'Programs go on with the secret they have. A hash that this account has already is `known` and left as it is, so that sending it twice changes nothing. One that cannot be taken is `refused` and stops no other.',
    body: z.object({ keys: z.array(AdoptedKey).min(1).max(500) }).strict(),
    returns: Adoption,
    emits: 'key.created',
  },
  playground: {
    method: 'POST',
    path: '/v1/keys/playground',
    tag: 'Keys',
    permission: 'playground.use',
    scope: 'account',
    status: 201,
    summary: 'Issue a key of the caller that works for an hour, for the playground',
    returns: IssuedKey,
    problems: ['user.not_found'],
    emits: 'key.created',
  },
  get: {
    method: 'GET',
    path: '/v1/keys/{id}',
    tag: 'Keys',
    permission: 'key.write_own',
    scope: 'account',
    summary: 'Get a virtual key',
    params,
    drifts: ['lastUsedAt'],
    returns: Key,
    problems: ['key.not_found'],
  },
  update: {
    method: 'PATCH',
    path: '/v1/keys/{id}',
    tag: 'Keys',
    permission: 'key.write_own',
    scope: 'account',
    summary: 'Change a virtual key',
    params,
    body: KeyPatch,
    returns: Key,
    problems: ['key.not_found', 'team.not_found'],
    emits: 'key.updated',
  },
  rotate: {
    method: 'POST',
    path: '/v1/keys/{id}/rotate',
    tag: 'Keys',
    permission: 'key.write_own',
    scope: 'account',
    stepUp: 'of_others',
    summary: 'Replace the secret; the old one works until the grace period ends',
    params,
    body: z.object({ graceSeconds: z.number().int().min(0).max(2_592_000).default(86_400) }).strict(),
    returns: IssuedKey,
    problems: ['key.not_found'],
    emits: 'key.rotated',
  },
  revoke: {
    method: 'DELETE',
    path: '/v1/keys/{id}',
    tag: 'Keys',
    permission: 'key.write_own',
    scope: 'account',
    status: 204,
    summary: 'Revoke a virtual key; it stops within a second',
    params,
    returns: z.void(),
    problems: ['key.not_found'],
    emits: 'key.revoked',
  },
})
