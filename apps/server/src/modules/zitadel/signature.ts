import { createHmac, timingSafeEqual } from 'node:crypto'

const toleranceS = 300
const signaturesMax = 10

/**
 * Checks the signature of an Actions target: `t=<unix seconds>,v1=<hex>[,v1=<hex>…]` over `<t>.<body>`. Answers what is
 * wrong, or null. Several signatures and several keys are accepted, since a key is replaced while both are in use.
 */
export const signatureFault = (
  header: string | string[] | undefined,
  body: Buffer,
  keys: readonly string[],
  now: Date,
): string | null => {
  if (keys.length === 0) return 'ZITADEL_WEBHOOK_SECRET is not set'
  if (typeof header !== 'string') return 'there is no signature'
  const parts = header.split(',').map((part) => part.trim())
  const [stamp, ...more] = parts.flatMap((part) => (part.startsWith('t=') ? [part.slice(2)] : []))
  if (stamp === undefined || more.length > 0 || !/^\d{1,12}$/.test(stamp)) return 'the signature has no time'
  if (Math.abs(now.getTime() / 1000 - Number(stamp)) > toleranceS)
    return 'the signature is too old, or a clock is wrong'
  const given = parts.flatMap((part) => (/^v1=[0-9a-f]{64}$/i.test(part) ? [Buffer.from(part.slice(3), 'hex')] : []))
  if (given.length === 0 || given.length > signaturesMax) return 'there is no signature of version 1'
  const expected = keys.map((key) => createHmac('sha256', key).update(`${stamp}.`).update(body).digest())
  // every pair is compared, so the time tells nothing about which of them fits
  const fits = expected.flatMap((one) => given.map((other) => timingSafeEqual(one, other)))
  return fits.includes(true) ? null : 'the signature is of another key or another body'
}
