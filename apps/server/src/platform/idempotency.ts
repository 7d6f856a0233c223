/** A write that names a key happens once, however often it is sent. See docs/decisions/0005-repeated-and-conflicting-writes.md. */
import { canonicalJson } from '@cockpit/contract/audit-chain'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Clock } from './clock.ts'
import { type Ctx, systemCtx } from './context.ts'
import type { Db, Tx } from './db.ts'
import type { Sealing } from './envelope.ts'
import { newId } from './id.ts'
import { type AnyJob, job } from './jobs.ts'
import { Problem } from './problem.ts'
import type { WriteGuard } from './write-guard.ts'

export const keptMs = 24 * 3_600_000
/** After this long an attempt that changed nothing is taken for dead, and the next one may try. */
export const attemptMs = 120_000

export type KeptAnswer = { status: number; value?: unknown }
export type Attempt = {
  /** Marks the change in its own transaction, or undoes it when another attempt has taken over. */
  readonly guard: WriteGuard
  keep(answer: KeptAnswer): Promise<void>
  /** Frees the key, unless something was changed already. */
  drop(): Promise<void>
}
export type Write = { route: string; key: string; content: unknown }
export type Idempotency = {
  begin(ctx: Ctx, write: Write): Promise<{ kept: KeptAnswer } | { attempt: Attempt }>
  readonly job: AnyJob
}

type Row = { account_id: string; principal: string; route: string; key: string; attempt: string }
type Deps = { db: Db; sealing: Sealing; now: Clock }

export const createIdempotency = ({ db, sealing, now }: Deps): Idempotency => ({
  async begin(ctx, { route, key, content }) {
    const row = { account_id: ctx.accountId, principal: principalOf(ctx), route, key, attempt: newId('try', now()) }
    const fingerprint = sealing.fingerprint(canonicalJson(content))
    const found = await db.platform(internally, (tx) => claim(tx, row, fingerprint, now()))
    if (found === 'claimed') return { attempt: attemptOf({ db, sealing, now }, row) }
    if (found.content !== fingerprint)
      throw new Problem(
        'idempotency.key_reused',
        'This Idempotency-Key was used for another request. Choose a new one.',
      )
    if (found.answer !== null) return { kept: JSON.parse(sealing.open(found.answer, contextOf(row))) as KeptAnswer }
    const isOver = now().getTime() - found.started_at.getTime() >= attemptMs
    if (found.changed_at !== null && isOver)
      throw new Problem(
        'idempotency.answer_lost',
        'The first request with this Idempotency-Key was carried out, but its answer is lost. Read what it changed.',
      )
    throw inProgress()
  },
  job: job({
    name: 'idempotency.prune',
    input: z.object({}),
    async run() {
      const before = new Date(now().getTime() - keptMs)
      await db.platform(internally, (tx) =>
        tx.sql.deleteFrom('idempotent_writes').where('started_at', '<', before).execute(),
      )
    },
    schedule: { cron: '41 * * * *', input: {} },
  }),
})

const internally = systemCtx('idempotency')

const inProgress = () =>
  new Problem('idempotency.in_progress', 'The first request with this Idempotency-Key is still being handled.', {
    headers: { 'retry-after': '1' },
  })

const principalOf = ({ actor, impersonator }: Ctx) =>
  [actor.kind, actor.id, ...(impersonator ? [`by ${impersonator.id}`] : [])].join(':')

const contextOf = ({ account_id, principal, route, key }: Row) =>
  JSON.stringify(['idempotent_writes', account_id, principal, route, key])

/** Takes the key if it is free, too old, or left by an attempt that died before it changed anything. */
const claim = async (tx: Tx, row: Row, content: string, at: Date) => {
  const { rows } = await sql<{ attempt: string }>`
    insert into idempotent_writes as known (account_id, principal, route, key, attempt, content, started_at)
    values (${row.account_id}, ${row.principal}, ${row.route}, ${row.key}, ${row.attempt}, ${content}, ${at})
    on conflict (account_id, principal, route, key) do update
      set attempt = excluded.attempt, content = excluded.content, started_at = excluded.started_at,
        changed_at = null, answer = null
      where known.started_at < ${new Date(at.getTime() - keptMs)}
        or (known.started_at < ${new Date(at.getTime() - attemptMs)} and known.content = excluded.content
          and known.changed_at is null and known.answer is null)
    returning attempt`.execute(tx.sql)
  if (rows.length > 0) return 'claimed' as const
  const found = await tx.sql
    .selectFrom('idempotent_writes')
    .select(['content', 'started_at', 'changed_at', 'answer'])
    .where(({ eb, and }) => and([eb('account_id', '=', row.account_id), eb('principal', '=', row.principal)]))
    .where(({ eb, and }) => and([eb('route', '=', row.route), eb('key', '=', row.key)]))
    .executeTakeFirst()
  // given back by its first attempt just now: the caller may send it again at once
  if (!found) throw inProgress()
  return found
}

const attemptOf = ({ db, sealing, now }: Deps, row: Row): Attempt => ({
  guard: {
    async beforeCommit(trx) {
      // the change may belong to another account than the caller's, so this one statement is work of the platform
      const { rows: before } = await sql<{ role: string }>`select current_setting('role') as role`.execute(trx)
      await sql`select set_config('role', 'cockpit_platform', true)`.execute(trx)
      const { numUpdatedRows } = await trx
        .updateTable('idempotent_writes')
        .set({ changed_at: now() })
        .where('attempt', '=', row.attempt)
        .where('account_id', '=', row.account_id)
        .executeTakeFirst()
      await sql`select set_config('role', ${before[0]?.role ?? 'none'}, true)`.execute(trx)
      if (numUpdatedRows === 0n) throw inProgress()
    },
    committed: () => {},
  },
  async keep(answer) {
    const sealed = sealing.seal(JSON.stringify(answer), contextOf(row))
    await db.platform(internally, (tx) =>
      tx.sql
        .updateTable('idempotent_writes')
        .set({ answer: sealed })
        .where('account_id', '=', row.account_id)
        .where('attempt', '=', row.attempt)
        .execute(),
    )
  },
  async drop() {
    await db.platform(internally, (tx) =>
      tx.sql
        .deleteFrom('idempotent_writes')
        .where('account_id', '=', row.account_id)
        .where('attempt', '=', row.attempt)
        .where('changed_at', 'is', null)
        .execute(),
    )
  },
})
