/**
 * What people prove themselves with beside a password: authenticator app, passkeys, recovery codes. Owns totp_secrets,
 * passkeys, recovery_codes and auth_challenges; emits user.totp_*, user.passkey_* and user.recovery_codes_renewed.
 */
export { mfaHandlers } from './routes.ts'
export { createMfa, type Mfa, type MfaDeps } from './service.ts'
