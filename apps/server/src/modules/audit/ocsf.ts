import type { AuditEvent } from '@cockpit/contract/audit'

const schemaVersion = '1.3.0'
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

/** An event as the Open Cybersecurity Schema Framework has it: signing in and out as Authentication, the rest as API Activity. */
export const ocsfOf = (event: AuditEvent) => {
  const { actor, subject, outcome, onBehalfOf } = event
  const kind = classOf(event)
  const failed = outcome === 'denied'
  return {
    ...kind,
    type_uid: kind.class_uid * 100 + kind.activity_id,
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
      product: { name: 'Cockpit', vendor_name: 'Cockpit' },
    },
    actor: { user: userOf(actor), ...(event.sessionId && { session: { uid: event.sessionId } }) },
    user: userOf(onBehalfOf ?? actor),
    ...(event.ip && { src_endpoint: { ip: event.ip } }),
    http_request: { uid: event.requestId, ...(event.userAgent && { user_agent: event.userAgent }) },
    api: { operation: event.name, request: { uid: event.requestId } },
    resources: [{ uid: subject.id, type: subject.type, ...(subject.name && { name: subject.name }) }],
    ...(event.reason && { status_detail: event.reason }),
    unmapped: {
      before: event.before,
      after: event.after,
      policy_version: event.policyVersion,
      prev_hash: event.prevHash,
      hash: event.hash,
    },
  }
}

const userOf = ({ id, name, kind }: AuditEvent['actor']) => ({ uid: id, name, type: kind })

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
