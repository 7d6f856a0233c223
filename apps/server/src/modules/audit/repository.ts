import { type AuditEvent, auditCountMax } from '@cockpit/contract/audit'
import { type Selectable, type SelectQueryBuilder, sql } from 'kysely'
import { cutPage, type DB, type Tx } from '../../platform/index.ts'

type Row = Selectable<DB['events']>
type Text = string | undefined
export type EventFilter = {
  [K in 'name' | 'actorId' | 'subjectId' | 'sessionId' | 'from' | 'to' | 'q']?: Text
} & { outcome?: AuditEvent['outcome'] | undefined }
export type EventQuery = EventFilter & { limit: number; after?: Text }
type About = { accountIds: readonly string[]; subjectIds: readonly string[]; names: readonly string[]; since: Date }
/** Where a walk along the chains stands. */
export type ChainPlace = { accountId: string; seq: number }

/** All SQL over `events`. `accountId` null: of every account. Ids follow time, so newest first is ids backwards. */
export const auditRepository = (tx: Tx) => ({
  async find(accountId: string | null, id: string) {
    const row = await of(tx, accountId).select(columns).where('id', '=', id).executeTakeFirst()
    return row && present(row)
  },

  async page(accountId: string | null, { limit, after, ...filter }: EventQuery) {
    let rows = matching(of(tx, accountId), filter)
    if (after !== undefined) rows = rows.where('id', '<', after)
    const found = await rows
      .select(columns)
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    // a first page that holds all is its own count: to look for rare words twice would take twice the time
    const counted =
      after === undefined && found.length <= limit
        ? { total: found.length, max: auditCountMax }
        : await (isAll(filter) ? countAll(tx, accountId) : countSome(tx, accountId, filter))
    return {
      ...cutPage(found, limit, present),
      total: Math.min(counted.total, counted.max),
      totalIsMin: counted.total > counted.max,
    }
  },

  /** The next events of one chain. */
  async segment(accountId: string, afterSeq: number, limit: number): Promise<AuditEvent[]> {
    const rows = of(tx, accountId).select(columns).where('chain_seq', '>', BigInt(afterSeq))
    return (await rows.orderBy('chain_seq').limit(limit).execute()).map(present)
  },

  /** The latest of these names about these subjects; without the sessions that `endedBy` ended. */
  async about({ accountIds, subjectIds, names, since }: About, { endedBy, limit }: { endedBy: string; limit: number }) {
    const found = await tx.sql
      .selectFrom('events')
      .select(columns)
      .where('account_id', 'in', accountIds)
      .where(sql<boolean>`subject ->> 'id' = any(${[...subjectIds]}::text[])`)
      .where('name', 'in', names)
      .where('id', '>=', firstIdAt(since.toISOString()))
      .where(sql<boolean>`(name <> 'session.ended' or actor ->> 'id' <> ${endedBy})`)
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
    return found.map(present)
  },

  /** The next matching events along the chains, account after account. */
  async walk(
    accountId: string | null,
    filter: EventFilter,
    after: ChainPlace | null,
    limit: number,
  ): Promise<AuditEvent[]> {
    let rows = matching(of(tx, accountId), filter)
    if (after)
      rows = rows.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('account_id', 'chain_seq'), '>', tuple(after.accountId, BigInt(after.seq))),
      )
    const found = await rows.select(columns).orderBy('account_id').orderBy('chain_seq').limit(limit).execute()
    return found.map(present)
  },
})

// everything but the words, which serve the search and are as long as all the rest
const columns = [
  'account_id',
  'id',
  'seq',
  'name',
  'at',
  'actor',
  'subject',
  'before',
  'after',
  'request_id',
  'ip',
  'on_behalf_of',
  'session_id',
  'reason',
  'outcome',
  'user_agent',
  'policy_version',
  'chain_seq',
  'prev_hash',
  'hash',
] as const
type Shown = Pick<Row, (typeof columns)[number]>

const of = (tx: Tx, accountId: string | null) => {
  const events = tx.sql.selectFrom('events')
  return accountId ? events.where('account_id', '=', accountId) : events
}

type Events = SelectQueryBuilder<DB, 'events', object>
const matching = (all: Events, { name, actorId, subjectId, sessionId, outcome, from, to, q }: EventFilter): Events => {
  let events = all
  if (name?.endsWith('*')) events = events.where(sql<boolean>`starts_with(name, ${name.slice(0, -1)})`)
  else if (name) events = events.where('name', '=', name)
  if (actorId) events = events.where(sql<boolean>`actor ->> 'id' = ${actorId}`)
  if (subjectId) events = events.where(sql<boolean>`subject ->> 'id' = ${subjectId}`)
  if (sessionId) events = events.where('session_id', '=', sessionId)
  // spelt out, for an index holds the refused ones only
  if (outcome) events = events.where(sql<boolean>`outcome = ${sql.lit(outcome)}`)
  if (from) events = events.where('id', '>=', firstIdAt(from))
  if (to) events = events.where('id', '<', firstIdAt(to))
  if (q) events = events.where(sql<boolean>`words @@ event_query(${q})`)
  return events
}

/** An id begins with its time: bounds of ids are bounds of time, in the very order a page is read. */
const firstIdAt = (at: string) => `evt_${Math.max(0, Date.parse(at)).toString(16).padStart(12, '0')}`

const isAll = (filter: EventFilter) => Object.values(filter).every((value) => value === undefined)

/** A chain has no gaps, so its head knows how many there are. */
const countAll = async (tx: Tx, accountId: string | null) => {
  let chains = tx.sql
    .selectFrom('audit_chains')
    .select(sql<bigint>`coalesce(sum(seq - pruned_seq), 0)::bigint`.as('total'))
  if (accountId) chains = chains.where('account_id', '=', accountId)
  const { total } = await chains.executeTakeFirstOrThrow()
  return { total: Number(total), max: Number.MAX_SAFE_INTEGER }
}

const countSome = async (tx: Tx, accountId: string | null, filter: EventFilter) => {
  const some = matching(of(tx, accountId), filter)
    .select('id')
    .limit(auditCountMax + 1)
    .as('some')
  const { total } = await tx.sql
    .selectFrom(some)
    .select((e) => e.fn.countAll<bigint>().as('total'))
    .executeTakeFirstOrThrow()
  return { total: Number(total), max: auditCountMax }
}

const present = (row: Shown): AuditEvent => ({
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
