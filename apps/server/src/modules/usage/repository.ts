import type { PageQuery } from '@cockpit/contract/kit'
import type { UsageRecord } from '@cockpit/contract/usage-record'
import { type Expression, type SqlBool, sql } from 'kysely'
import { startingWith, type Tx } from '../../platform/index.ts'
import { bookingLock } from './ingest.repository.ts'

/** Rows counted exactly up to here; beyond, the count says "this many or more". */
const countMax = 10_000

/** Whose requests a caller may see: everybody's, those of one user and of some teams, or those of one key. */
export type Visibility = { all: true } | { userId: string; teamIds: readonly string[] } | { keyId: string }

export type RequestFilters = {
  from?: string | undefined
  to?: string | undefined
  status?: string | undefined
  model?: string | undefined
  keyId?: string | undefined
  userId?: string | undefined
  teamId?: string | undefined
  connectionId?: string | undefined
  errorCode?: string | undefined
  stream?: boolean | undefined
  q?: string | undefined
}

type Range = { from: Date; to: Date }
/** Of which teams, all when null, and of which person, everybody when absent, sums are made. */
export type Part = { teamIds: readonly string[] | null; userId?: string | undefined }

export type KeptRecord = {
  id: string
  at: Date
  model: string
  dialect: string
  stream: boolean
  key_id: string
  team_id: string | null
  org_id: string | null
  request: string
  response: string
}

export type Group = 'model' | 'key' | 'user' | 'team' | 'org' | 'connection'
const groupColumns = {
  model: 'model',
  key: 'key_id',
  user: 'user_id',
  team: 'team_id',
  org: 'org_id',
  connection: 'connection_id',
} as const

