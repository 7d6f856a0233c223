import type { MemberSource, User } from '@cockpit/contract/directory'
import type { Domain, RoleName } from '@cockpit/contract/kit'
import type { UserSort } from '@cockpit/contract/users'
import { type RawBuilder, sql } from 'kysely'
import { containing, Problem } from '../../platform/index.ts'

export type UserFilter = {
  q?: string | undefined
  role?: RoleName | undefined
  status?: User['status'] | undefined
  source?: MemberSource | undefined
  teamId?: string | undefined
  /** In at least one of these. */
  teamIds?: readonly string[] | undefined
  orgId?: string | undefined
  domain?: Domain | undefined
  hasKeys?: boolean | undefined
  hasTeam?: boolean | undefined
  signedIn?: boolean | undefined
  secondFactor?: boolean | undefined
  locked?: boolean | undefined
  /** Whom too many failures keep out, where `locked` asks for it. */
  lockedIds?: readonly string[] | undefined
  seenAfter?: string | undefined
  seenBefore?: string | undefined
  createdAfter?: string | undefined
  createdBefore?: string | undefined
}
export type SortName = UserSort | `-${UserSort}`

/** Keys of a person that work; `m` is the membership. */
export const workingKeys = (now: Date) => sql`keys k where k.account_id = m.account_id and k.user_id = m.user_id
  and k.purpose = 'gateway' and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})`

/** What a person proves themself with beside a password; whether there is any is all an account may know. */
export const hasFactor = sql<boolean>`(exists (select from totp_secrets f where f.user_id = m.user_id
  and f.confirmed_at is not null) or exists (select from passkeys f where f.user_id = m.user_id))`

/** What a filter asks of a membership `m` and, where `needsPerson` says so, of its person `u`. */
export const conditionsOf = (filter: UserFilter, now: Date): RawBuilder<boolean>[] => {
  const { q, role, status, source, teamId, orgId, domain, hasKeys, hasTeam, signedIn, secondFactor } = filter
  const inTeam = sql`from team_members tm join teams t on t.account_id = tm.account_id and t.id = tm.team_id
    where tm.account_id = m.account_id and tm.user_id = m.user_id`
  const exists = (isSo: boolean, rows: RawBuilder<unknown>) =>
    isSo ? sql<boolean>`exists (select ${rows})` : sql<boolean>`not exists (select ${rows})`
  const all: (RawBuilder<boolean> | false)[] = [
    !!q && sql`(u.name ilike ${containing(q)} or u.email ilike ${containing(q)} or u.id = ${q})`,
    role !== undefined && sql`m.role = ${role}`,
    status !== undefined && sql`m.status = ${status}`,
    source !== undefined && sql`m.source = ${source}`,
    teamId !== undefined && exists(true, sql`${inTeam} and tm.team_id = ${teamId}`),
    filter.teamIds !== undefined && exists(true, sql`${inTeam} and tm.team_id = any(${[...filter.teamIds]}::text[])`),
    orgId !== undefined && exists(true, sql`${inTeam} and t.org_id = ${orgId}`),
    domain !== undefined && exists(true, sql`${inTeam} and t.domain = ${domain}`),
    hasTeam !== undefined && exists(hasTeam, inTeam),
    hasKeys !== undefined && exists(hasKeys, sql`from ${workingKeys(now)}`),
    signedIn !== undefined && (signedIn ? sql`u.last_seen_at is not null` : sql`u.last_seen_at is null`),
    secondFactor !== undefined && (secondFactor ? hasFactor : sql`not ${hasFactor}`),
    filter.locked !== undefined && sql`(m.user_id = any(${[...(filter.lockedIds ?? [])]}::text[])) = ${filter.locked}`,
    filter.seenAfter !== undefined && sql`u.last_seen_at >= ${filter.seenAfter}::timestamptz`,
    filter.seenBefore !== undefined && sql`u.last_seen_at < ${filter.seenBefore}::timestamptz`,
    filter.createdAfter !== undefined && sql`m.created_at >= ${filter.createdAfter}::timestamptz`,
    filter.createdBefore !== undefined && sql`m.created_at < ${filter.createdBefore}::timestamptz`,
  ]
  return all.filter((one) => one !== false)
}

