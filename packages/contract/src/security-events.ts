/** What happened to somebody's own sign-in, so that they find what was not them. */
import { z } from 'zod'
import { Session } from './identity.ts'
import { routes, timestamp } from './kit.ts'

/** Events about a person's sign-in. Of ended sessions only those that somebody else ended. */
export const securityEventNames = [
  'session.ended',
  'user.factors_reset',
  'user.locked',
  'user.passkey_added',
  'user.passkey_removed',
  'user.password_changed',
  'user.password_reset_issued',
  'user.recovery_codes_renewed',
  'user.totp_added',
  'user.totp_removed',
  'user.unlocked',
  'user.ways_in_closed',
] as const
export type SecurityEventName = (typeof securityEventNames)[number]
/** How far back it reaches. */
export const securityEventDays = 90

export const SecurityEvent = z
  .object({
    id: z.string(),
    at: timestamp,
    name: z.enum(securityEventNames),
    by: z
      .object({ name: z.string(), isYou: z.boolean() })
      .nullable()
      .describe('Null: whoever held a link that was made for you, or Cockpit itself'),
    reason: z.string().nullable(),
    ip: Session.shape.ip.describe('Where you did it from; null for what others did'),
  })
  .meta({ id: 'SecurityEvent' })
export type SecurityEvent = z.infer<typeof SecurityEvent>

export const securityEventRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/me/security-events',
    tag: 'Identity',
    permission: 'signed-in',
    scope: 'none',
    summary: 'What you and others changed about your sign-in lately',
    description: `The latest 20 of ${securityEventDays} days, in the accounts you belong to.`,
    returns: z.object({ items: z.array(SecurityEvent) }),
  },
})
