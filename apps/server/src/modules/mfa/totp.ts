import { Secret, TOTP } from 'otpauth'

/** As every app does it by default: SHA-1, six digits, thirty seconds (RFC 6238). */
const periodMs = 30_000
const issuer = 'Cockpit'
/** Clocks of phones run a little before or behind. */
const window = 1

const totpOf = (secret: string, label = '') =>
  new TOTP({ issuer, label, algorithm: 'SHA1', digits: 6, period: periodMs / 1000, secret: Secret.fromBase32(secret) })

export const newTotpSecret = (): string => new Secret({ size: 20 }).base32
export const totpUri = (secret: string, label: string): string => totpOf(secret, label).toString()

/** The time step a code belongs to, or null when it belongs to none near now. */
export const stepOf = (secret: string, code: string, now: Date): number | null => {
  const delta = totpOf(secret).validate({ token: code, timestamp: now.getTime(), window })
  return delta === null ? null : Math.floor(now.getTime() / periodMs) + delta
}
