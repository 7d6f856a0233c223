import { z } from 'zod'
import { email, id, name, RoleName, routes, timestamp } from './kit.ts'
import { permissions } from './permissions.ts'

export const password = z.string().min(12, 'must have at least 12 characters').max(200)

export const AccountRef = z.object({ id: z.string(), name: z.string(), status: z.string(), role: RoleName })

/** Who the caller is, in which account they act, and what they may do there. */
export const MeContext = z
  .object({
    principal: z.object({
      kind: z.enum(['user', 'master_key', 'key', 'service_account', 'scim']),
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
  })
  .meta({ id: 'MeContext' })
export type MeContext = z.infer<typeof MeContext>

export const Session = z
  .object({
    id: id('ses'),
    createdAt: timestamp,
    lastSeenAt: timestamp,
    expiresAt: timestamp,
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    current: z.boolean(),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

/** Ways in which the holder of a session may prove again who they are; one of them is enough. */
export const stepUpMethods = ['password', 'totp', 'passkey', 'sso'] as const
export const StepUpOptions = z
  .object({
    methods: z.array(z.enum(stepUpMethods)).describe('With a second factor, the password alone is not enough'),
    freshUntil: timestamp.nullable().describe('Until then dangerous acts need no further proof'),
  })
  .meta({ id: 'StepUpOptions' })
export type StepUpOptions = z.infer<typeof StepUpOptions>

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
    problems: ['setup.done', 'setup.code_wrong', 'auth.locked'],
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
    returns: MeContext,
    problems: ['auth.failed', 'auth.locked', 'account.suspended'],
    emits: 'session.created',
  },
  signOut: {
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
    method: 'PUT',
    path: '/v1/me/password',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    status: 204,
    summary: 'Change own password; ends all other sessions',
    body: z.object({ current: z.string().min(1).max(200), next: password }).strict(),
    returns: z.void(),
    problems: ['auth.failed', 'auth.locked'],
    emits: 'user.password_changed',
    stepUp: true,
  },
  stepUpOptions: {
    method: 'GET',
    path: '/v1/auth/step-up',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    summary: 'How you can prove again who you are',
    returns: StepUpOptions,
  },
  stepUp: {
    method: 'POST',
    path: '/v1/auth/step-up',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    summary: 'Prove again who you are, for a dangerous act',
    description: 'Dangerous acts answer `auth.step_up_required` until this has been called; then they can be repeated.',
    body: z.object({ password: z.string().min(1).max(200) }).strict(),
    returns: StepUpOptions,
    problems: ['auth.failed', 'auth.locked'],
    emits: 'session.confirmed',
  },
  context: {
    method: 'GET',
    path: '/v1/me/context',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'any',
    summary: 'Who am I, in which account, with which permissions',
    returns: MeContext,
  },
})
