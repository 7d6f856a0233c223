/** What people prove themselves with beside a password: authenticator app, passkeys, recovery codes. */
import { z } from 'zod'
import { id, name, routes, timestamp } from './kit.ts'

/** A code of an authenticator app, however it was typed. */
export const totpCode = z
  .string()
  .max(20)
  .transform((text) => text.replace(/[\s-]/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'must be the six digits that the app shows'))
  .meta({ example: '123456' })
export const recoveryCode = z.string().trim().min(8).max(40)

const base64url = z
  .string()
  .min(1)
  .max(20_000)
  .regex(/^[\w-]+=*$/, 'must be base64url')

/** What `navigator.credentials.get` gave, as JSON (WebAuthn level 3). */
export const PasskeyAssertion = z
  .object({
    id: base64url,
    rawId: base64url,
    type: z.literal('public-key'),
    response: z.object({
      clientDataJSON: base64url,
      authenticatorData: base64url,
      signature: base64url,
      userHandle: base64url.nullish(),
    }),
    authenticatorAttachment: z.string().max(40).nullish(),
    clientExtensionResults: z.record(z.string().max(80), z.unknown()).default({}),
  })
  .meta({ id: 'PasskeyAssertion' })
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>

/** What `navigator.credentials.create` gave, as JSON. */
const PasskeyAttestation = z
  .object({
    id: base64url,
    rawId: base64url,
    type: z.literal('public-key'),
    response: z.object({
      clientDataJSON: base64url,
      attestationObject: base64url,
      transports: z.array(z.string().max(40)).max(10).default([]),
    }),
    authenticatorAttachment: z.string().max(40).nullish(),
    clientExtensionResults: z.record(z.string().max(80), z.unknown()).default({}),
  })
  .meta({ id: 'PasskeyAttestation' })
export type PasskeyAttestation = z.infer<typeof PasskeyAttestation>

export const challengeToken = z.string().min(20).max(80)
const options = z
  .record(z.string(), z.unknown())
  .describe('For the browser: what to give to `navigator.credentials`, as JSON (WebAuthn level 3)')

/** A proof that has begun. */
export const PasskeyChallenge = z
  .object({ challenge: challengeToken.describe('Names this try; give it back with the answer'), options })
  .meta({ id: 'PasskeyChallenge' })
export type PasskeyChallenge = z.infer<typeof PasskeyChallenge>

export const secondFactors = ['totp', 'passkey', 'recovery'] as const
/** The password was right; a second factor is still needed. */
export const SignInChallenge = z
  .object({
    challenge: challengeToken,
    methods: z.array(z.enum(secondFactors)),
    passkey: options.nullable(),
    expiresAt: timestamp,
  })
  .meta({ id: 'SignInChallenge' })
export type SignInChallenge = z.infer<typeof SignInChallenge>

export const PasskeyProof = z.object({ challenge: challengeToken, credential: PasskeyAssertion }).strict()

export const Passkey = z
  .object({
    id: id('psk'),
    name,
    synced: z.boolean().describe('Kept by a password manager on several devices, not by one device alone'),
    createdAt: timestamp,
    lastUsedAt: timestamp.nullable(),
  })
  .meta({ id: 'Passkey' })
export type Passkey = z.infer<typeof Passkey>

/** What protects the sign-in of the caller. */
export const OwnSecurity = z
  .object({
    hasPassword: z.boolean(),
    totp: z.object({ createdAt: timestamp, lastUsedAt: timestamp.nullable() }).nullable(),
    passkeys: z.array(Passkey),
    recoveryCodes: z.object({ left: z.number().int(), createdAt: timestamp }).nullable(),
  })
  .meta({ id: 'OwnSecurity' })
export type OwnSecurity = z.infer<typeof OwnSecurity>

const RecoveryCodes = z.object({
  recoveryCodes: z.array(z.string()).nullable().describe('Shown once; null when there are some already'),
})
const passkey = z.object({ id: id('psk') })
const own = { tag: 'Identity', permission: 'signed-in', scope: 'none' } as const

export const mfaRoutes = routes({
  own: {
    ...own,
    evenWhen: ['enrol_second_factor'],
    method: 'GET',
    path: '/v1/me/security',
    summary: 'What protects your sign-in',
    returns: OwnSecurity,
  },
  beginTotp: {
    ...own,
    evenWhen: ['enrol_second_factor'],
    method: 'POST',
    path: '/v1/me/totp',
    status: 201,
    summary: 'Begin to add an authenticator app',
    description: 'It counts once its first code was given with PUT. One that was begun before is forgotten.',
    returns: z.object({ secret: z.string(), uri: z.string().describe('otpauth:// for a QR code') }),
    problems: ['totp.exists'],
    stepUp: true,
  },
  confirmTotp: {
    ...own,
    evenWhen: ['enrol_second_factor'],
    method: 'PUT',
    path: '/v1/me/totp',
    summary: 'Give the first code of the authenticator app',
    body: z.object({ code: totpCode }).strict(),
    returns: RecoveryCodes,
    problems: ['totp.not_found', 'totp.exists', 'auth.failed', 'auth.locked'],
    emits: 'user.totp_added',
    stepUp: true,
  },
  removeTotp: {
    ...own,
    method: 'DELETE',
    path: '/v1/me/totp',
    status: 204,
    summary: 'Remove the authenticator app',
    returns: z.void(),
    problems: ['totp.not_found'],
    emits: 'user.totp_removed',
    stepUp: true,
  },
  passkeyOptions: {
    ...own,
    evenWhen: ['enrol_second_factor'],
    method: 'POST',
    path: '/v1/me/passkeys/options',
    summary: 'Begin to add a passkey',
    returns: PasskeyChallenge,
    problems: ['passkey.limit_reached'],
    stepUp: true,
  },
  addPasskey: {
    ...own,
    evenWhen: ['enrol_second_factor'],
    method: 'POST',
    path: '/v1/me/passkeys',
    status: 201,
    summary: 'Add a passkey',
    body: z.object({ challenge: challengeToken, name, credential: PasskeyAttestation }).strict(),
    returns: z.object({ passkey: Passkey, ...RecoveryCodes.shape }),
    problems: ['auth.challenge_gone', 'passkey.refused', 'passkey.exists', 'passkey.limit_reached'],
    emits: 'user.passkey_added',
    stepUp: true,
  },
  renamePasskey: {
    ...own,
    method: 'PATCH',
    path: '/v1/me/passkeys/{id}',
    summary: 'Rename a passkey',
    params: passkey,
    body: z.object({ name }).strict(),
    returns: Passkey,
    problems: ['passkey.not_found'],
    emits: 'user.passkey_renamed',
  },
  removePasskey: {
    ...own,
    method: 'DELETE',
    path: '/v1/me/passkeys/{id}',
    status: 204,
    summary: 'Remove a passkey',
    params: passkey,
    returns: z.void(),
    problems: ['passkey.not_found', 'user.last_admin', 'platform_person.last'],
    emits: 'user.passkey_removed',
    stepUp: true,
  },
  renewRecoveryCodes: {
    ...own,
    method: 'POST',
    path: '/v1/me/recovery-codes',
    status: 201,
    summary: 'Make ten new recovery codes; those before stop',
    returns: RecoveryCodes,
    problems: ['recovery_codes.no_factor'],
    emits: 'user.recovery_codes_renewed',
    stepUp: true,
  },
})
