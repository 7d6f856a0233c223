import { z } from 'zod'
import { dryRunQuery, id, name, pageOf, pageQuery, routes, timestamp } from './kit.ts'

export const Outcome = z.enum(['done', 'read', 'denied'])

/** One change, one look at sensitive data, or one refused attempt: who, what, and the values before and after. */
export const AuditEvent = z
  .object({
    id: z.string(),
    accountId: z.string().describe('The account it happened in, or `platform`'),
    seq: z.number().int().describe('Its place in the chain of the account; the first is 1, and none is left out'),
    name: z.string().describe('Event name, e.g. `key.revoked`'),
    outcome: Outcome.describe('`done`: a change; `read`: sensitive data was shown; `denied`: an attempt was refused'),
    at: timestamp,
    actor: z.object({ kind: z.string(), id: z.string(), name: z.string() }).describe('Who really acted'),
    onBehalfOf: z
      .object({ kind: z.string(), id: z.string(), name: z.string() })
      .nullable()
      .describe('As whom the actor was seen, during impersonation'),
    subject: z.object({ type: z.string(), id: z.string(), name: z.string().nullable() }),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
    requestId: z.string(),
    ip: z.string().nullable(),
    sessionId: z.string().nullable(),
    userAgent: z.string().nullable(),
    policyVersion: z
      .string()
      .nullable()
      .describe(
        'By which rules it was decided: the built-in roles by their content, and `seq` of the events that had last changed what decides, of the platform (`p`) for its people and of the account (`a`)',
      ),
    reason: z.string().nullable(),
    prevHash: z.string().describe('Hash of the event before it in the chain'),
    hash: z.string().describe('SHA-256 of prevHash followed by the canonical JSON of the event'),
  })
  .meta({ id: 'AuditEvent' })
export type AuditEvent = z.infer<typeof AuditEvent>

/** A signed statement about a chain. An anchor says besides that retention removed everything up to it. */
export const AuditCheckpoint = z
  .object({
    kind: z.enum(['checkpoint', 'anchor']),
    accountId: z.string(),
    seq: z.number().int().describe('The event it covers, and with it all before'),
    hash: z.string().describe('Hash of that event'),
    at: timestamp,
    keyId: z.string(),
    signature: z.string().describe('Ed25519 over the canonical JSON, in base64'),
  })
  .meta({ id: 'AuditCheckpoint' })
export type AuditCheckpoint = z.infer<typeof AuditCheckpoint>

/** What a destination gets with each POST. What a receiver keeps of these, one a line, is proof: `cockpit audit verify`. */
export const AuditDelivery = z.object({
  accountId: z.string(),
  destinationId: z.string(),
  events: z.array(AuditEvent),
  checkpoints: z.array(AuditCheckpoint),
})
export type AuditDelivery = z.infer<typeof AuditDelivery>

export const ChainFault = z
  .object({
    kind: z.enum(['edited', 'deleted', 'reordered', 'truncated', 'forged']),
    accountId: z.string(),
    seq: z.number().int(),
    detail: z.string(),
  })
  .meta({ id: 'ChainFault' })
export type ChainFault = z.infer<typeof ChainFault>

/** How far a verification is; the last step has the verdict. */
export const VerificationStep = z
  .object({
    checked: z.number().int().describe('Events'),
    total: z.number().int(),
    verdict: z
      .object({
        events: z.number().int(),
        checkpoints: z.number().int().describe('Signed by a trusted key'),
        faultCount: z.number().int(),
        faults: z.array(ChainFault).describe('The first of them'),
        unproven: z
          .string()
          .nullable()
          .describe('Why it is no proof even without faults, and what to do: this process sees only the database'),
      })
      .nullable(),
  })
  .meta({ id: 'VerificationStep' })
export type VerificationStep = z.infer<typeof VerificationStep>

export const AuditStatus = z
  .object({
    chains: z.number().int().describe('One for an account; every chain there is for the platform'),
    events: z.number().int(),
    unsigned: z.number().int().describe('Events that no checkpoint covers yet'),
    lastCheckpoint: AuditCheckpoint.nullable(),
    keys: z
      .array(z.object({ id: z.string(), publicKey: z.string().describe('PEM'), createdAt: timestamp }))
      .describe('Public keys that signed checkpoints, the newest last'),
  })
  .meta({ id: 'AuditStatus' })
