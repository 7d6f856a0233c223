/** Single sign-on: the identity provider of an account, the e-mail domains it has proven, and the way in for browsers. */
import { z } from 'zod'
import { invitationToken } from './invites.ts'
import { AccountRole, accountRoles, email, id, name, restrictions, routes, timestamp } from './kit.ts'

export const SsoKind = z.enum(['zitadel', 'oidc'])
export type SsoKind = z.infer<typeof SsoKind>

/** What a browser sees of a kept secret; sent back, it keeps the secret. */
export const maskedSecret = '••••••••'

const claimName = z.string().trim().min(1).max(200).meta({ example: 'groups' })
const rolesGiven = accountRoles.filter((role) => role !== 'owner')
const GivenRole = z.enum(rolesGiven as [AccountRole, ...AccountRole[]])

/** How the provider calls what Cockpit wants to know. A dot leads into an object: `realm_access.roles`. */
export const ClaimMapping = z
  .object({
    email: claimName,
    name: claimName,
    roles: claimName.describe('A list of names, or an object whose keys are the names'),
    roleMap: z.record(z.string().min(1).max(200), GivenRole).describe('What a name given by the provider means here'),
    trustEmail: z
      .boolean()
      .describe('Takes an e-mail as verified although the provider does not say so; it never counts against its word'),
  })
  .strict()
  .meta({ id: 'ClaimMapping' })
export type ClaimMapping = z.infer<typeof ClaimMapping>

const domain = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(
    /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/,
    'must be a domain like example.com',
  )
  .meta({ example: 'example.com' })
const scope = z
  .string()
  .trim()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'must be a scope without spaces')
  .meta({ example: 'profile' })

/** The outcome of one step of a test. */
export const SsoTestStep = z.object({
  step: z.enum(['discovery', 'keys', 'clock', 'redirect_uri', 'client', 'sign_out']),
  state: z.enum(['ok', 'warning', 'failed', 'skipped']),
  detail: z.string().describe('What was found; when it failed, why and what to do'),
})
export type SsoTestStep = z.infer<typeof SsoTestStep>
export const SsoTest = z.object({ ok: z.boolean(), at: timestamp, steps: z.array(SsoTestStep) }).meta({ id: 'SsoTest' })
export type SsoTest = z.infer<typeof SsoTest>

export const Sso = z
  .object({
    accountId: id('acc'),
    kind: SsoKind.nullable().describe('Null while nothing is set up'),
    name: z.string().describe('How the button on the sign-in page calls it'),
    issuer: z.string().nullable(),
    clientId: z.string().nullable(),
    clientSecret: z
      .object({ masked: z.string(), fingerprint: z.string(), rotatedAt: timestamp })
      .nullable()
      .describe('Write-only: the value is never shown'),
    scopes: z.array(z.string()),
    claims: ClaimMapping,
    emailDomains: z.array(z.string()).describe('Only these may sign in; empty: every domain the account has verified'),
    enabled: z.boolean(),
    required: z.boolean().describe('People of the account come in by this provider only'),
    adminSignedInAt: timestamp
      .nullable()
      .describe('When an administrator last came in by these very settings; before that it cannot be required'),
    believedAbout: z
      .array(AccountRole)
      .describe('The provider lets in people of these roles: those who may do no more than whoever saved it'),
    redirectUri: z.string().describe('To register at the provider, letter for letter'),
    postLogoutRedirectUri: z.string(),
    backchannelLogoutUri: z.string(),
    lastTest: SsoTest.nullable(),
    updatedAt: timestamp.nullable(),
  })
  .meta({ id: 'Sso' })
export type Sso = z.infer<typeof Sso>

// null and an empty text leave what is there, so that a form may send every field it shows
const orNothing = <T extends z.ZodType>(schema: T) => z.union([z.literal(''), schema]).nullish()

export const SsoPatch = z
  .object({
    kind: SsoKind.nullish(),
    name: orNothing(name),
    issuer: orNothing(
      z
        .url({ protocol: /^https?$/, message: 'must be the issuer of the provider, such as https://login.example.com' })
        .max(400),
    ),
    clientId: orNothing(z.string().trim().min(1).max(400)),
    clientSecret: orNothing(z.string().trim().min(1).max(4_000)).describe(
      'A new value; the mask or absence keeps the old one',
    ),
    scopes: z.array(scope).max(30).nullish(),
    claims: ClaimMapping.partial().nullish(),
    emailDomains: z.array(domain).max(100).nullish(),
    enabled: z.boolean().nullish(),
    required: z.boolean().nullish(),
  })
  .strict()
  .meta({
    id: 'SsoPatch',
    example: { kind: 'oidc', name: 'Example', issuer: 'https://login.example.com', clientId: 'cockpit' },
  })
