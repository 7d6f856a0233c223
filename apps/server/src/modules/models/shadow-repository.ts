import { decimalOf } from '@cockpit/contract/money'
import type { ShadowReport } from '@cockpit/contract/routing'
import { type Insertable, sql } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'

const recentMax = 20

type Totals = {
  pairs: number
  same: number
  failed: number
  since: Date | null
  original_ms: number | null
  copy_ms: number | null
  original_tokens: number | null
  copy_tokens: number | null
  original_micros: bigint | null
  copy_micros: bigint | null
}

/** All SQL over `shadow_answers`. */
export const shadowRepository = ({ sql: db, ctx }: Tx) => ({
  /** Those of a model that is gone meanwhile are left out. */
  async insert(rows: readonly Omit<Insertable<DB['shadow_answers']>, 'account_id'>[]): Promise<void> {
    const ids = [...new Set(rows.map(({ model_id }) => model_id))]
    const known = await db
      .selectFrom('models')
      .select('id')
      .where('account_id', '=', ctx.accountId)
      .where('id', 'in', ids)
      .forKeyShare()
      .execute()
    const here = new Set(known.map(({ id }) => id))
    const values = rows.filter((row) => here.has(row.model_id)).map((row) => ({ ...row, account_id: ctx.accountId }))
    if (values.length > 0)
      await db
        .insertInto('shadow_answers')
        .values(values)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
  },

  async report(modelId: string): Promise<ShadowReport> {
    const { rows } = await sql<Totals>`
      select count(*)::int as pairs, count(*) filter (where verdict = 'same')::int as same,
        count(*) filter (where verdict = 'failed')::int as failed, min(at) as since,
        percentile_cont(0.5) within group (order by original_ms) as original_ms,
        percentile_cont(0.5) within group (order by copy_ms) filter (where verdict <> 'failed') as copy_ms,
        avg(original_tokens)::float8 as original_tokens,
        avg(copy_tokens) filter (where verdict <> 'failed')::float8 as copy_tokens,
        sum(original_micros)::bigint as original_micros, sum(copy_micros)::bigint as copy_micros
      from shadow_answers where account_id = ${ctx.accountId} and model_id = ${modelId}`.execute(db)
    const recent = await db
      .selectFrom('shadow_answers')
      .selectAll()
      .where('account_id', '=', ctx.accountId)
      .where('model_id', '=', modelId)
      .orderBy('at', 'desc')
      .limit(recentMax)
      .execute()
    const totals = rows[0]
    return {
      pairs: totals?.pairs ?? 0,
      same: totals?.same ?? 0,
      failed: totals?.failed ?? 0,
      since: totals?.since?.toISOString() ?? null,
      original: {
        durationMs: totals?.original_ms ?? null,
        outputTokens: totals?.original_tokens ?? null,
        credits: decimalOf(totals?.original_micros ?? 0n),
      },
      copy: {
        durationMs: totals?.copy_ms ?? null,
        outputTokens: totals?.copy_tokens ?? null,
        credits: decimalOf(totals?.copy_micros ?? 0n),
      },
      recent: recent.map((row) => ({
        at: row.at.toISOString(),
        model: row.copy_model,
        verdict: row.verdict as 'same' | 'different' | 'failed',
        original: {
          id: row.original_id,
          durationMs: row.original_ms,
          outputTokens: row.original_tokens,
          credits: decimalOf(row.original_micros),
        },
        copy: {
          id: row.copy_id,
          durationMs: row.copy_ms,
          outputTokens: row.copy_tokens,
          credits: decimalOf(row.copy_micros),
        },
      })),
    }
  },

  async prune(before: Date): Promise<void> {
    await db.deleteFrom('shadow_answers').where('at', '<', before).execute()
  },
})
