import { createHash } from 'node:crypto'
import { eventText, genesisHash, type Unchained } from '@cockpit/contract/audit-chain'
import { sql, type Transaction } from 'kysely'
import { isAnnounced } from './announced.ts'
import type { Ctx } from './context.ts'
import { decides, policyVersion } from './deciding.ts'
import { newId } from './id.ts'
import { isNoted } from './noted.ts'
import type { DB } from './tables.ts'

/** The channel on which committed changes are announced; the payload is the account it happened in. */
export const eventsChannel = 'cockpit_events'

/** What changed: the thing, and its values before and after. A platform transaction may name the account it changed. */
export type EventStory = {
  subject: { type: string; id: string; name: string }
  before?: object | null
  after?: object | null
  accountId?: string
  /** Why, in the words of whoever did it. */
  reason?: string | null
  /** `read` and `denied` changed nothing, so nobody is notified of them. */
  outcome?: Unchained['outcome']
}

type Told = Omit<Unchained, 'seq' | 'policyVersion'>
export type Telling = {
  emit(name: string, story: EventStory): void
  /** Whether any of it is a change. */
  changed(): boolean
  /** Writes all that was told. The last thing a transaction does. */
  write(): Promise<void>
}

/**
 * The story of one transaction. It is kept until the work is done and written at once, because it needs the head of the
 * chain of each account: locked last and in the order of the accounts, no two transactions wait for each other, and no
 * account's chain is held longer than its two statements and the commit.
 */
export const createTelling = (trx: Transaction<DB>, ctx: Ctx, now: () => Date): Telling => {
  const told: Told[] = []
  return {
    emit: (name, story) => void told.push(toldBy(ctx, now(), name, story)),
    changed: () => told.some(({ outcome }) => outcome === 'done'),
    write: async () => {
      if (told.length === 0) return
      const heads = await lockHeads(trx, [...new Set(told.map(({ accountId }) => accountId))].sort(), now())
      await append(
        trx,
        told.map((event) => link(event, ctx, heads)),
        heads,
      )
    },
  }
}

const toldBy = (ctx: Ctx, at: Date, name: string, story: EventStory): Told => {
  const { subject, before, after, accountId = ctx.accountId, reason = null, outcome = 'done' } = story
  const { kind, id, name: seenAs } = ctx.actor
  const seen = { kind, id, name: seenAs }
  return storable({
    id: newId('evt', at),
    accountId,
    name,
    outcome,
    at: at.toISOString(),
    // who really acts is the actor of the story; as whom they were seen stands beside it
    actor: ctx.impersonator ? { kind: 'user', id: ctx.impersonator.id, name: ctx.impersonator.name } : seen,
    onBehalfOf: ctx.impersonator ? seen : null,
    subject: { type: subject.type, id: subject.id, name: subject.name ?? null },
    before: before ? withoutSecrets(before) : null,
    after: after ? withoutSecrets(after) : null,
    requestId: ctx.requestId,
    ip: ctx.ip,
    sessionId: ctx.sessionId,
    userAgent: ctx.userAgent,
    reason: reasonFor(ctx, reason),
  })
}

/** Why the glass was broken stands beside everything done behind it, and an act's own reason before it. */
const reasonFor = ({ breakGlass }: Ctx, own: string | null): string | null =>
  breakGlass ? `${own === null ? '' : `${own} · `}Break-glass: ${breakGlass.reason}` : own

/** The very value that the database gives back, as the hash is made of it: dates are texts, and no text has a NUL. */
const storable = (value: object): Told =>
  JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === 'string' ? inner.replaceAll('\0', '\ufffd').toWellFormed() : inner,
  )

type Heads = Map<string, { seq: number; hash: string; policySeq: number }>

const lockHeads = async (trx: Transaction<DB>, accountIds: readonly string[], at: Date): Promise<Heads> => {
  const { rows } = await sql<{ account_id: string; seq: bigint; hash: string; policy_seq: bigint }>`
    insert into audit_chains as chain (account_id, seq, hash, updated_at)
    select account_id, 0, ${genesisHash}, ${at} from unnest(${accountIds}::text[]) as account_id
    on conflict (account_id) do update set updated_at = excluded.updated_at
    returning account_id, seq, hash, policy_seq`.execute(trx)
  return new Map(
    rows.map(({ account_id, seq, hash, policy_seq }) => [
      account_id,
      { seq: Number(seq), hash, policySeq: Number(policy_seq) },
    ]),
  )
}