export type AuditStatus = z.infer<typeof AuditStatus>

export const AuditRetention = z
  .object({
    days: z.number().int().nullable().describe('Events are kept this long; null: for ever'),
    held: z.boolean().describe('A legal hold stops retention'),
    removable: z.number().int().describe('Events that the next run removes, unless they are held'),
  })
  .meta({ id: 'AuditRetention' })
export type AuditRetention = z.infer<typeof AuditRetention>

export const AuditHold = z
  .object({
    id: id('ahld'),
    reason: z.string(),
    byPlatform: z.boolean().describe('Only the platform releases it'),
    createdBy: z.string(),
    createdAt: timestamp,
    releasedAt: timestamp.nullable(),
  })
  .meta({ id: 'AuditHold' })
export type AuditHold = z.infer<typeof AuditHold>

export const AuditDestination = z
  .object({
    id: id('adst'),
    name: z.string(),
    url: z.string(),
    status: z.enum(['active', 'paused']),
    cursor: z.number().int().describe('The last event it took, by its place in the chain'),
    behind: z.number().int().describe('Events that wait for it'),
    failures: z.number().int().describe('Attempts in a row that failed'),
    nextAttemptAt: timestamp.nullable().describe('After a failure'),
    lastError: z.string().nullable(),
    lastDeliveredAt: timestamp.nullable(),
    createdAt: timestamp,
  })
  .meta({ id: 'AuditDestination' })
export type AuditDestination = z.infer<typeof AuditDestination>
const IssuedDestination = AuditDestination.extend({
  secret: z
    .string()
    .describe('Signs deliveries; shown this once. HMAC-SHA256 over `<t>.<body>` is `v1` of `cockpit-signature`'),
}).meta({ id: 'IssuedAuditDestination' })

/** Matches beyond this are not counted: at a million events the number would cost more than it tells. */
export const auditCountMax = 1_000

const filters = z.object({
  name: z.string().max(80).optional().describe('Event name, or its start followed by `*`'),
  actorId: z.string().max(64).optional(),
  subjectId: z.string().max(64).optional(),
  sessionId: z.string().max(64).optional(),
  outcome: Outcome.optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
  q: z.string().max(120).optional().describe('Words, or their beginnings, anywhere in the event'),
})

const reading = { method: 'GET', tag: 'Audit', permission: 'audit.read', scope: 'any' } as const
const exported = {
  method: 'GET',
  tag: 'Audit',
  permission: 'audit.export',
  scope: 'any',
  emits: 'audit.exported',
  query: filters,
  returns: z.string(),
} as const
const managing = { tag: 'Audit', permission: 'audit.manage', scope: 'any' } as const
const destinationId = z.object({ id: id('adst') })
const holdId = z.object({ id: id('ahld') })
const csv = 'text/csv; charset=utf-8'