/** The reading half of the SQL over the usage tables. The transaction decides how many accounts it sees. */
export const usageRepository = ({ sql: db, ctx }: Tx) => {
  const withNames = sql`
    select r.*, a.name as account_name, k.name as key_name, coalesce(u.name, s.name) as user_name, t.name as team_name, o.name as org_name, c.name as connection_name, c.kind as connection_kind
    from r
    left join accounts a on a.account_id = r.account_id
    left join keys k on k.account_id = r.account_id and k.id = r.key_id
    left join users u on u.id = r.user_id
    left join service_accounts s on s.account_id = r.account_id and s.id = r.service_account_id
    left join teams t on t.account_id = r.account_id and t.id = r.team_id
    left join orgs o on o.account_id = r.account_id and o.id = r.org_id
    left join provider_connections c on c.id = r.connection_id`

  return {
    async page(filters: RequestFilters, visibility: Visibility, { limit, after }: PageQuery) {
      const wanted = conditions(filters, visibility)
      const cursor = cursorOf(after)
      const beyond = cursor ? [sql<SqlBool>`(r.at, r.id) < (${cursor.at}, ${cursor.id})`] : []
      const rows = await sql<RequestRecord>`
        with r as materialized (select r.* from requests r ${where([...wanted, ...beyond])} order by r.at desc, r.id desc limit ${limit + 1})
        ${withNames} order by r.at desc, r.id desc`.execute(db)
      const count = await sql<{
        n: bigint
      }>`select count(*) as n from (select 1 from requests r ${where(wanted)} limit ${countMax}) counted`.execute(db)
      return { rows: rows.rows, total: Number(count.rows[0]?.n ?? 0) }
    },

    async find(id: string, visibility: Visibility) {
      const rows = await sql<RequestRecord & StoredDetail>`
        with r as (select r.* from requests r ${where([...conditions({}, visibility), sql`r.id = ${id}`])} limit 1)
        select named.*, p.body as plan, x.request, x.response, x.truncated, v.input_pico, v.output_pico, v.cached_input_pico, v.cache_write_pico, v.reasoning_pico, v.dimensions
        from (${withNames}) named
        left join trace_plans p on p.account_id = named.account_id and p.id = named.plan_id
        left join request_contents x on x.account_id = named.account_id and x.request_id = named.id
        left join model_prices v on v.model_id = named.model_id and v.version = named.price_version`.execute(db)
      return rows.rows[0]
    },

    /** Calls that one person's keys made, by their ids. */
    async ofUser(userId: string, ids: readonly string[], { from, to }: Range): Promise<FiguresRecord[]> {
      const rows = await sql<FiguresRecord>`
        select id, input_tokens + cached_tokens + cache_write_tokens as input_tokens, output_tokens, credit_micros, ttft_ms, duration_ms
        from requests
        where account_id = ${ctx.accountId} and id = any(${[...ids]}::text[]) and user_id = ${userId}
          and at >= ${from} and at < ${to}`.execute(db)
      return rows.rows
    },

    /** The last calls whose texts are kept, the latest first. */
    async kept(last: number): Promise<KeptRecord[]> {
      const rows = await sql<KeptRecord>`
        select r.id, r.at, r.model, r.dialect, r.stream, r.key_id, r.team_id, r.org_id, x.request, x.response
        from (select * from request_contents order by at desc limit ${last}) x
        join requests r on r.account_id = x.account_id and r.id = x.request_id and r.at = x.at
        order by r.at desc`.execute(db)
      return rows.rows
    },

    async keepsContent(): Promise<boolean> {
      const { rows } = await sql<{
        log_content: boolean
      }>`select log_content from accounts where account_id = ${ctx.accountId}`.execute(db)
      return rows[0]?.log_content ?? false
    },

    /** Of these connections the ones that the caller's account owns: it learns the names of no others. */
    async connectionsSeen(deployments: readonly { connectionId: string }[]): Promise<ReadonlySet<string>> {
      if (deployments.length === 0) return new Set()
      const ids = deployments.map(({ connectionId }) => connectionId)
      const rows = await db.selectFrom('provider_connections').select('id').where('id', 'in', ids).execute()
      return new Set(rows.map(({ id }) => id))
    },

    /** Rows that were booked after `seq`, oldest first, at most `limit` of the newest. */
    async bookedAfter(seq: bigint, visibility: Visibility, limit: number) {
      const rows = await sql<RequestRecord>`
        with r as materialized (select r.* from requests r ${where([...conditions({}, visibility), sql`r.seq > ${seq}`])} order by r.seq desc limit ${limit})
        ${withNames} order by r.seq`.execute(db)
      return rows.rows
    },

    /** Waits until no booking is under way; those that come meanwhile wait for this transaction. */
    async awaitBookings(): Promise<void> {
      await sql`select pg_advisory_xact_lock(${bookingLock})`.execute(db)
    },

    /** The oldest first, with what is kept of their text where that is wanted. */
    async bookedBetween(after: bigint, upTo: bigint, limit: number, withContent: boolean) {
      const rows = await sql<RequestRecord & StoredContent>`
        with r as materialized (select r.* from requests r where r.seq > ${after} and r.seq <= ${upTo} order by r.seq limit ${limit})
        select named.*, x.request, x.response, x.truncated from (${withNames}) named
        left join request_contents x on ${withContent} and x.account_id = named.account_id and x.request_id = named.id
        order by named.seq`.execute(db)
      return rows.rows
    },

    async bookedSince(seq: bigint, visibility: Visibility) {
      const rows = await sql<{ requests: bigint; errors: bigint; last: bigint | null }>`
        select count(*) as requests, count(*) filter (where r.status in ('error', 'denied')) as errors, max(r.seq) as last
        from requests r ${where([...conditions({}, visibility), sql`r.seq > ${seq}`])}`.execute(db)
      return rows.rows[0] ?? { requests: 0n, errors: 0n, last: null }
    },

    async lastSeq() {
      // nextval is not undone by a rollback, so this may name a number nobody has; only later ones matter
      const rows = await sql<{ last: bigint | null }>`select max(seq) as last from requests`.execute(db)
      return rows.rows[0]?.last ?? 0n
    },

    async breakdown(by: Group, { from, to }: Range, part: Part) {
      const id = sql.ref(`u.${groupColumns[by]}`)
      const rows = await sql<BreakdownRecord>`
        with sums as (
          select ${id} as id, sum(requests) as requests, sum(errors) as errors, sum(input_tokens) as input_tokens,
            sum(output_tokens) as output_tokens, sum(cost_micros) as cost_micros, sum(credit_micros) as credit_micros
          from usage_rollups u where hour >= ${from} and hour < ${to} ${within(part)} group by 1
        )
        select s.*, coalesce(k.name, us.name, t.name, o.name, c.name, nullif(s.id, '')) as name from sums s
        left join keys k on ${by === 'key'} and k.id = s.id
        left join users us on ${by === 'user'} and us.id = s.id
        left join teams t on ${by === 'team'} and t.id = s.id
        left join orgs o on ${by === 'org'} and o.id = s.id
        left join provider_connections c on ${by === 'connection'} and c.id = s.id
        order by credit_micros desc, requests desc limit 200`.execute(db)
      return rows.rows
    },

    /**
     * Sums in steps of `stepSeconds`, from the log itself for short ranges and from the hourly sums for long ones: those by
     * the hour first, because to find the step of a row costs more than to read it.
     */
    async series({ from, to }: Range, stepSeconds: number, part: Part) {
      const bucket = (column: 'at' | 'hour') =>
        sql`to_timestamp(floor(extract(epoch from ${sql.ref(column)}) / ${stepSeconds}) * ${stepSeconds})`
      const rows =
        stepSeconds < 3_600
          ? await sql<SeriesRecord>`
              select ${bucket('at')} as at, count(*) as requests, count(*) filter (where status in ('error', 'denied')) as errors,
                sum(input_tokens + cached_tokens + cache_write_tokens) as input_tokens, sum(output_tokens) as output_tokens,
                sum(cost_micros) as cost_micros, sum(credit_micros) as credit_micros
              from requests where at >= ${from} and at < ${to} ${within(part)} group by 1 order by 1`.execute(db)
          : await sql<SeriesRecord>`
              with hours as (
                select hour, sum(requests) as requests, sum(errors) as errors, sum(input_tokens) as input_tokens,
                  sum(output_tokens) as output_tokens, sum(cost_micros) as cost_micros, sum(credit_micros) as credit_micros
                from usage_rollups where hour >= ${from} and hour < ${to} ${within(part)} group by 1)
              select ${bucket('hour')} as at, sum(requests) as requests, sum(errors) as errors, sum(input_tokens) as input_tokens,
                sum(output_tokens) as output_tokens, sum(cost_micros) as cost_micros, sum(credit_micros) as credit_micros
              from hours group by 1 order by 1`.execute(db)
      return rows.rows
    },
  }
}