/** Counting needs the person only when the filter asks about them: their table is behind a policy of its own. */
export const needsPerson = ({ q, signedIn, seenAfter, seenBefore }: UserFilter): boolean =>
  !!q || signedIn !== undefined || seenAfter !== undefined || seenBefore !== undefined

type SortType = 'text' | 'bigint' | 'timestamptz'
/** `value` orders, `written` is what a cursor holds of it. */
type Sort = { value: RawBuilder<unknown>; written: RawBuilder<unknown>; type: SortType; descending: boolean }

/** What rows are ordered by. Instants are written to the microsecond, so that a cursor holds them exactly. */
export const sortOf = (name: SortName, now: Date): Sort => {
  const descending = name.startsWith('-')
  const key = (descending ? name.slice(1) : name) as UserSort
  const micros = (column: RawBuilder<unknown>) => sql`coalesce((extract(epoch from ${column}) * 1000000)::bigint, 0)`
  const values: Record<UserSort, [value: RawBuilder<unknown>, type: SortType]> = {
    name: [sql`lower(u.name)`, 'text'],
    email: [sql`u.email`, 'text'],
    role: [sql`m.role`, 'text'],
    status: [sql`m.status`, 'text'],
    source: [sql`m.source`, 'text'],
    keys: [sql`(select count(*) from ${workingKeys(now)})`, 'bigint'],
    seen: [micros(sql`u.last_seen_at`), 'bigint'],
    // as it is, for the index that has it in this order
    created: [sql`m.created_at`, 'timestamptz'],
  }
  const [value, type] = values[key]
  const instant = sql`to_char(${value} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
  return { value, written: type === 'timestamptz' ? instant : value, type, descending }
}

type Place = { value: string; id: string }
const cursorOf = (sort: SortName, { value, id }: Place): string =>
  Buffer.from(JSON.stringify([sort, value, id])).toString('base64url')

/** Rows behind the place a cursor names. A cursor belongs to the sort it was made under. */
export const behind = (cursor: string, name: SortName, { value, type, descending }: Sort): RawBuilder<boolean> => {
  const place = placeOf(cursor, name, type)
  const bound = sql`(${place.value}::${sql.raw(type)}, ${place.id})`
  return descending ? sql`(${value}, m.user_id) < ${bound}` : sql`(${value}, m.user_id) > ${bound}`
}

const fits: Record<SortType, (value: string) => boolean> = {
  text: (value) => !value.includes('\0'),
  bigint: (value) => /^-?\d{1,18}$/.test(value),
  timestamptz: (value) => /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z$/.test(value) && !Number.isNaN(Date.parse(value)),
}

const placeOf = (cursor: string, sort: SortName, type: SortType): Place => {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const [made, value, id] = Array.isArray(read) ? read : []
    if (made === sort && typeof value === 'string' && fits[type](value) && typeof id === 'string' && /^\w+$/.test(id))
      return { value, id }
  } catch {
    // what is no JSON is no cursor either
  }
  throw new Problem('input.invalid', "'after' in the query: is not the `next` of a page under this sort", {
    errors: [{ pointer: '/after', detail: 'is not the `next` of a page under this sort' }],
  })
}

/** A page of rows that were read with one more than `limit`, and the cursor of the next one. */
export const cutSorted = <Row extends { sort_value: unknown; user_id: string }, Item>(
  rows: readonly Row[],
  { limit, sort }: { limit: number; sort: SortName },
  present: (row: Row) => Item,
): { items: Item[]; next: string | null } => {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    items: shown.map(present),
    next: last ? cursorOf(sort, { value: String(last.sort_value), id: last.user_id }) : null,
  }
}