export type SsoPatch = z.infer<typeof SsoPatch>

export const AccountDomain = z
  .object({
    id: id('dom'),
    domain: z.string(),
    verifiedAt: timestamp.nullable(),
    record: z.object({ type: z.literal('TXT'), name: z.string(), value: z.string() }).describe('What proves it'),
    createdAt: timestamp,
  })
  .meta({ id: 'AccountDomain' })
export type AccountDomain = z.infer<typeof AccountDomain>

/** One way in that is offered. */
export const SsoOffer = z.object({
  accountId: id('acc').nullable().describe('Null: the provider of the installation'),
  name: z.string(),
  kind: SsoKind,
})
export type SsoOffer = z.infer<typeof SsoOffer>
export const SignInWays = z
  .object({
    password: z.boolean(),
    sso: z.array(SsoOffer).describe('The best first'),
  })
  .meta({ id: 'SignInWays' })
export type SignInWays = z.infer<typeof SignInWays>

const ofAccount = z.object({ id: id('acc') })
const ofDomain = z.object({ id: id('dom') })
const Onwards = z.object({ location: z.string().describe('Where the browser goes next') })
const path = z.string().max(2_000).describe('A path of the console to return to')

const settings = ['sso.incomplete', 'sso.lockout', 'sso.issuer_refused'] as const

export const ssoRoutes = routes({
  ofAccount: {
    method: 'GET',
    path: '/v1/accounts/{id}/sso',
    tag: 'Single sign-on',
    permission: 'identity.read',
    scope: 'platform',
    summary: 'Get the identity provider of an account',
    sensitive: true,
    emits: 'sso.read',
    params: ofAccount,
    drifts: ['lastTest'],
    returns: Sso,
    problems: ['account.not_found'],
  },
  setOfAccount: {
    method: 'POST',
    path: '/v1/accounts/{id}/sso',
    tag: 'Single sign-on',
    permission: 'identity.write',
    scope: 'platform',
    summary: 'Set up or change the identity provider of an account',
    description: 'Fields that are absent, null or empty stay as they are, and so does a secret that comes masked.',
    params: ofAccount,
    body: SsoPatch,
    returns: Sso,
    problems: ['account.not_found', ...settings],
    emits: 'sso.updated',
    stepUp: true,
  },
  removeOfAccount: {
    method: 'DELETE',
    path: '/v1/accounts/{id}/sso',
    tag: 'Single sign-on',
    permission: 'identity.write',
    scope: 'platform',
    summary: 'Remove the identity provider of an account',
    params: ofAccount,
    returns: z.object({ deleted: z.boolean() }),
    problems: ['account.not_found', 'sso.lockout'],
    emits: 'sso.removed',
    stepUp: true,
  },
  get: {
    method: 'GET',
    path: '/v1/sso',
    tag: 'Single sign-on',
    permission: 'identity.read',
    scope: 'account',
    summary: 'Get the own identity provider of the account',
    sensitive: true,
    emits: 'sso.read',
    drifts: ['lastTest'],
    returns: Sso,
  },
  set: {
    method: 'POST',
    path: '/v1/sso',
    tag: 'Single sign-on',
    permission: 'identity.write',
    scope: 'account',
    summary: 'Set up or change the own identity provider',
    description: 'Fields that are absent, null or empty stay as they are, and so does a secret that comes masked.',
    body: SsoPatch,
    returns: Sso,
    problems: settings,
    emits: 'sso.updated',
    stepUp: true,
  },
  remove: {
    method: 'DELETE',
    path: '/v1/sso',
    tag: 'Single sign-on',
    permission: 'identity.write',
    scope: 'account',
    summary: 'Remove the own identity provider',
    returns: z.object({ deleted: z.boolean() }),
    problems: ['sso.lockout'],
    emits: 'sso.removed',
    stepUp: true,
  },
  test: {
    method: 'POST',
    path: '/v1/sso/test',
    tag: 'Single sign-on',
    permission: 'identity.write',
    scope: 'account',
    summary: 'Test the own identity provider, step by step',
    description: 'Fields of the body stand in for saved ones, so that settings can be tested before they are saved.',
    body: SsoPatch,
    returns: SsoTest,
    problems: ['sso.incomplete', 'sso.issuer_refused'],
    emits: 'sso.tested',
  },
  domains: {
    method: 'GET',
    path: '/v1/sso/domains',
    tag: 'Single sign-on',
    permission: 'identity.read',
    scope: 'account',
    summary: 'List the e-mail domains of the account',
    returns: z.object({ items: z.array(AccountDomain) }),
  },
  addDomain: {
    method: 'POST',
    path: '/v1/sso/domains',
    tag: 'Single sign-on',
    permission: 'identity.write',
    scope: 'account',
    status: 201,
    summary: 'Claim an e-mail domain; it counts once a TXT record proves it',
    body: z.object({ domain }).strict(),
    returns: AccountDomain,
    problems: ['domain.taken', 'domain.too_many'],
    emits: 'domain.added',
  },
  verifyDomain: {
    method: 'POST',
    path: '/v1/sso/domains/{id}/verify',
    tag: 'Single sign-on',
    permission: 'identity.write',
    scope: 'account',
    stepUp: true,
    summary: 'Look for the TXT record that proves a domain',
    params: ofDomain,
    returns: AccountDomain,
    problems: ['domain.not_found', 'domain.not_proven', 'domain.taken'],
    emits: 'domain.verified',
  },
  removeDomain: {
    method: 'DELETE',
    path: '/v1/sso/domains/{id}',
    tag: 'Single sign-on',
    permission: 'identity.write',
    scope: 'account',
    status: 204,
    summary: 'Give up an e-mail domain',
    params: ofDomain,
    returns: z.void(),
    problems: ['domain.not_found', 'sso.lockout'],
    emits: 'domain.removed',
    stepUp: true,
  },
})

