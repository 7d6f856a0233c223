import { sql as raw, type Selectable } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'
import { graceOfOldSecretMs } from './model.ts'

export type SessionRow = Selectable<DB['sessions']>
type Among = { exceptId: string | null; onlyAccount: string | null }
type NewSession = Omit<SessionRow, 'ended_at' | 'previous_hash' | 'previous_until'>

/**
 * All SQL over `sessions`. A session lives until it is ended, expires, or outlives the rules of its accounts; whoever
 * asks looks at those.
 */
export const sessionRepository = ({ sql }: Tx) => {
  const alive = (now: Date) =>
    sql.selectFrom('sessions').selectAll().where('ended_at', 'is', null).where('expires_at', '>', now)
  return {
    async insert(session: NewSession) {
      await sql.insertInto('sessions').values(session).execute()
    },
    async byTokenHash(hash: string, now: Date): Promise<SessionRow | null> {
      return (await alive(now).where('token_hash', '=', hash).executeTakeFirst()) ?? null
    },
    /** By the secret it had until a moment ago. */
    async byPreviousHash(hash: string, now: Date): Promise<SessionRow | null> {
      const found = alive(now).where('previous_hash', '=', hash).where('previous_until', '>', now)
      return (await found.executeTakeFirst()) ?? null
    },
    of: (userId: string, now: Date): Promise<SessionRow[]> =>
      alive(now).where('user_id', '=', userId).orderBy('last_seen_at', 'desc').orderBy('id', 'desc').execute(),
    /** Also one that ended. */
    async byId(id: string): Promise<SessionRow | null> {
      return (await sql.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
    },
    /** What the browsers of somebody said they were, of sessions begun in that time. */
    async devicesBefore(userId: string, before: Date, since: Date): Promise<(string | null)[]> {
      const rows = await sql
        .selectFrom('sessions')
        .select('user_agent')
        .distinct()
        .where('user_id', '=', userId)
        .where('created_at', '<', before)
        .where('created_at', '>=', since)
        .limit(200)
        .execute()
      return rows.map(({ user_agent }) => user_agent)
    },
    /** From where somebody with this e-mail came in since. */
    async addressesOf(email: string, since: Date): Promise<string[]> {
      const rows = await sql
        .selectFrom('sessions as s')
        .innerJoin('users as u', 'u.id', 's.user_id')
        .select('s.ip')
        .distinct()
        .where('u.email', '=', email)
        .where('s.created_at', '>=', since)
        .where('s.ip', 'is not', null)
        .limit(500)
        .execute()
      return rows.flatMap(({ ip }) => ip ?? [])
    },
    /** Also of those that ended, the newest of them. */
    async idsOf(userId: string, since: Date): Promise<string[]> {
      const rows = await sql
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', userId)
        .where('last_seen_at', '>=', since)
        .orderBy('last_seen_at', 'desc')
        .limit(100)
        .execute()
      return rows.map(({ id }) => id)
    },
    async seen(id: string, at: Date) {
      await sql.updateTable('sessions').set({ last_seen_at: at }).where('id', '=', id).execute()
    },
    async confirm(id: string, { hash, method, at }: { hash: string; method: string; at: Date }) {
      await sql
        .updateTable('sessions')
        .set(({ ref }) => ({
          previous_hash: ref('token_hash'),
          previous_until: new Date(at.getTime() + graceOfOldSecretMs),
          token_hash: hash,
          authenticated_at: at,
          methods: raw<string[]>`(select array_agg(distinct m) from unnest(methods || ${[method]}::text[]) m)`,
        }))
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .execute()
    },
    /** False when the person has no such session that still lives. */
    async end(userId: string, id: string, at: Date, onlyAccount: string | null = null): Promise<boolean> {
      const ended = sql
        .updateTable('sessions')
        .set({ ended_at: at })
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .$if(onlyAccount !== null, (rows) => rows.where('only_account', '=', onlyAccount))
      return (await ended.executeTakeFirst()).numUpdatedRows === 1n
    },
    async cameBy(id: string) {
      const row = await sql
        .selectFrom('sessions')
        .select(['idp_issuer as issuer', 'only_account as accountId'])
        .where('id', '=', id)
        .where('idp_issuer', 'is not', null)
        .executeTakeFirst()
      return row ?? null
    },
    async onlyAccountOf(id: string): Promise<string | null> {
      const row = await sql.selectFrom('sessions').select('only_account').where('id', '=', id).executeTakeFirst()
      return row?.only_account ?? null
    },
    /** Ends what stands on a login at a provider: of one session there, of one person there, or both. */
    endOfLogin: (login: { issuer: string; subject: string | null; sid: string | null }, at: Date) =>
      sql
        .updateTable('sessions')
        .set({ ended_at: at })
        .where('idp_issuer', '=', login.issuer)
        .$if(login.subject !== null, (rows) => rows.where('idp_subject', '=', login.subject))
        .$if(login.sid !== null, (rows) => rows.where('idp_sid', '=', login.sid))
        // a token that names neither would end the sessions of everybody
        .$if(login.subject === null && login.sid === null, (rows) => rows.where('id', 'is', null))
        .where('ended_at', 'is', null)
        .returning(['id', 'user_id', 'only_account'])
        .execute(),
    /** Ends what the own provider of an account vouches for. */
    endOfProvider: (accountId: string, at: Date) =>
      sql
        .updateTable('sessions')
        .set({ ended_at: at })
        .where('only_account', '=', accountId)
        .where('ended_at', 'is', null)
        .where('expires_at', '>', at)
        .returning(['id', 'user_id', 'only_account'])
        .execute(),
    /** The ids of those that were neither ended nor expired; whether they were in use is for the rules to say. */
    async endAll(userId: string, at: Date, { exceptId, onlyAccount }: Among): Promise<string[]> {
      const rows = await sql
        .updateTable('sessions')
        .set({ ended_at: at })
        .where('user_id', '=', userId)
        .where('ended_at', 'is', null)
        .where('expires_at', '>', at)
        .$if(exceptId !== null, (rows) => rows.where('id', '<>', exceptId ?? ''))
        .$if(onlyAccount !== null, (rows) => rows.where('only_account', '=', onlyAccount))
        .returning('id')
        .execute()
      return rows.map(({ id }) => id)
    },
  }
}