export const auditRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/audit-events',
    tag: 'Audit',
    permission: 'audit.read',
    scope: 'any',
    summary: 'List audit events, newest first',
    description:
      'Account admins see their account. People of the platform without a chosen account see every account and the platform.',
    query: pageQuery.extend(filters.shape),
    returns: pageOf(AuditEvent).extend({
      totalIsMin: z.boolean().describe('Whether there are more than `total`: filtered events are counted to 1,000'),
    }),
  },
  get: {
    method: 'GET',
    path: '/v1/audit-events/{id}',
    tag: 'Audit',
    permission: 'audit.read',
    scope: 'any',
    summary: 'Get an audit event',
    params: z.object({ id: id('evt') }),
    returns: AuditEvent,
    problems: ['audit_event.not_found'],
  },
  exportJsonl: {
    ...exported,
    path: '/v1/audit/export.jsonl',
    summary: 'Export audit events, one JSON a line',
    description: 'In the order of the chain, so that without filters it can be verified: `cockpit audit verify`.',
    file: 'application/x-ndjson',
  },
  exportCsv: { ...exported, path: '/v1/audit/export.csv', summary: 'Export audit events as CSV', file: csv },
  exportOcsf: {
    ...exported,
    path: '/v1/audit/export.ocsf.jsonl',
    summary: 'Export audit events in the Open Cybersecurity Schema, one a line',
    file: 'application/x-ndjson',
  },
  status: {
    ...reading,
    path: '/v1/audit/status',
    summary: 'How far the chain is signed, and the keys that signed it',
    returns: AuditStatus,
  },
  verification: {
    ...reading,
    path: '/v1/audit/verification',
    summary: 'Verify the chain, with progress',
    stream: true,
    returns: VerificationStep,
  },
  checkpoints: {
    ...reading,
    path: '/v1/audit/checkpoints',
    summary: 'List signed checkpoints, the furthest first',
    query: pageQuery,
    returns: pageOf(AuditCheckpoint),
  },
  exportCheckpoints: {
    ...reading,
    path: '/v1/audit/checkpoints.jsonl',
    summary: 'Download all signed checkpoints, one a line',
    file: 'application/x-ndjson',
    returns: z.string(),
  },
  retention: { ...reading, path: '/v1/audit/retention', summary: 'How long events are kept', returns: AuditRetention },
  setRetention: {
    ...managing,
    method: 'PUT',
    path: '/v1/audit/retention',
    summary: 'Set how long events are kept',
    description:
      'Only a beginning of the chain that a checkpoint covers is removed, and a signed anchor takes its place.',
    dryRun: true,
    stepUp: true,
    query: dryRunQuery,
    body: z.strictObject({ days: z.number().int().min(30).max(36_500).nullable() }),
    returns: AuditRetention,
    emits: 'audit_retention.set',
  },
  holds: {
    ...reading,
    path: '/v1/audit/holds',
    summary: 'List legal holds',
    query: pageQuery,
    returns: pageOf(AuditHold),
  },
  createHold: {
    ...managing,
    method: 'POST',
    path: '/v1/audit/holds',
    summary: 'Place a legal hold: nothing is removed until it is released',
    status: 201,
    body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    returns: AuditHold,
    emits: 'audit_hold.created',
  },
  releaseHold: {
    ...managing,
    method: 'POST',
    path: '/v1/audit/holds/{id}/release',
    summary: 'Release a legal hold',
    stepUp: true,
    params: holdId,
    returns: AuditHold,
    problems: ['audit_hold.not_found', 'audit_hold.of_platform'],
    emits: 'audit_hold.released',
  },
  destinations: {
    ...managing,
    method: 'GET',
    path: '/v1/audit/destinations',
    summary: 'List destinations that events are sent to',
    query: pageQuery,
    returns: pageOf(AuditDestination),
  },
  createDestination: {
    ...managing,
    method: 'POST',
    path: '/v1/audit/destinations',
    summary: 'Send events to an address, from now on',
    description:
      'Deliveries are `{accountId, destinationId, events, checkpoints}` in the order of the chain, at least once; a refused one is tried again, later each time. Checkpoints are those of the account, and for the platform those of all accounts.',
    status: 201,
    stepUp: true,
    body: z.strictObject({ name, url: z.url({ protocol: /^https?$/ }).max(2_000) }),
    returns: IssuedDestination,
    emits: 'audit_destination.created',
  },
  updateDestination: {
    ...managing,
    method: 'PATCH',
    path: '/v1/audit/destinations/{id}',
    stepUp: true,
    summary: 'Rename, pause or continue a destination',
    params: destinationId,
    body: z.strictObject({ name: name.optional(), status: z.enum(['active', 'paused']).optional() }),
    returns: AuditDestination,
    problems: ['audit_destination.not_found'],
    emits: 'audit_destination.updated',
  },
  rotateDestination: {
    ...managing,
    method: 'POST',
    path: '/v1/audit/destinations/{id}/rotate',
    stepUp: true,
    summary: 'Give a destination a new secret',
    params: destinationId,
    returns: IssuedDestination,
    problems: ['audit_destination.not_found'],
    emits: 'audit_destination.rotated',
  },
  removeDestination: {
    ...managing,
    method: 'DELETE',
    path: '/v1/audit/destinations/{id}',
    stepUp: true,
    summary: 'Stop sending events to a destination',
    status: 204,
    params: destinationId,
    returns: z.void(),
    problems: ['audit_destination.not_found'],
    emits: 'audit_destination.deleted',
  },
})