export const signInRoutes = routes({
  resolve: {
    method: 'POST',
    path: '/v1/auth/resolve',
    tag: 'Sign-in',
    permission: 'public',
    scope: 'none',
    summary: 'Which ways in there are for an e-mail',
    description:
      'Depends on the domain of the e-mail, or on the account, organisation or invitation that is named, and never on whether anybody with this e-mail exists.',
    body: z
      .object({
        email,
        accountId: id('acc').optional(),
        orgId: z
          .string()
          .trim()
          .min(1)
          .max(200)
          .optional()
          .describe('An organisation at the provider of the installation'),
        invitation: invitationToken
          .optional()
          .describe(
            'The secret of an invitation’s link: counts while that is open and for this e-mail. One that opens nothing is as none.',
          ),
      })
      .strict(),
    returns: SignInWays,
    problems: ['auth.asked_too_often'],
  },
  start: {
    method: 'POST',
    path: '/v1/auth/start',
    tag: 'Sign-in',
    permission: 'public',
    scope: 'none',
    summary: 'Begin a sign-in at an identity provider',
    body: z
      .object({
        accountId: id('acc')
          .nullish()
          .describe('The account whose own provider it is; without, that of the installation'),
        email: email.optional(),
        next: path.optional(),
      })
      .strict(),
    returns: Onwards,
    problems: ['sso.not_available', 'sso.provider_failed', 'auth.asked_too_often'],
  },
  confirm: {
    evenWhen: restrictions,
    method: 'POST',
    path: '/v1/auth/step-up/sso',
    tag: 'Sign-in',
    permission: 'signed-in',
    scope: 'none',
    summary: 'Begin to prove again who you are, at the provider you came by',
    body: z.object({ next: path.optional() }).strict(),
    returns: Onwards,
    problems: ['sso.not_available', 'sso.provider_failed'],
  },
  callback: {
    method: 'GET',
    path: '/v1/auth/callback',
    tag: 'Sign-in',
    permission: 'public',
    scope: 'none',
    summary: 'Where the provider of the installation sends the browser back to',
    description: 'Whatever goes wrong leads back to the sign-in page with a reason in `error`.',
    query: z.looseObject({}),
    returns: Onwards,
    redirects: true,
    emits: 'session.created',
  },
  callbackOfAccount: {
    method: 'GET',
    path: '/v1/auth/callback/{id}',
    tag: 'Sign-in',
    permission: 'public',
    scope: 'none',
    summary: 'Where the own provider of an account sends the browser back to',
    description: 'One address for each provider, so that the answer of one is never taken for that of another.',
    params: z.object({ id: z.string().max(64) }),
    query: z.looseObject({}),
    returns: Onwards,
    redirects: true,
    emits: 'session.created',
  },
  signOut: {
    evenWhen: restrictions,
    fromAnywhere: true,
    asOther: 'always',
    method: 'POST',
    path: '/v1/auth/sign-out',
    tag: 'Sign-in',
    permission: 'signed-in',
    scope: 'none',
    summary: 'Sign out here and at the provider',
    returns: z.object({ location: z.string().nullable().describe('Where to sign out at the provider, if it can') }),
    emits: 'session.ended',
  },
  backchannelLogout: {
    method: 'POST',
    path: '/v1/auth/backchannel-logout',
    tag: 'Sign-in',
    permission: 'public',
    scope: 'none',
    status: 200,
    summary: 'A provider says that a login ended',
    description: 'Form field `logout_token`, as in OpenID Connect Back-Channel Logout 1.0.',
    rawBody: true,
    returns: z.object({ ended: z.number().int() }),
    problems: ['auth.logout_token_wrong'],
    emits: 'session.ended',
  },
})