/** The event as the next of its chain, which then ends with it. */
const link = (told: Told, ctx: Ctx, heads: Heads) => {
  const { accountId } = told
  const head = heads.get(accountId)
  if (!head) throw new Error(`the chain of ${accountId} is not locked`)
  const [seq, prevHash, { policySeq }] = [head.seq + 1, head.hash, head]
  const event = { ...told, policyVersion: policyVersion(ctx.actor, { accountId, policySeq }) }
  const hash = createHash('sha256')
    .update(prevHash + eventText({ ...event, seq }))
    .digest('hex')
  heads.set(accountId, { seq, hash, policySeq: decides(event) ? seq : policySeq })
  return { ...event, seq, prevHash, hash }
}

/** One round trip: the notifications leave with the commit that makes the rows visible. */
const append = async (trx: Transaction<DB>, events: readonly Told[], heads: Heads) => {
  const changed = events.filter(({ outcome, name }) => outcome === 'done' && isAnnounced(name))
  const changedIn = [...new Set(changed.map(({ accountId }) => accountId))]
  const noted = events.filter(({ outcome, name }) => outcome === 'done' && isNoted(name))
  const ends = [...heads].map(([accountId, head]) => ({ accountId, ...head }))
  await sql`
    with story as (
      insert into events (account_id, id, name, at, actor, subject, before, after, request_id, ip, on_behalf_of,
        session_id, reason, outcome, user_agent, policy_version, chain_seq, prev_hash, hash)
      select "accountId", id, name, at, actor, subject, before, after, "requestId", ip, "onBehalfOf",
        "sessionId", reason, outcome, "userAgent", "policyVersion", seq, "prevHash", hash
      from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as event("accountId" text, id text, name text,
        at timestamptz, actor jsonb, subject jsonb, before jsonb, after jsonb, "requestId" text, ip text,
        "onBehalfOf" jsonb, "sessionId" text, reason text, outcome text, "userAgent" text, "policyVersion" text,
        seq bigint, "prevHash" text, hash text)
    ), heads as (
      update audit_chains as chain set seq = head.seq, hash = head.hash, policy_seq = head."policySeq"
      from jsonb_to_recordset(${JSON.stringify(ends)}::jsonb)
        as head("accountId" text, seq bigint, hash text, "policySeq" bigint)
      where chain.account_id = head."accountId"
    )${noted.length > 0 ? notesOf(noted) : sql``}
    select pg_notify(${eventsChannel}, account_id) from unnest(${changedIn}::text[]) as account_id`.execute(trx)
}

/** Beside the events, for whoever writes to people about them. */
const notesOf = (events: readonly Told[]) => sql`, notes as (
      insert into event_notes (account_id, event_id, due_at)
      select "accountId", id, at
      from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as noted("accountId" text, id text, at timestamptz)
    )`

const secretName = /secret|password|passphrase|hash|token|^sealed|api[-_]?key$|private[-_]?key$|authorization$|cookie$/i
// counts and limits of model tokens are figures, not credentials
const figure = /^(number|bigint|boolean)$/

/**
 * The same value with everything under a name like `secret` or `passwordHash` replaced, at any depth, and what an address
 * carries under such a name.
 */
export const withoutSecrets = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return withoutKeys(value)
  if (value === null || typeof value !== 'object' || value instanceof Date) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      secretName.test(key) && inner !== null && !figure.test(typeof inner) ? '[redacted]' : withoutSecrets(inner),
    ]),
  )
}

const nameInQuery = /secret|password|token|key|sig|code/i
/** Many services take their key behind the question mark of the address they are called at. */
const withoutKeys = (text: string): string => {
  const at = text.indexOf('?')
  if (at < 0 || !/^https?:\/\//i.test(text)) return text
  const query = text
    .slice(at)
    .replace(/([^?&=#]+)=([^&#]+)/g, (pair, name: string) => (nameInQuery.test(name) ? `${name}=[redacted]` : pair))
  return text.slice(0, at) + query
}
