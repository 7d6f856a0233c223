/** What a program proves itself with at the token endpoint, to act on the API as its service account (RFC 6749 §4.4). */
import { z } from 'zod'
import { id, name, routes, timestamp } from './kit.ts'

export const ClientCredential = z
  .object({
    id: id('ccr'),
    serviceAccountId: id('sva').describe('Also the `client_id`'),
    name,
    preview: z.string().describe('First and last characters of the secret'),
    status: z.enum(['active', 'expired', 'revoked']),
    expiresAt: timestamp.nullable(),
    lastUsedAt: timestamp.nullable().describe('When it last fetched a token'),
    createdAt: timestamp,
  })
  .meta({ id: 'ClientCredential' })
export type ClientCredential = z.infer<typeof ClientCredential>

const IssuedClientCredential = ClientCredential.extend({
  secret: z.string().describe('The `client_secret`, shown once'),
  tokenUrl: z.string().describe('Where tokens are fetched'),
}).meta({ id: 'IssuedClientCredential' })
export type IssuedClientCredential = z.infer<typeof IssuedClientCredential>

const serviceAccount = z.object({ id: id('sva') })
const common = { scope: 'account', tag: 'Directory' } as const

export const clientCredentialRoutes = routes({
  list: {
    ...common,
    method: 'GET',
    path: '/v1/service-accounts/{id}/credentials',
    permission: 'directory.read',
    summary: 'List the client credentials of a service account',
    params: serviceAccount,
    returns: z.object({
      items: z.array(ClientCredential).describe('The newest first; those that ended for thirty days'),
    }),
    problems: ['service_account.not_found'],
  },
  create: {
    ...common,
    method: 'POST',
    path: '/v1/service-accounts/{id}/credentials',
    permission: 'directory.write',
    asOther: 'never',
    stepUp: true,
    status: 201,
    summary: 'Create a client credential; its secret is shown once',
    description:
      'Refused for a service account that may do more than the caller. `POST /v1/oauth/token` exchanges it for access tokens.',
    params: serviceAccount,
    body: z.object({ name, expiresAt: timestamp.nullable().default(null) }).strict(),
    returns: IssuedClientCredential,
    problems: ['service_account.not_found', 'client_credential.limit_reached'],
    emits: 'client_credential.created',
  },
  revoke: {
    ...common,
    method: 'DELETE',
    path: '/v1/service-accounts/{id}/credentials/{credentialId}',
    permission: 'directory.write',
    status: 204,
    summary: 'Revoke a client credential; its tokens end at once',
    params: serviceAccount.extend({ credentialId: id('ccr') }),
    returns: z.void(),
    problems: ['service_account.not_found', 'client_credential.not_found'],
    emits: 'client_credential.revoked',
  },
})
