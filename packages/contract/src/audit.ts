import { z } from 'zod'
import { id, pageOf, pageQuery, routes, timestamp } from './kit.ts'

/** One change: who did what to which thing, with the values before and after. Written with the change itself. */
export const AuditEvent = z
  .object({
    id: z.string(),
    accountId: z.string().describe('The account it happened in, or `platform`'),
    name: z.string().describe('Event name, e.g. `key.revoked`'),
    at: timestamp,
    actor: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
    subject: z.object({ type: z.string(), id: z.string(), name: z.string().nullable() }),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
    requestId: z.string(),
    ip: z.string().nullable(),
  })
  .meta({ id: 'AuditEvent' })
export type AuditEvent = z.infer<typeof AuditEvent>

export const auditRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/audit-events',
    tag: 'Audit',
    permission: 'audit.read',
    scope: 'any',
    summary: 'List audit events, newest first',
    description:
      'Account admins see their account. Super admins without a chosen account see every account and the platform.',
    query: pageQuery.extend({
      name: z.string().max(80).optional().describe('Event name, or its start followed by `*`'),
      actorId: z.string().max(64).optional(),
      subjectId: z.string().max(64).optional(),
      from: timestamp.optional(),
      to: timestamp.optional(),
      q: z.string().max(120).optional(),
    }),
    returns: pageOf(AuditEvent),
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
})
