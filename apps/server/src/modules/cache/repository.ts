import { type CacheRule, type CacheScopeType, type CacheSettings, savedDays } from '@cockpit/contract/cache'
import { decimalOf } from '@cockpit/contract/decimal'
import type { SliceCacheRule } from '@cockpit/contract/snapshot'
import { type Selectable, sql } from 'kysely'
import { containing, cutPage, type DB, isUniqueViolation, Problem, type Tx } from '../../platform/index.ts'

type Row = Selectable<DB['cache_rules']> & {
  scope_name: string | null
  hits: bigint
  similar_hits: bigint
  saved_micros: bigint
}
/** What rules saved on a day, as booking tells it. */
export type Saved = { ruleId: string; day: string; hits: number; similarHits: number; savedMicros: string }
type Scope = { type: CacheScopeType; id: string }

/** The name of what a rule is about, of other rooms; null for what is no more. */
const scopeName = sql<string | null>`case cache_rules.scope_type
  when 'key' then (select name from keys k where k.account_id = cache_rules.account_id and k.id = cache_rules.scope_id)
  when 'model' then (select name from models m where m.id = cache_rules.scope_id)
  else (select name from accounts a where a.account_id = cache_rules.account_id)
end`

/** Of the last days that a page shows. */
const savedSum = (column: 'hits' | 'similar_hits' | 'saved_micros', today: Date) => sql<bigint>`(
  select coalesce(sum(${sql.ref(`s.${column}`)}), 0)::bigint from cache_savings s
  where s.account_id = cache_rules.account_id and s.rule_id = cache_rules.id
    and s.day > (${today} at time zone 'UTC')::date - ${savedDays}::integer)`

const toldOn = (today: Date) =>
  [
    scopeName.as('scope_name'),
    savedSum('hits', today).as('hits'),
    savedSum('similar_hits', today).as('similar_hits'),
    savedSum('saved_micros', today).as('saved_micros'),
  ] as const

