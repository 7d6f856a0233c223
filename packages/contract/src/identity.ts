import { z } from 'zod'
import { breakGlassCode } from './break-glass-code.ts'
import { email, id, name, RoleName, restrictions, routes, timestamp } from './kit.ts'
import {
  challengeToken,
  PasskeyAssertion,
  PasskeyChallenge,
  PasskeyProof,
  recoveryCode,
  SignInChallenge,
  totpCode,
} from './mfa.ts'
import { permissions } from './permissions.ts'
import { AuthProvider, productDomains } from './tokens.ts'

/** The rules of the installation and the account ask for more; what breaks those is `password.refused`. */
export const password = z.string().min(8, 'must have at least 8 characters').max(200)

export const AccountRef = z.object({ id: z.string(), name: z.string(), status: z.string(), role: RoleName })

/** Who the caller is, in which account they act, and what they may do there. */
export const MeContext = z
  .object({
    principal: z.object({
      kind: z.enum(['user', 'master_key', 'break_glass', 'key', 'service_account', 'scim']),
      id: z.string(),
      name: z.string(),
      email: z.string().nullable(),
    }),
    isSuperAdmin: z.boolean(),
    isPlatform: z.boolean().describe('Holds a role of the platform, and may therefore choose any account'),
    accountId: z.string().nullable().describe('The account this request acts in; null for the platform itself'),
    accounts: z.array(AccountRef).describe('Accounts the caller may choose; with a platform role: the first 200'),
    roles: z.array(RoleName),
    permissions: z.array(z.enum(permissions)).describe('What they may do everywhere here'),
    delegated: z
      .array(z.object({ permission: z.enum(permissions), orgIds: z.array(z.string()), teamIds: z.array(z.string()) }))
      .describe('What they may do in these orgs and teams only'),
    impersonation: z
      .object({
        by: z.object({ id: z.string(), name: z.string() }),
        reason: z.string(),
        writes: z.boolean(),
        expiresAt: timestamp,
      })
      .nullable()
      .describe('Set while somebody else sees the product as this person'),
    breakGlass: z
      .object({ reason: z.string(), endsAt: timestamp })
      .nullable()
      .describe('Set in a break-glass session, which nothing renews'),
    restriction: z
      .enum(restrictions)
      .nullable()
      .describe('What they must do before this session reaches anything else'),
    authProvider: AuthProvider.nullable().describe('How they came in; null for nobody'),
    scopes: z.array(z.string()).describe('Of their token'),
    productDomainsAllowed: z.array(z.enum(productDomains)).describe('Both, unless their token names fewer'),
  })
  .meta({ id: 'MeContext' })
export type MeContext = z.infer<typeof MeContext>

/** The same for anybody who asks: whoever sends no credential is nobody, in no account, and may do nothing. */
export const AnyContext = MeContext.extend({ principal: MeContext.shape.principal.nullable() }).meta({
  id: 'AnyContext',
})
export type AnyContext = z.infer<typeof AnyContext>

