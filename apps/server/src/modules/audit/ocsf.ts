import type { AuditEvent } from '@cockpit/contract/audit'

const schemaVersion = '1.3.0'
const product = { name: 'Cockpit', vendor_name: 'Cockpit' }
const authentication = {
  class_uid: 3002,
  class_name: 'Authentication',
  category_uid: 3,
  category_name: 'Identity & Access Management',
}
const apiActivity = {
  class_uid: 6003,
  class_name: 'API Activity',
  category_uid: 6,
  category_name: 'Application Activity',
}

/**
 * An event as the Open Cybersecurity Schema Framework has it: signing in and out as Authentication, the rest as API
 * Activity. What a class has no place for stands in `unmapped`.
 */
export const ocsfOf = (event: AuditEvent) => {
  const { actor, subject, outcome, onBehalfOf, sessionId } = event
  const kind = classOf(event)
  const failed = outcome === 'denied'
  const session = sessionId && { session: { uid: sessionId } }
  return {
    ...kind,
    type_uid: kind.class_uid * 100 + kind.activity_id,
    type_name: `${kind.class_name}: ${kind.activity_name}`,
    time: Date.parse(event.at),
    severity_id: failed ? 3 : 1,
    severity: failed ? 'Medium' : 'Informational',
    status_id: failed ? 2 : 1,
    status: failed ? 'Failure' : 'Success',
    metadata: {
      version: schemaVersion,
      uid: event.id,
      sequence: event.seq,
      tenant_uid: event.accountId,
      event_code: event.name,
      product,
    },
    actor: { user: userOf(actor), ...session },
    // what a job does comes from nowhere but the program itself
    src_endpoint: event.ip ? { ip: event.ip } : { svc_name: product.name },
    http_request: { uid: event.requestId, ...(event.userAgent && { user_agent: event.userAgent }) },
    ...(kind.class_uid === authentication.class_uid
      ? { user: signingIn(event), service: { name: product.name }, ...session }
      : { api: { operation: event.name, request: { uid: event.requestId } }, resources: [resourceOf(subject)] }),
    ...(event.reason && { status_detail: event.reason }),
    unmapped: {
      subject,
      on_behalf_of: onBehalfOf,
      before: event.before,
      after: event.after,
      policy_version: event.policyVersion,
      prev_hash: event.prevHash,
      hash: event.hash,
    },
  }
}

/** People, the program itself, or what has no number in the framework and is called as it is here. */
const typeOf = (kind: string) => {
  if (kind === 'user') return { type_id: 1, type: 'User' }
  if (kind === 'system') return { type_id: 3, type: 'System' }
  return { type_id: 99, type: kind }
}
const userOf = ({ id, name, kind }: AuditEvent['actor']) => ({ uid: id, name, ...typeOf(kind) })
/** Whom a sign-in is about: nobody came in where it failed, so whoever it claimed to be. */
const signingIn = ({ actor, onBehalfOf, subject }: AuditEvent) =>
  subject.type === 'email'
    ? { name: subject.id, email_addr: subject.id, type_id: 0, type: 'Unknown' }
    : userOf(onBehalfOf ?? actor)
const resourceOf = ({ id, type, name }: AuditEvent['subject']) => ({ uid: id, type, ...(name && { name }) })

const classOf = ({ name, outcome }: AuditEvent) => {
  if (name === 'session.created' || name === 'sign_in.failed')
    return { ...authentication, activity_id: 1, activity_name: 'Logon' }
  if (name === 'session.ended') return { ...authentication, activity_id: 2, activity_name: 'Logoff' }
  const verb = outcome === 'read' ? 'read' : (name.split('.')[1] ?? '')
  const [activity_id, activity_name] = activityOf(verb)
  return { ...apiActivity, activity_id, activity_name }
}

const activityOf = (verb: string): [number, string] => {
  if (/^(created|added|issued|opened)$/.test(verb)) return [1, 'Create']
  if (/^(read|exported|tested)$/.test(verb)) return [2, 'Read']
  if (/(updated|set|changed|rotated|distributed|released|suspended|restored)$/.test(verb)) return [3, 'Update']
  if (/^(deleted|removed|revoked|pruned)$/.test(verb)) return [4, 'Delete']
  return [99, 'Other']
}