export type RequestRecord = {
  account_id: string
  account_name: string | null
  id: string
  at: Date
  seq: bigint
  status: 'ok' | 'error' | 'denied' | 'cancelled'
  http_status: number
  error_code: string | null
  error_message: string | null
  dialect: UsageRecord['dialect']
  operation: UsageRecord['operation']
  stream: boolean
  model: string
  connection_id: string | null
  key_id: string
  user_id: string | null
  service_account_id: string | null
  team_id: string | null
  org_id: string | null
  input_tokens: bigint
  cached_tokens: bigint
  cache_write_tokens: bigint
  output_tokens: bigint
  reasoning_tokens: bigint
  usage_source: 'reported' | 'estimated' | 'none'
  cost_micros: bigint
  credit_micros: bigint
  factor: string
  price_version: number | null
  ttft_ms: number | null
  duration_ms: number
  attempts: number
  trace: unknown
  key_name: string | null
  user_name: string | null
  team_name: string | null
  org_name: string | null
  connection_name: string | null
  connection_kind: string | null
}
/** What a call came to. */
export type FiguresRecord = Pick<
  RequestRecord,
  'id' | 'input_tokens' | 'output_tokens' | 'credit_micros' | 'ttft_ms' | 'duration_ms'
>
/** What only the detail of one request reads: its plan, its content where kept, and the rates of its price version. */
export type StoredDetail = StoredContent & {
  plan: unknown
  input_pico: bigint | null
  output_pico: bigint | null
  cached_input_pico: bigint | null
  cache_write_pico: bigint | null
  reasoning_pico: bigint | null
  dimensions: unknown
}
/** What is kept of the text of a request, where the account keeps any. */
export type StoredContent = { request: string | null; response: string | null; truncated: boolean | null }
// PostgreSQL sums bigints to numeric, which the driver hands over as text
type Sums = {
  requests: string
  errors: string
  input_tokens: string
  output_tokens: string
  cost_micros: string
  credit_micros: string
}
export type BreakdownRecord = Sums & { id: string; name: string | null }
export type SeriesRecord = Sums & { at: Date }

const where = (conditions: Expression<SqlBool>[]) =>
  conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``

const within = ({ teamIds, userId }: Part) => sql`
  ${teamIds === null ? sql`` : sql`and team_id = any(${[...teamIds]}::text[])`}
  ${userId === undefined ? sql`` : sql`and user_id = ${userId}`}`

const conditions = (filters: RequestFilters, visibility: Visibility): Expression<SqlBool>[] => {
  const all: Expression<SqlBool>[] = []
  const when = <T>(value: T | undefined, condition: (value: T) => Expression<SqlBool>) => {
    if (value !== undefined && value !== '') all.push(condition(value))
  }
  when(filters.from, (value) => sql`r.at >= ${value}::timestamptz`)
  when(filters.to, (value) => sql`r.at < ${value}::timestamptz`)
  when(filters.status, (value) =>
    value === 'failed' ? sql`r.status in ('error', 'denied')` : sql`r.status = ${value}`,
  )
  when(filters.model, (value) => sql`r.model = ${value}`)
  when(filters.keyId, (value) => sql`r.key_id = ${value}`)
  when(filters.userId, (value) => sql`r.user_id = ${value}`)
  when(filters.teamId, (value) => sql`r.team_id = ${value}`)
  when(filters.connectionId, (value) => sql`r.connection_id = ${value}`)
  when(filters.errorCode, (value) => sql`r.error_code = ${value}`)
  when(filters.stream, (value) => sql`r.stream = ${value}`)
  when(filters.q, (value) => sql`r.id like ${startingWith(value)}`)
  if ('userId' in visibility)
    all.push(sql`(r.user_id = ${visibility.userId} or r.team_id = any(${[...visibility.teamIds]}::text[]))`)
  if ('keyId' in visibility) all.push(sql`r.key_id = ${visibility.keyId}`)
  return all
}

const cursorOf = (after: string | undefined) => {
  const match = /^(\d+)\.(req_[0-9a-z]+)$/.exec(after ?? '')
  return match ? { at: new Date(Number(match[1])), id: match[2] ?? '' } : null
}
export const cursorFor = (row: { at: Date; id: string }) => `${row.at.getTime()}.${row.id}`
