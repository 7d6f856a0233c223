/** What the platform and each account ask of sign-ins: passwords, the length of sessions, second factors, tokens. */
import { z } from 'zod'
import { routes, timestamp } from './kit.ts'

export const secondFactorModes = ['off', 'admins', 'everyone'] as const

/** What a new password must be. */
export const PasswordRules = z
  .object({
    passwordLengthMin: z.number().int().min(8).max(128).describe('Characters'),
    passwordRefuseCommon: z.boolean().describe('Refuses passwords that everybody guesses first'),
    passwordRefusePersonal: z
      .boolean()
      .describe('Refuses passwords made of the name, the e-mail, the account or the product'),
    passwordHistory: z.number().int().min(0).max(10).describe('Earlier passwords that cannot be used again'),
    passwordAgeDaysMax: z
      .number()
      .int()
      .min(1)
      .max(3_650)
      .nullable()
      .describe('Days after which a password must be changed; null: never'),
  })
  .meta({ id: 'PasswordRules' })
export type PasswordRules = z.infer<typeof PasswordRules>

export const SecurityRules = PasswordRules.extend({
  sessionIdleMinutes: z.number().int().min(5).max(43_200).describe('A session nobody uses ends after this time'),
  sessionAbsoluteMinutes: z.number().int().min(15).max(129_600).describe('A session ends after this time, used or not'),
  secondFactor: z.enum(secondFactorModes).describe('Who must have a second factor; people of an identity provider not'),
  secondFactorGraceDays: z
    .number()
    .int()
    .min(0)
    .max(90)
    .describe('Days people have for it, from when it is asked or they are new'),
  freshTokens: z
    .boolean()
    .describe(
      'A token of a person does dangerous acts only while it tells of a sign-in of the last quarter of an hour (`auth_time`), with a second factor (`amr`, `acr`) where they must have one',
    ),
}).meta({ id: 'SecurityRules' })
export type SecurityRules = z.infer<typeof SecurityRules>

/** What counts where nobody set anything. */
export const standardRules: SecurityRules = {
  passwordLengthMin: 12,
  passwordRefuseCommon: true,
  passwordRefusePersonal: true,
  passwordHistory: 0,
  passwordAgeDaysMax: null,
  sessionIdleMinutes: 720,
  sessionAbsoluteMinutes: 43_200,
  secondFactor: 'off',
  secondFactorGraceDays: 7,
  freshTokens: false,
}

const { shape } = SecurityRules
/** The settings of one account or of the platform. */
export const OwnRules = z
  .object({
    passwordLengthMin: shape.passwordLengthMin.nullable(),
    passwordRefuseCommon: shape.passwordRefuseCommon.nullable(),
    passwordRefusePersonal: shape.passwordRefusePersonal.nullable(),
    passwordHistory: shape.passwordHistory.nullable(),
    passwordAgeDaysMax: shape.passwordAgeDaysMax,
    sessionIdleMinutes: shape.sessionIdleMinutes.nullable(),
    sessionAbsoluteMinutes: shape.sessionAbsoluteMinutes.nullable(),
    secondFactor: shape.secondFactor.nullable(),
    secondFactorGraceDays: shape.secondFactorGraceDays.nullable(),
    freshTokens: shape.freshTokens.nullable(),
  })
  .meta({ id: 'OwnSecurityRules' })
export type OwnRules = z.infer<typeof OwnRules>
export const ruleNames = Object.keys(standardRules) as (keyof SecurityRules)[]

export const ruleSources = ['product', 'platform', 'account'] as const
const Sources = z.object(
  Object.fromEntries(ruleNames.map((name) => [name, z.enum(ruleSources)])) as Record<
    keyof SecurityRules,
    z.ZodEnum<{ product: 'product'; platform: 'platform'; account: 'account' }>
  >,
)

export const Security = z
  .object({
    accountId: z.string().nullable().describe('Null: the settings of the platform'),
    own: OwnRules.describe('Null: nothing set here'),
    platform: SecurityRules.describe(
      'What the platform asks of everybody; for the platform itself: what the product does',
    ),
    inForce: SecurityRules.describe('The stricter of both, rule by rule'),
    from: Sources.describe('Where the rule in force comes from'),
    updatedAt: timestamp.nullable(),
  })
  .meta({ id: 'Security' })
export type Security = z.infer<typeof Security>

export const SecurityPatch = OwnRules.partial()
  .strict()
  .meta({ id: 'SecurityPatch', example: { passwordLengthMin: 14, secondFactor: 'admins' } })
export type SecurityPatch = z.infer<typeof SecurityPatch>

export const securityRoutes = routes({
  get: {
    method: 'GET',
    path: '/v1/security',
    tag: 'Security',
    permission: 'identity.read',
    scope: 'any',
    summary: 'What is asked of passwords, sessions and second factors',
    description: 'Of the account one acts in, or of the platform when none is chosen.',
    returns: Security,
  },
  update: {
    method: 'PATCH',
    path: '/v1/security',
    tag: 'Security',
    permission: 'identity.write',
    scope: 'any',
    summary: 'Change what is asked of passwords, sessions and second factors',
    description: 'A null takes the own rule back. What holds is the stricter of the platform and the account.',
    body: SecurityPatch,
    returns: Security,
    emits: 'security.updated',
    stepUp: true,
  },
  passwordRules: {
    method: 'GET',
    path: '/v1/auth/password-rules',
    tag: 'Security',
    permission: 'public',
    scope: 'none',
    summary: 'What the platform asks of a new password',
    returns: PasswordRules,
  },
  ownPasswordRules: {
    method: 'GET',
    path: '/v1/me/password-rules',
    tag: 'Security',
    permission: 'signed-in',
    scope: 'none',
    evenWhen: ['change_password'],
    summary: 'What a new password of yours must be',
    returns: PasswordRules.extend({
      personal: z.array(z.string()).describe('Words of yours that do not make a password'),
    }),
  },
})
