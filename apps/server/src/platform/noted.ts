/**
 * Which events are noted for whoever writes to people about them: see the letters of the mail room, which has one for each
 * of these.
 */
const notedEvents: ReadonlySet<string> = new Set([
  'break_glass.opened',
  'client_credential.created',
  'impersonation.started',
  'role_request.approved',
  'role_request.created',
  'role_request.refused',
  'session.created',
  'user.factors_reset',
  'user.locked',
  'user.passkey_added',
  'user.passkey_removed',
  'user.password_changed',
  'user.recovery_codes_renewed',
  'user.totp_added',
  'user.totp_removed',
])

export const isNoted = (event: string): boolean => notedEvents.has(event)
