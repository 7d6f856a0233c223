import { DayCap, WorkCap } from '@cockpit/contract/caps'
import type { CallLimit, CallLimits, LimitScopeType } from '@cockpit/contract/limits'
import type { SliceLimit } from '@cockpit/contract/snapshot'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import {
  containing,
  cutPage,
  type DB,
  isUniqueViolation,
  jsonb,
  Problem,
  platformAccount,
  type Tx,
} from '../../platform/index.ts'

type Row = Selectable<DB['limits']> & { scope_name: string | null }
/** A limit without what is used of it, which gateways know. */
export type StoredLimit = Omit<CallLimit, 'used'>
type Filter = { q?: string | undefined; type?: LimitScopeType | undefined }
type Scope = { type: LimitScopeType; id: string }

/** The name of what a limit is about, of other rooms; null for what is no more, and for tags. */
const scopeName = sql<string | null>`case limits.scope_type
  when 'org' then (select name from orgs o where o.account_id = limits.account_id and o.id = limits.scope_id)
  when 'team' then (select name from teams t where t.account_id = limits.account_id and t.id = limits.scope_id)
  when 'user' then (select u.name from memberships m join users u on u.id = m.user_id
    where m.account_id = limits.account_id and m.user_id = limits.scope_id)
  when 'key' then (select name from keys k where k.account_id = limits.account_id and k.id = limits.scope_id)
  when 'model' then (select name from models m where m.id = limits.scope_id)
  when 'account' then (select name from accounts a where a.account_id = limits.account_id)
end`

/** All SQL over `limits`, of the account of the transaction. Reads names of other rooms. */
export const limitRepository = ({ sql: db, ctx }: Tx) => {
  const own = () => db.selectFrom('limits').where('limits.account_id', '=', ctx.accountId)
  const matching = ({ q, type }: Filter) =>
    own()
      .$if(type !== undefined, (query) => query.where('scope_type', '=', type ?? ''))
      .$if(q !== undefined && q !== '', (query) =>
        query.where((e) =>
          e.or([e('scope_id', 'ilike', containing(q ?? '')), sql<boolean>`${scopeName} ilike ${containing(q ?? '')}`]),
        ),
      )
  const one = (id: string) => own().where('id', '=', id).selectAll().select(scopeName.as('scope_name'))
  const exists = async (query: RawBuilder<unknown>) => (await query.execute(db)).rows.length > 0
  const named: Record<'org' | 'team' | 'user' | 'key' | 'model', (id: string) => RawBuilder<unknown>> = {
    org: (id) => sql`select 1 from orgs where account_id = ${ctx.accountId} and id = ${id}`,
    team: (id) => sql`select 1 from teams where account_id = ${ctx.accountId} and id = ${id}`,
    user: (id) => sql`select 1 from memberships where account_id = ${ctx.accountId} and user_id = ${id}`,
    key: (id) => sql`select 1 from keys where account_id = ${ctx.accountId} and id = ${id}`,
    model: (id) => sql`select 1 from models where id = ${id}`,
  }

  return {
    /** Whether the account has, or may use, what a limit would be about. */
    names: (type: LimitScopeType, id: string): Promise<boolean> =>
      type in named ? exists(named[type as keyof typeof named](id)) : Promise.resolve(false),

    async page({ limit, after, ...filter }: Filter & { limit: number; after?: string | undefined }) {
      const rows = await matching(filter)
        .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
        .selectAll()
        .select(scopeName.as('scope_name'))
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await matching(filter)
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, present), total: Number(total) }
    },
    async find(id: string): Promise<StoredLimit | null> {
      const row = await one(id).executeTakeFirst()
      return row ? present(row) : null
    },
    /** Held until the end of the transaction, so that changes of one limit come one by one. */
    async hold(id: string): Promise<StoredLimit | null> {
      const row = await one(id).forUpdate().executeTakeFirst()
      return row ? present(row) : null
    },
    async insert({ id, scope, limits, at }: { id: string; scope: Scope; limits: CallLimits; at: Date }) {
      const place = { account_id: ctx.accountId, id, scope_type: scope.type, scope_id: scope.id }
      await db
        .insertInto('limits')
        .values({ ...place, ...columnsOf(limits), created_at: at, updated_at: at })
        .execute()
        .catch(explainConflict)
    },
    async update(id: string, limits: CallLimits, at: Date) {
      await db
        .updateTable('limits')
        .set({ ...columnsOf(limits), updated_at: at })
        .where('account_id', '=', ctx.accountId)
        .where('id', '=', id)
        .execute()
    },
    async remove(id: string) {
      await db.deleteFrom('limits').where('account_id', '=', ctx.accountId).where('id', '=', id).execute()
    },
    async slice(): Promise<SliceLimit[] | undefined> {
      const rows = await own().selectAll().orderBy('id').execute()
      if (rows.length === 0) return undefined
      return rows.map((row) => ({
        id: row.id,
        scope: { type: row.scope_type as LimitScopeType, id: row.scope_id },
        ...limitsOf(row),
      }))
    },
  }
}

const columnsOf = ({ rpm, tpm, parallel, inputTokensMax, outputTokensMax, ...caps }: CallLimits) => ({
  rpm,
  tpm: tpm === null ? null : BigInt(tpm),
  parallel,
  input_tokens_max: inputTokensMax,
  output_tokens_max: outputTokensMax,
  per_run: caps.perRun && jsonb(caps.perRun),
  per_session: caps.perSession && jsonb(caps.perSession),
  per_agent: caps.perAgent && jsonb(caps.perAgent),
})

const limitsOf = (row: Selectable<DB['limits']>): CallLimits => ({
  rpm: row.rpm,
  tpm: row.tpm === null ? null : Number(row.tpm),
  parallel: row.parallel,
  inputTokensMax: row.input_tokens_max,
  outputTokensMax: row.output_tokens_max,
  perRun: WorkCap.nullable().parse(row.per_run),
  perSession: WorkCap.nullable().parse(row.per_session),
  perAgent: DayCap.nullable().parse(row.per_agent),
})

const explainConflict = (error: unknown): never => {
  if (isUniqueViolation(error, 'limits__scope'))
    throw new Problem('limit.exists', 'This scope has a limit already; change that one.')
  throw error
}

const present = (row: Row): StoredLimit => ({
  id: row.id,
  ownedBy: row.account_id === platformAccount ? 'platform' : 'account',
  scope: {
    type: row.scope_type as LimitScopeType,
    id: row.scope_id,
    name: row.scope_name ?? (row.scope_type === 'platform' ? 'All accounts' : row.scope_id),
  },
  limits: limitsOf(row),
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})