/** All SQL over `cache_rules` and `cache_savings`, of the account of the transaction. Reads names of other rooms. */
export const cacheRepository = ({ sql: db, ctx }: Tx, today: Date) => {
  const told = toldOn(today)
  const own = () => db.selectFrom('cache_rules').where('cache_rules.account_id', '=', ctx.accountId)
  const one = (id: string) => own().where('id', '=', id).selectAll().select(told)
  const changed = (id: string) =>
    db.updateTable('cache_rules').where('account_id', '=', ctx.accountId).where('id', '=', id)
  const matching = (q = '') =>
    own().$if(q !== '', (query) =>
      query.where((e) =>
        e.or([e('scope_id', 'ilike', containing(q)), sql<boolean>`${scopeName} ilike ${containing(q)}`]),
      ),
    )

  return {
    /** Whether there is such a model, and it says what texts mean. */
    async embeds(modelId: string): Promise<boolean> {
      const query = sql`select 1 from models where id = ${modelId} and 'embeddings' = any(capabilities)`
      return (await query.execute(db)).rows.length > 0
    },
    /** Whether the account has, or may use, what a rule would be about. */
    async names({ type, id }: Scope): Promise<boolean> {
      if (type === 'account') return true
      const query =
        type === 'key'
          ? sql`select 1 from keys where account_id = ${ctx.accountId} and id = ${id}`
          : sql`select 1 from models where id = ${id}`
      return (await query.execute(db)).rows.length > 0
    },
    async page({ limit, after, q }: { limit: number; after?: string | undefined; q?: string | undefined }) {
      const rows = await matching(q)
        .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
        .selectAll()
        .select(told)
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(q)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async find(id: string): Promise<CacheRule | null> {
      const row = await one(id).executeTakeFirst()
      return row ? present(row) : null
    },
    /** Held until the end of the transaction, so that changes of one rule come one by one. */
    async hold(id: string): Promise<CacheRule | null> {
      const row = await one(id).forUpdate().executeTakeFirst()
      return row ? present(row) : null
    },
    async insert({ id, scope, settings, at }: { id: string; scope: Scope; settings: CacheSettings; at: Date }) {
      const place = { account_id: ctx.accountId, id, scope_type: scope.type, scope_id: scope.id }
      await db
        .insertInto('cache_rules')
        .values({ ...place, ...columnsOf(settings), created_at: at, updated_at: at })
        .execute()
        .catch(explainConflict)
    },
    async update(id: string, settings: CacheSettings, at: Date) {
      await changed(id)
        .set({ ...columnsOf(settings), updated_at: at })
        .execute()
    },
    async clear(id: string, at: Date) {
      await changed(id)
        .set((e) => ({ generation: e('generation', '+', 1), updated_at: at }))
        .execute()
    },
    /** Of rules that are still there. */
    async addSaved(saved: readonly Saved[]) {
      if (saved.length === 0) return
      await sql`
        insert into cache_savings as old (account_id, rule_id, day, hits, similar_hits, saved_micros)
        select ${ctx.accountId}, "ruleId", day, hits, "similarHits", "savedMicros"
        from jsonb_to_recordset(${JSON.stringify(saved)}::jsonb)
          as s("ruleId" text, day date, hits bigint, "similarHits" bigint, "savedMicros" bigint)
        where exists (select 1 from cache_rules r where r.account_id = ${ctx.accountId} and r.id = "ruleId")
        order by "ruleId", day
        on conflict (account_id, rule_id, day) do update set hits = old.hits + excluded.hits,
          similar_hits = old.similar_hits + excluded.similar_hits, saved_micros = old.saved_micros + excluded.saved_micros
      `.execute(db)
    },
    async remove(id: string) {
      await db.deleteFrom('cache_savings').where('account_id', '=', ctx.accountId).where('rule_id', '=', id).execute()
      await db.deleteFrom('cache_rules').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    async slice(): Promise<SliceCacheRule[] | undefined> {
      const rows = await own().selectAll().orderBy('id').execute()
      if (rows.length === 0) return undefined
      return rows.map((row) => {
        const { similar, ...settings } = settingsOf(row)
        const scope = { type: row.scope_type as CacheScopeType, id: row.scope_id }
        return { id: row.id, scope, generation: row.generation, ...settings, ...(similar && { similar }) }
      })
    },
  }
}

const columnsOf = ({ mode, ttlSeconds, answerBytesMax, share, only, similar }: CacheSettings) => ({
  mode,
  ttl_seconds: ttlSeconds,
  answer_bytes_max: answerBytesMax,
  share,
  kept: only,
  similar_model_id: similar?.modelId ?? null,
  similar_threshold: similar?.threshold ?? null,
})

const similarOf = ({ similar_model_id: modelId, similar_threshold: threshold }: Selectable<DB['cache_rules']>) =>
  modelId === null || threshold === null ? null : { modelId, threshold }

const settingsOf = (row: Selectable<DB['cache_rules']>): CacheSettings => ({
  mode: row.mode as CacheSettings['mode'],
  ttlSeconds: row.ttl_seconds,
  answerBytesMax: row.answer_bytes_max,
  share: row.share as CacheSettings['share'],
  only: row.kept as CacheSettings['only'],
  similar: similarOf(row),
})

const explainConflict = (error: unknown): never => {
  if (isUniqueViolation(error, 'cache_rules__scope'))
    throw new Problem('cache_rule.exists', 'This scope has a rule already; change that one.')
  throw error
}

const present = (row: Row): CacheRule => ({
  id: row.id,
  scope: { type: row.scope_type as CacheScopeType, id: row.scope_id, name: row.scope_name ?? row.scope_id },
  settings: settingsOf(row),
  generation: row.generation,
  saved: {
    hits: Number(row.hits),
    similarHits: Number(row.similar_hits),
    credits: decimalOf(row.saved_micros),
  },
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})
