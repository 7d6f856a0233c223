import type { AuditEvent } from '@cockpit/contract/audit'
import { type Selectable, sql } from 'kysely'
import { containing, cutPage, type DB, type Tx } from '../../platform/index.ts'

type Row = Selectable<DB['events']>
type Filter = { [K in 'name' | 'actorId' | 'subjectId' | 'from' | 'to' | 'q']?: string | undefined }
export type EventQuery = Filter & { limit: number; after?: string | undefined }

/** All SQL over `events`. Ids follow time, so newest first is the order of ids backwards. */
export const auditRepository = (tx: Tx) => {
  const matching = ({ name, actorId, subjectId, from, to, q }: Filter) => {
    let events = tx.sql.selectFrom('events')
    if (name?.endsWith('*')) events = events.where(sql<boolean>`starts_with(name, ${name.slice(0, -1)})`)
    else if (name) events = events.where('name', '=', name)
    if (actorId) events = events.where(sql<boolean>`actor ->> 'id' = ${actorId}`)
    if (subjectId) events = events.where(sql<boolean>`subject ->> 'id' = ${subjectId}`)
    if (from) events = events.where('at', '>=', new Date(from))
    if (to) events = events.where('at', '<', new Date(to))
    if (q)
      events = events.where(
        sql<boolean>`concat_ws(' ', name, actor ->> 'name', actor ->> 'id', subject ->> 'name', subject ->> 'id') ilike ${containing(q)}`,
      )
    return events
  }
  return {
    async find(id: string) {
      const row = await tx.sql.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirst()
      return row && present(row)
    },

    async page({ limit, after, ...filter }: EventQuery) {
      const rows = await matching(filter)
        .$if(after !== undefined, (events) => events.where('id', '<', after ?? ''))
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
  }
}

const present = (row: Row): AuditEvent => ({
  id: row.id,
  accountId: row.account_id,
  seq: Number(row.chain_seq),
  name: row.name,
  outcome: row.outcome as AuditEvent['outcome'],
  at: row.at.toISOString(),
  actor: row.actor as AuditEvent['actor'],
  onBehalfOf: row.on_behalf_of as AuditEvent['onBehalfOf'],
  subject: row.subject as AuditEvent['subject'],
  before: row.before as AuditEvent['before'],
  after: row.after as AuditEvent['after'],
  requestId: row.request_id,
  ip: row.ip,
  sessionId: row.session_id,
  userAgent: row.user_agent,
  policyVersion: row.policy_version,
  reason: row.reason,
  prevHash: row.prev_hash,
  hash: row.hash,
})
