import { z } from 'zod'
import { pageOf, pageQuery, RoleName, routes, timestamp } from './kit.ts'

export const productDomains = ['copilot', 'console'] as const

/**
 * How a caller comes in. `zitadel` is the identity provider of the installation, `sso` one of an account, `local` a
 * session that began here; the others are what a bearer is. A token that is not verified is none of these.
 */
export const AuthProvider = z.enum([
  'local',
  'zitadel',
  'sso',
  'break_glass',
  'master_key',
  'virtual_key',
  'service_account',
  'scim',
])
export type AuthProvider = z.infer<typeof AuthProvider>

export const ZitadelStatus = z
  .object({
    enabled: z.boolean().describe('The caller came in by the identity provider of the installation'),
    zitadelConfigured: z.boolean(),
    issuer: z.string().nullable(),
    authProvider: AuthProvider.nullable().describe('Null for nobody'),
    accountId: z.string().nullable(),
    roles: z.array(RoleName),
    scopes: z.array(z.string()),
    productDomainsAllowed: z.array(z.enum(productDomains)),
  })
  .meta({ id: 'ZitadelStatus' })

export const refusalReasons = [
  'malformed',
  'algorithm',
  'issuer_unknown',
  'key_unknown',
  'keys_unavailable',
  'signature',
  'audience',
  'expired',
  'not_yet_valid',
  'claims',
  'id_token',
  'inactive',
  'introspection_unavailable',
  'introspection_off',
  'overloaded',
  'revoked',
  'no_account',
  'email_of_another',
  'not_vouched',
  'no_seat',
  'state_unknown',
  'mix_up',
  'denied',
  'code_refused',
  'client_refused',
  'token_wrong',
  'issuer_wrong',
  'unreachable',
  'not_a_provider',
  'too_old',
  'domain',
  'suspended',
  'address',
  'other_person',
  'replayed',
] as const
export type RefusalReason = (typeof refusalReasons)[number]
export const refusalPlaces = ['api', 'gateway', 'browser', 'back_channel'] as const

/**
 * A token that was refused, or a sign-in at an identity provider: what it claims, and why that is not believed. Never the
 * token or the code itself.
 */
export const TokenRefusal = z
  .object({
    id: z.string().describe('Stays when the same is refused again'),
    at: timestamp.describe('The last time'),
    firstAt: timestamp,
    times: z.number().int(),
    place: z
      .enum(refusalPlaces)
      .describe(
        '`api`, `gateway`: a bearer token; `browser`: a sign-in at an identity provider; `back_channel`: its word that somebody left',
      ),
    reason: z.enum(refusalReasons),
    detail: z.string(),
    issuer: z.string().nullable(),
    kid: z.string().nullable(),
    algorithm: z.string().nullable(),
    audience: z.array(z.string()),
    subject: z.string().nullable(),
    client: z.string().nullable(),
    email: z.string().nullable().describe('Whom the provider names in a browser'),
    providerAccount: z.string().nullable().describe('The account whose own provider it is'),
    requestId: z.string().nullable().describe('Of the last time, as the log has it; null for bearer tokens'),
    claims: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TokenRefusal' })
export type TokenRefusal = z.infer<typeof TokenRefusal>

export const TokenDiagnostics = pageOf(TokenRefusal)
  .extend({
    provider: z
      .object({
        issuer: z.string(),
        audiences: z.array(z.string()),
        keys: z.object({
          url: z.string().nullable(),
          keyIds: z.array(z.string()),
          fetchedAt: timestamp.nullable(),
          lastError: z.string().nullable(),
          lastErrorAt: timestamp.nullable(),
        }),
        introspection: z.object({
          isConfigured: z.boolean(),
          last: z.object({ ok: z.boolean(), at: timestamp, detail: z.string().nullable() }).nullable(),
        }),
      })
      .nullable()
      .describe('The identity provider of the installation as this process knows it'),
    mapping: z
      .object({
        accountId: z.array(z.string()),
        productDomains: z.array(z.string()),
        homeOrg: z.array(z.string()),
        roles: z.array(z.string()),
        superAdminRoleKeys: z.array(z.string()),
        accountAdminRoleKeys: z.array(z.string()),
        platformOrgId: z.string().nullable(),
      })
      .describe('Claims that are read, and role keys that make admins'),
  })
  .meta({ id: 'TokenDiagnostics' })

export const tokenRoutes = routes({
  diagnostics: {
    method: 'GET',
    path: '/v1/auth/diagnostics',
    tag: 'Identity',
    permission: 'identity.diagnose',
    scope: 'platform',
    summary: 'Why tokens and sign-ins at a provider were refused lately, and how the identity provider does',
    query: pageQuery.extend({
      reason: z.enum(refusalReasons).optional(),
      place: z.enum(refusalPlaces).optional(),
      refusalId: z.string().max(64).optional().describe('This one only'),
    }),
    returns: TokenDiagnostics,
  },
  zitadelStatus: {
    method: 'GET',
    path: '/v1/auth/zitadel/status',
    tag: 'Identity',
    permission: 'signed-in',
    strangers: true,
    scope: 'any',
    summary: 'Whether the identity provider is set up, and whether the caller came by it',
    returns: ZitadelStatus,
  },
})
