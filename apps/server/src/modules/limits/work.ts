/** What runs, sessions and agents have used: counted for gateways, and shown to whoever looks after budgets. */
import type { WorkCount, WorkKind } from '@cockpit/contract/caps'
import { decimalOf } from '@cockpit/contract/decimal'
import { sql } from 'kysely'
import { type Clock, type Ctx, containing, cutPage, type Db, systemCtx, type Tx } from '../../platform/index.ts'
import type { WorkCounts } from './port.ts'

type ListQuery = { limit: number; after?: string | undefined; q?: string | undefined; kind?: WorkKind | undefined }
type Measure = 'credits' | 'tokens' | 'calls' | 'seconds'
type Use = { kind: string; credits: bigint; tokens: bigint; calls: bigint; since: Date; short: string | null }

/** What was not used for so long begins anew. */
const keptDays = 30

export const createWorkCounts = ({ db, now }: { db: Db; now: Clock }) => {
  const asSystem = <T>(accountId: string, work: (tx: Tx) => Promise<T>) => db.tenant(systemCtx('caps', accountId), work)

  const gateway: WorkCounts = {
    take: ({ accountId, callId, asks, credits, tokens }) =>
      asSystem(accountId, async (tx) => {
        const written = asks.map(({ kind, id, owner, name, period, ...most }) => ({
          ...{ kind, id, owner, name, period },
          max_credits: most.credits?.toString() ?? null,
          max_tokens: most.tokens?.toString() ?? null,
          max_calls: most.calls?.toString() ?? null,
          max_seconds: most.seconds?.toString() ?? null,
        }))
        const { rows } = await sql<Use>`
          select * from take_work(${accountId}, ${callId}, ${JSON.stringify(written)}::jsonb, ${credits}, ${BigInt(tokens)}, ${now()})`.execute(
          tx.sql,
        )
        return rows.map(({ kind, since, short, ...used }) => ({
          ...used,
          kind: kind as WorkKind,
          since: since.getTime(),
          short: short as Measure | null,
        }))
      }),

    settle: ({ accountId, callId, used: { credits, tokens, calls } }) =>
      asSystem(accountId, async (tx) => {
        await sql`select settle_work(${accountId}, ${callId}, ${credits}, ${BigInt(tokens)}, ${BigInt(calls)})`.execute(
          tx.sql,
        )
      }),
  }

  return {
    gateway,

    list: (ctx: Ctx, { limit, after, q, kind }: ListQuery) =>
      db.tenant(ctx, async (tx) => {
        const matching = tx.sql
          .selectFrom('work_counts')
          .where('account_id', '=', ctx.accountId)
          .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
          .$if(q !== undefined && q !== '', (query) => query.where('name', 'ilike', containing(q ?? '')))
        const rows = await matching
          .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
          .selectAll()
          .select(ownerName.as('owner_name'))
          .orderBy('id', 'desc')
          .limit(limit + 1)
          .execute()
        const { total } = await matching.select((e) => e.fn.countAll<bigint>().as('total')).executeTakeFirstOrThrow()
        return { ...cutPage(rows, limit, present), total: Number(total) }
      }),

    /** Forgets what nobody goes on with. A job. */
    forget: (): Promise<void> =>
      db.platform(systemCtx('caps'), async (tx) => {
        const before = new Date(now().getTime() - keptDays * 86_400_000)
        await tx.sql.deleteFrom('work_counts').where('seen_at', '<', before).execute()
      }),
  }
}
export type WorkCountsRoom = ReturnType<typeof createWorkCounts>

const ownerName = sql<string | null>`coalesce(
  (select u.name from memberships m join users u on u.id = m.user_id
    where m.account_id = work_counts.account_id and m.user_id = work_counts.owner_id),
  (select name from service_accounts s where s.account_id = work_counts.account_id and s.id = work_counts.owner_id))`

type Row = {
  id: string
  kind: string
  owner_id: string
  owner_name: string | null
  name: string
  period: string
  credits: bigint
  tokens: bigint
  calls: bigint
  since: Date
  seen_at: Date
}

const present = (row: Row): WorkCount => ({
  id: row.id,
  kind: row.kind as WorkKind,
  name: row.name,
  owner: row.owner_id === '' ? null : { id: row.owner_id, name: row.owner_name ?? row.owner_id },
  day: row.period === '' ? null : row.period,
  credits: decimalOf(row.credits),
  tokens: Number(row.tokens),
  calls: Number(row.calls),
  since: row.since.toISOString(),
  seenAt: row.seen_at.toISOString(),
})
