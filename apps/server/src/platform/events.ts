import { sql, type Transaction } from 'kysely'
import type { Ctx } from './context.ts'
import { newId } from './id.ts'
import type { DB } from './tables.ts'

/** The channel on which every committed change is announced; the payload is the account it happened in. */
export const eventsChannel = 'cockpit_events'

/** What changed: the thing, and its values before and after. A platform transaction may name the account it changed. */
export type EventStory = {
  subject: { type: string; id: string; name?: string | null }
  before?: object | null
  after?: object | null
  accountId?: string
  /** Why, in the words of whoever did it. */
  reason?: string | null
}

export const writeEvent = async (trx: Transaction<DB>, ctx: Ctx, at: Date, name: string, story: EventStory) => {
  const { subject, before, after, accountId = ctx.accountId, reason = null } = story
  const { kind, id, name: seenAs } = ctx.actor
  // who really acts is the actor of the story; as whom they were seen stands beside it
  const actor = ctx.impersonator ? { kind: 'user', ...ctx.impersonator } : { kind, id, name: seenAs }
  const onBehalfOf = ctx.impersonator ? JSON.stringify({ kind, id, name: seenAs }) : null
  const text = (value: object | null | undefined) => (value ? JSON.stringify(withoutSecrets(value)) : null)
  // one round trip: the notification leaves with the commit that makes the row visible
  await sql`
    with event as (
      insert into events (account_id, id, name, at, actor, subject, before, after, request_id, ip,
        on_behalf_of, session_id, reason)
      values (${accountId}, ${newId('evt', at)}, ${name}, ${at}, ${JSON.stringify(actor)},
        ${JSON.stringify({ type: subject.type, id: subject.id, name: subject.name ?? null })},
        ${text(before)}, ${text(after)}, ${ctx.requestId}, ${ctx.ip},
        ${onBehalfOf}, ${ctx.sessionId}, ${reason})
      returning account_id
    )
    select pg_notify(${eventsChannel}, account_id) from event`.execute(trx)
}

const secretName = /secret|password|hash|token|^sealed/i
// counts and limits of model tokens are figures, not credentials
const figure = /^(number|bigint|boolean)$/

/** The same value with everything under a name like `secret` or `passwordHash` replaced, at any depth. */
export const withoutSecrets = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value === 'bigint') return value.toString()
  if (value === null || typeof value !== 'object' || value instanceof Date) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      secretName.test(key) && inner !== null && !figure.test(typeof inner) ? '[redacted]' : withoutSecrets(inner),
    ]),
  )
}
