import type { TracePlan, UsageRecord } from '@cockpit/contract/usage-record'
import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'

export const usageChannel = 'cockpit_usage'
const hourMs = 3_600_000

/** The writing half of the SQL over the usage tables. */
export const ingestRepository = ({ sql: db, ctx }: Tx) => ({
  accountExists: async () =>
    (await db
      .selectFrom('accounts')
      .select('account_id')
      .where('account_id', '=', ctx.accountId)
      .executeTakeFirst()) !== undefined,

  async insertPlans(plans: readonly TracePlan[]) {
    if (plans.length === 0) return
    const rows = plans.map((plan) => ({ account_id: ctx.accountId, id: plan.id, body: JSON.stringify(plan) }))
    await db
      .insertInto('trace_plans')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['account_id', 'id']).doNothing())
      .execute()
  },

  /** Inserts the records not seen before and returns those. */
  async insertRequests(records: readonly UsageRecord[]): Promise<UsageRecord[]> {
    // one jsonb parameter instead of thirty a row: PostgreSQL unpacks it faster than the driver binds
    const inserted = await sql<{ id: string }>`
      insert into requests (account_id, id, at, status, http_status, error_code, error_message, dialect, operation, stream, model_id, model,
        connection_id, key_id, user_id, service_account_id, team_id, org_id, input_tokens, cached_tokens, cache_write_tokens, output_tokens,
        reasoning_tokens, usage_source, cost_micros, credit_micros, factor, price_version, ttft_ms, duration_ms, attempts, plan_id, trace)
      select ${ctx.accountId}, id, at, status, http_status, error_code, error_message, dialect, operation, stream, model_id, model,
        connection_id, key_id, user_id, service_account_id, team_id, org_id, input_tokens, cached_tokens, cache_write_tokens, output_tokens,
        reasoning_tokens, usage_source, cost_micros, credit_micros, factor, price_version, ttft_ms, duration_ms, attempts, plan_id, trace
      from jsonb_to_recordset(${JSON.stringify(records.map(toRow))}::jsonb) as r(id text, at timestamptz, status text, http_status integer,
        error_code text, error_message text, dialect text, operation text, stream boolean, model_id text, model text, connection_id text,
        key_id text, user_id text, service_account_id text, team_id text, org_id text, input_tokens bigint, cached_tokens bigint,
        cache_write_tokens bigint, output_tokens bigint, reasoning_tokens bigint, usage_source text, cost_micros bigint, credit_micros bigint,
        factor numeric, price_version integer, ttft_ms real, duration_ms real, attempts integer, plan_id text, trace jsonb)
      on conflict do nothing
      returning id`.execute(db)
    const fresh = new Set(inserted.rows.map((row) => row.id))
    return records.filter((record) => fresh.delete(record.id))
  },

  async insertContents(records: readonly UsageRecord[]) {
    const rows = records.flatMap(({ id, at, content }) =>
      content ? [{ account_id: ctx.accountId, request_id: id, at: new Date(at), ...content }] : [],
    )
    if (rows.length > 0)
      await db
        .insertInto('request_contents')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
  },

  async addToRollups(records: readonly UsageRecord[]) {
    await sql`
      insert into usage_rollups as old (account_id, hour, model, key_id, user_id, team_id, org_id, connection_id,
        requests, errors, input_tokens, output_tokens, cost_micros, credit_micros)
      select ${ctx.accountId}, hour, model, key_id, user_id, team_id, org_id, connection_id,
        requests, errors, input_tokens, output_tokens, cost_micros, credit_micros
      from jsonb_to_recordset(${JSON.stringify(sums(records))}::jsonb) as r(hour timestamptz, model text, key_id text, user_id text, team_id text,
        org_id text, connection_id text, requests bigint, errors bigint, input_tokens bigint, output_tokens bigint, cost_micros bigint, credit_micros bigint)
      on conflict (account_id, hour, model, key_id, user_id, team_id, org_id, connection_id) do update set
        requests = old.requests + excluded.requests, errors = old.errors + excluded.errors,
        input_tokens = old.input_tokens + excluded.input_tokens, output_tokens = old.output_tokens + excluded.output_tokens,
        cost_micros = old.cost_micros + excluded.cost_micros, credit_micros = old.credit_micros + excluded.credit_micros`.execute(
      db,
    )
  },

  async reject(record: UsageRecord, reason: string, at: Date) {
    await db
      .insertInto('rejected_usage')
      .values({ account_id: record.accountId, id: record.id, record: JSON.stringify(record), reason, at })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  },

  notify: () => sql`select pg_notify(${usageChannel}, ${ctx.accountId})`.execute(db),
})

const toRow = ({ tokens, ...record }: UsageRecord) => ({
  id: record.id,
  at: new Date(record.at).toISOString(),
  status: record.status,
  http_status: record.httpStatus,
  error_code: record.errorCode,
  error_message: record.errorMessage,
  dialect: record.dialect,
  operation: record.operation,
  stream: record.stream,
  model_id: record.modelId,
  model: record.model,
  connection_id: record.connectionId,
  key_id: record.keyId,
  user_id: record.userId,
  service_account_id: record.serviceAccountId,
  team_id: record.teamId,
  org_id: record.orgId,
  input_tokens: tokens.input,
  cached_tokens: tokens.cachedInput,
  cache_write_tokens: tokens.cacheWrite,
  output_tokens: tokens.output,
  reasoning_tokens: tokens.reasoning,
  usage_source: tokens.source,
  cost_micros: record.costMicros,
  credit_micros: record.creditMicros,
  factor: record.factor,
  price_version: record.priceVersion,
  ttft_ms: record.ttftMs,
  duration_ms: record.durationMs,
  attempts: record.attempts,
  plan_id: record.planId,
  trace: { steps: record.steps, spans: record.spans, figures: record.figures, droppedFields: record.droppedFields },
})

const sums = (records: readonly UsageRecord[]) => {
  const groups = new Map<string, ReturnType<typeof toSum>>()
  for (const record of records) {
    const sum = toSum(record)
    const name = [sum.hour, sum.model, sum.key_id, sum.user_id, sum.team_id, sum.org_id, sum.connection_id].join('\0')
    const group = groups.get(name)
    if (!group) {
      groups.set(name, sum)
      continue
    }
    group.requests += sum.requests
    group.errors += sum.errors
    group.input_tokens += sum.input_tokens
    group.output_tokens += sum.output_tokens
    group.cost_micros = (BigInt(group.cost_micros) + BigInt(sum.cost_micros)).toString()
    group.credit_micros = (BigInt(group.credit_micros) + BigInt(sum.credit_micros)).toString()
  }
  return [...groups.values()]
}

const toSum = ({ tokens, ...record }: UsageRecord) => ({
  hour: new Date(Math.floor(record.at / hourMs) * hourMs).toISOString(),
  model: record.model,
  key_id: record.keyId,
  user_id: record.userId ?? '',
  team_id: record.teamId ?? '',
  org_id: record.orgId ?? '',
  connection_id: record.connectionId ?? '',
  requests: 1,
  errors: record.status === 'error' || record.status === 'denied' ? 1 : 0,
  input_tokens: tokens.input + tokens.cachedInput + tokens.cacheWrite,
  output_tokens: tokens.output,
  cost_micros: record.costMicros,
  credit_micros: record.creditMicros,
})
