/**
 * Which events are announced to whoever goes by what an account looks like. They compile the whole account anew, half a
 * second of CPU for 20,000 members, so what changes nothing of that is told and not announced. Whatever is not named here
 * is announced: to forget a name costs time and never the truth.
 */

/** Things of which no gateway knows. */
const quietNouns: ReadonlySet<string> = new Set([
  'audit',
  'audit_destination',
  'audit_hold',
  'audit_retention',
  'break_glass',
  'client_token',
  'exporter',
  'impersonation',
  'lab_run',
  'mail',
  'saved_view',
  'scim_token',
  // what gateways know of a person changes by an event of the person
  'scim_user',
  // a person's tokens of an identity provider end by an event of their own
  'session',
  'stored_batch',
  'stored_file',
])

/** What changes nothing of a thing that gateways know, or makes one that they do not know yet. */
const quietEvents: ReadonlySet<string> = new Set([
  'budget.threshold_reached',
  'guardrail_service.checked',
  'invite.created',
  'invite.resent',
  'invite.revoked',
  'kept_content.erased',
  'kept_content.expired',
  'provider_connection.tested',
  'sso.tested',
  'user.locked',
  'zitadel.polled',
])

export const isAnnounced = (event: string): boolean =>
  !quietNouns.has(event.slice(0, event.indexOf('.'))) && !quietEvents.has(event)
