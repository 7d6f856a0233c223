import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'

/** An event that people are told of. */
export type NotedEvent = {
  account_id: string
  event_id: string
  name: string
  at: Date
  actor: { kind: string; id: string; name: string }
  subject: { type: string; id: string; name: string | null }
  after: Record<string, unknown> | null
  ip: string | null
  user_agent: string | null
  reason: string | null
}

/** All SQL over event_notes, with the events they are of. Needs a platform transaction. */
export const noteRepository = ({ sql: db }: Tx) => ({
  /** One that is due, held until the end of the transaction. */
  async take(at: Date): Promise<NotedEvent | null> {
    const { rows } = await sql<NotedEvent>`
      select n.account_id, n.event_id, e.name, e.at, e.actor, e.subject, e.after, e.ip, e.user_agent, e.reason
      from event_notes n join events e on e.account_id = n.account_id and e.id = n.event_id
      where n.due_at <= ${at} order by n.due_at limit 1 for update of n skip locked`.execute(db)
    return rows[0] ?? null
  },
  async remove({ account_id, event_id }: NotedEvent): Promise<void> {
    await db.deleteFrom('event_notes').where('account_id', '=', account_id).where('event_id', '=', event_id).execute()
  },
  async postpone({ account_id, event_id }: NotedEvent, until: Date): Promise<void> {
    await db
      .updateTable('event_notes')
      .set({ due_at: until })
      .where('account_id', '=', account_id)
      .where('event_id', '=', event_id)
      .execute()
  },
  /** Who asked for what was decided; their request is an event itself. */
  async askerOf({ account_id, subject }: NotedEvent): Promise<string | null> {
    const { rows } = await sql<{ id: string }>`
      select actor ->> 'id' as id from events where account_id = ${account_id}
        and subject ->> 'id' = ${subject.id} and name = 'role_request.created' limit 1`.execute(db)
    return rows[0]?.id ?? null
  },
})