export const Session = z
  .object({
    id: id('ses'),
    createdAt: timestamp,
    lastSeenAt: timestamp,
    expiresAt: timestamp,
    ip: z.string().nullable(),
    place: z
      .enum(['this_machine', 'local_network', 'public_address'])
      .nullable()
      .describe('Of which kind of network the address is; where that is, is not looked up'),
    userAgent: z.string().nullable(),
    device: z.string().nullable().describe('Browser and system, as the browser says'),
    methods: z.array(z.string()).describe('How it was proven, as RFC 8176 names it: `pwd`, `otp`, `hwk` …'),
    provider: z.string().describe('`local`, or the identity provider'),
    current: z.boolean(),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

/** Ways in which the holder of a session may prove again who they are; one of them is enough. */
export const stepUpMethods = ['password', 'totp', 'passkey', 'sso', 'break_glass'] as const
export const StepUpOptions = z
  .object({
    methods: z.array(z.enum(stepUpMethods)).describe('With a second factor, the password alone is not enough'),
    freshUntil: timestamp.nullable().describe('Until then dangerous acts need no further proof'),
  })
  .meta({ id: 'StepUpOptions' })
export type StepUpOptions = z.infer<typeof StepUpOptions>

const onlyOne = (names: readonly string[]) => (given: Record<string, unknown>) =>
  names.filter((name) => given[name] !== undefined).length === 1

const StepUpProof = z
  .object({
    password: z.string().min(1).max(200).optional(),
    code: totpCode.optional(),
    passkey: PasskeyProof.optional(),
    breakGlassCode: breakGlassCode.optional().describe('In a break-glass session: its code'),
  })
  .strict()
  .refine(
    onlyOne(['password', 'code', 'passkey', 'breakGlassCode']),
    'give exactly one of password, code, passkey, breakGlassCode',
  )
  .meta({ example: { password: 'correct horse battery staple' } })
export type StepUpProof = z.infer<typeof StepUpProof>

const SecondFactorProof = z
  .object({
    challenge: challengeToken,
    code: totpCode.optional(),
    recoveryCode: recoveryCode.optional(),
    credential: PasskeyAssertion.optional().describe('Answers the passkey options of the challenge'),
  })
  .strict()
  .refine(onlyOne(['code', 'recoveryCode', 'credential']), 'give exactly one of code, recoveryCode, credential')
  .meta({ example: { challenge: 'x'.repeat(43), code: '123456' } })

export const SetupState = z.object({ needed: z.boolean().describe('True until the first administrator exists') })

export const identityRoutes = routes({
  setupState: {
    method: 'GET',
    path: '/v1/setup',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    summary: 'Whether this installation still needs its first administrator',
    returns: SetupState,
  },
  setup: {
    method: 'POST',
    path: '/v1/setup',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    status: 201,
    summary: 'Create the first administrator with the one-time set-up code',
    body: z.object({ code: z.string().trim().min(1).max(64), email, name, password }).strict(),
    returns: MeContext,
    problems: ['setup.done', 'setup.code_wrong', 'auth.locked', 'password.refused'],
    emits: 'user.created',
  },
  signIn: {
    method: 'POST',
    path: '/v1/sessions',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    status: 201,
    summary: 'Sign in with e-mail and password',
    body: z.object({ email, password: z.string().min(1).max(200) }).strict(),
    description: 'Answers 202 with a challenge when a second factor is needed; give it to /v1/sessions/second-factor.',
    returns: z.union([MeContext, SignInChallenge]),
    orStatus: 202,
    problems: ['auth.failed', 'auth.locked', 'account.suspended'],
    emits: 'session.created',
  },
  secondFactor: {
    method: 'POST',
    path: '/v1/sessions/second-factor',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    status: 201,
    summary: 'The second step of signing in',
    body: SecondFactorProof,
    returns: MeContext,
    problems: ['auth.challenge_gone', 'auth.failed', 'auth.locked', 'account.suspended'],
    emits: 'session.created',
  },
  passkeySignInOptions: {
    method: 'POST',
    path: '/v1/auth/passkey-options',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    summary: 'Begin to sign in with a passkey',
    returns: PasskeyChallenge,
    problems: ['auth.asked_too_often'],
  },
  signInWithPasskey: {
    method: 'POST',
    path: '/v1/sessions/passkey',
    tag: 'Identity',
    permission: 'public',
    scope: 'none',
    status: 201,
    summary: 'Sign in with a passkey alone',
    body: PasskeyProof,
    returns: MeContext,
    problems: ['auth.challenge_gone', 'auth.failed', 'auth.locked', 'account.suspended'],
    emits: 'session.created',
  },
  signOut: {
    evenWhen: restrictions,
    fromAnywhere: true,
    method: 'DELETE',
    path: '/v1/sessions/current',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    status: 204,
    asOther: 'always',
    summary: 'Sign out',
    returns: z.void(),
    emits: 'session.ended',
  },
  sessions: {
    method: 'GET',
    path: '/v1/sessions',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    summary: 'List own sessions',
    returns: z.object({ items: z.array(Session) }),
  },
  endOtherSessions: {
    method: 'DELETE',
    path: '/v1/sessions',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    summary: 'End all your sessions but this one',
    returns: z.object({ ended: z.number().int() }),
    emits: 'session.ended',
  },
  endSession: {
    method: 'DELETE',
    path: '/v1/sessions/{id}',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    status: 204,
    summary: 'End one of your own sessions',
    params: z.object({ id: id('ses') }),
    returns: z.void(),
    problems: ['session.not_found'],
    emits: 'session.ended',
  },
  changePassword: {
    evenWhen: ['change_password'],
    method: 'PUT',
    path: '/v1/me/password',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    status: 204,
    summary: 'Change own password; ends all other sessions',
    body: z.object({ current: z.string().min(1).max(200), next: password }).strict(),
    returns: z.void(),
    problems: ['auth.failed', 'auth.locked', 'password.refused'],
    emits: 'user.password_changed',
    stepUp: true,
  },
  stepUpOptions: {
    evenWhen: restrictions,
    method: 'GET',
    path: '/v1/auth/step-up',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    summary: 'How you can prove again who you are',
    returns: StepUpOptions,
  },
  stepUpPasskey: {
    evenWhen: restrictions,
    method: 'POST',
    path: '/v1/auth/step-up/passkey',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    summary: 'Begin to confirm with a passkey',
    returns: PasskeyChallenge,
    problems: ['passkey.not_found'],
  },
  stepUp: {
    evenWhen: restrictions,
    method: 'POST',
    path: '/v1/auth/step-up',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    summary: 'Prove again who you are, for a dangerous act',
    description: 'Dangerous acts answer `auth.step_up_required` until this has been called; then they can be repeated.',
    body: StepUpProof,
    returns: StepUpOptions,
    problems: ['auth.failed', 'auth.locked', 'auth.challenge_gone'],
    emits: 'session.confirmed',
  },
  context: {
    evenWhen: restrictions,
    method: 'GET',
    path: '/v1/me/context',
    tag: 'Identity',
    permission: 'signed-in',
    strangers: true,
    scope: 'any',
    summary: 'Who am I, in which account, with which permissions',
    returns: AnyContext,
  },
})
