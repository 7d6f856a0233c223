import { type SignInFailure, type SignInFailureReason, signInFailureCountMax } from '@cockpit/contract/sign-in-failures'
import { sql as raw } from 'kysely'
import { containing, cutPage, type Tx } from '../../platform/index.ts'
import { deviceOf, placeOf } from './device.ts'

export type NewFailure = {
  id: string
  at: Date
  email: string
  userId: string | null
  reason: SignInFailureReason
  ip: string | null
  userAgent: string | null
}
/** How many may have been written since: about one e-mail, from one address, and at all. */
type Bounds = { since: Date; emailMax: number; ipMax: number; allMax: number }
type Text = string | undefined
export type FailureFilter = { [K in 'q' | 'userId' | 'reason' | 'ip' | 'from' | 'to']?: Text }
/** Whose failures a reader sees: those of an account, or all; with those of nobody, or without. */
export type Sight = { accountId: string | null; nobodys: boolean }

/** All SQL over `sign_in_failures`. Ids follow time, so newest first is ids backwards. */
export const failureRepository = ({ sql }: Tx) => {
  const matching = ({ accountId, nobodys }: Sight, { q, userId, reason, ip, from, to }: FailureFilter) => {
    let rows = sql.selectFrom('sign_in_failures as f').leftJoin('users as u', 'u.id', 'f.user_id')
    if (accountId !== null)
      rows = rows.where(({ exists, selectFrom }) =>
        exists(
          selectFrom('memberships as m')
            .select('m.user_id')
            .whereRef('m.user_id', '=', 'f.user_id')
            .where('m.account_id', '=', accountId),
        ),
      )
    if (!nobodys) rows = rows.where('f.user_id', 'is not', null)
    if (q)
      rows = rows.where(({ or, eb }) =>
        or([eb('f.email', 'ilike', containing(q)), eb('u.name', 'ilike', containing(q))]),
      )
    if (userId) rows = rows.where('f.user_id', '=', userId)
    if (reason) rows = rows.where('f.reason', '=', reason)
    if (ip) rows = rows.where('f.ip', '=', ip)
    if (from) rows = rows.where('f.at', '>=', new Date(from))
    if (to) rows = rows.where('f.at', '<', new Date(to))
    return rows
  }

  return {
    /** Writes nothing when there were too many just now: a flood must not fill the disk. */
    async insert(row: NewFailure, { since, emailMax, ipMax, allMax }: Bounds) {
      await raw`
        insert into sign_in_failures (id, at, email, user_id, reason, ip, user_agent)
        select ${row.id}, ${row.at}, ${row.email}, ${row.userId}, ${row.reason}, ${row.ip}, ${row.userAgent}
        where (select count(*) from sign_in_failures where email = ${row.email} and at > ${since}) < ${emailMax}
          and (select count(*) from sign_in_failures where ip = ${row.ip} and at > ${since}) < ${ipMax}
          and (select count(*) from sign_in_failures where at > ${since}) < ${allMax}`.execute(sql)
    },

    async page(sight: Sight, { limit, after, ...filter }: FailureFilter & { limit: number; after?: Text }) {
      let rows = matching(sight, filter).select([
        ...(['f.id', 'f.at', 'f.email', 'f.user_id', 'f.reason', 'f.ip', 'f.user_agent', 'u.name'] as const),
      ])
      if (after !== undefined) rows = rows.where('f.id', '<', after)
      const found = await rows
        .orderBy('f.id', 'desc')
        .limit(limit + 1)
        .execute()
      const counted = await sql
        .selectFrom(
          matching(sight, filter)
            .select('f.id')
            .limit(signInFailureCountMax + 1)
            .as('some'),
        )
        .select(raw<number>`count(*)::int`.as('total'))
        .executeTakeFirstOrThrow()
      return {
        ...cutPage(found, limit, present),
        total: Math.min(counted.total, signInFailureCountMax),
        totalIsMin: counted.total > signInFailureCountMax,
      }
    },

    /** Whether the lock of a person is in the story already. */
    async wasToldLocked(accountId: string, userId: string, since: Date): Promise<boolean> {
      const row = await sql
        .selectFrom('events')
        .select('id')
        .where('account_id', '=', accountId)
        .where(raw<string>`subject ->> 'id'`, '=', userId)
        .where('name', '=', 'user.locked')
        .where('at', '>', since)
        .executeTakeFirst()
      return row !== undefined
    },

    async forgetBefore(at: Date) {
      await sql.deleteFrom('sign_in_failures').where('at', '<', at).execute()
    },
  }
}

type Row = {
  id: string
  at: Date
  email: string
  user_id: string | null
  name: string | null
  reason: string
  ip: string | null
  user_agent: string | null
}
const present = (row: Row): SignInFailure => ({
  id: row.id,
  at: row.at.toISOString(),
  email: row.email,
  user: row.user_id === null ? null : { id: row.user_id, name: row.name ?? '' },
  reason: row.reason as SignInFailureReason,
  ip: row.ip,
  place: placeOf(row.ip),
  device: deviceOf(row.user_agent),
  userAgent: row.user_agent,
})
