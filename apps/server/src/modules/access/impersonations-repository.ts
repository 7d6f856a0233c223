import type { Impersonation, ImpersonationNotice } from '@cockpit/contract/impersonations'
import { type Insertable, type Selectable, sql } from 'kysely'
import { cutPage, type DB, type Tx } from '../../platform/index.ts'

type Table = DB['impersonations']
type Row = Selectable<Table> & { subject_name: string | null; account_name: string | null }
export type Policy = 'forbidden' | 'read_only' | 'allowed'

/** As whom a session sees the product; null when that is over and its browser does not know it yet. */
export type Worn = { mask: Impersonation | null }

const noticesMax = 50
const standardPolicy: Policy = 'read_only'

/** What the account says at this moment counts, also for what began while it said something else. */
const allowedNow = (mask: Impersonation, policy: string | null): Impersonation | null => {
  const allowed = policy ?? standardPolicy
  return allowed === 'forbidden' ? null : { ...mask, writes: mask.writes && allowed === 'allowed' }
}

/** All SQL over `impersonations`, `worn_masks` and `access_settings`. Reads names of people and accounts. */
export const impersonationRepository = ({ sql: db, ctx }: Tx, now: Date) => {
  const all = () => db.selectFrom('impersonations as i')
  const own = () => all().where('i.account_id', '=', ctx.accountId)
  const named = (rows: ReturnType<typeof all>) =>
    rows
      .selectAll('i')
      .select([
        sql<string | null>`(select u.name from users u where u.id = i.subject_id)`.as('subject_name'),
        sql<string | null>`(select a.name from accounts a where a.account_id = i.account_id)`.as('account_name'),
      ])
  return {
    async page({ limit, after }: { limit: number; after?: string | undefined }) {
      const rows = await named(own())
        .$if(after !== undefined, (query) => query.where('i.id', '<', after ?? ''))
        .orderBy('i.id', 'desc')
        .limit(limit + 1)
        .execute()
      const { total } = await own()
        .select((e) => e.fn.countAll<bigint>().as('total'))
        .executeTakeFirstOrThrow()
      return { ...cutPage(rows, limit, (row) => present(row, now)), total: Number(total) }
    },
    async find(id: string): Promise<Impersonation | null> {
      const row = await named(own()).where('i.id', '=', id).executeTakeFirst()
      return row ? present(row, now) : null
    },
    async insert(row: Omit<Insertable<Table>, 'account_id'>) {
      await db
        .insertInto('impersonations')
        .values({ ...row, account_id: ctx.accountId })
        .execute()
    },
    /** Of this account, those that are under way; answers which. */
    async endAll(): Promise<Impersonation[]> {
      const rows = await named(own()).where('i.ended_at', 'is', null).where('i.expires_at', '>', now).execute()
      await db
        .updateTable('impersonations')
        .set({ ended_at: now })
        .where('account_id', '=', ctx.accountId)
        .where('ended_at', 'is', null)
        .where('expires_at', '>', now)
        .execute()
      return rows.map((row) => present(row, now))
    },

    /** The mask of a session, in whichever account. Needs a platform transaction, like all below. */
    async ofSession(sessionId: string): Promise<Worn | null> {
      const worn = await db.selectFrom('worn_masks').selectAll().where('session_id', '=', sessionId).executeTakeFirst()
      if (!worn) return null
      const row = await named(all())
        .leftJoin('access_settings as s', 's.account_id', 'i.account_id')
        .select('s.impersonation as policy')
        .where('i.account_id', '=', worn.worn_in)
        .where('i.id', '=', worn.impersonation_id)
        .where('i.ended_at', 'is', null)
        .where('i.expires_at', '>', now)
        .executeTakeFirst()
      return { mask: row ? allowedNow(present(row, now), row.policy) : null }
    },
    async putOn(sessionId: string, impersonationId: string) {
      const mask = { worn_in: ctx.accountId, impersonation_id: impersonationId }
      await db
        .insertInto('worn_masks')
        .values({ session_id: sessionId, ...mask })
        .onConflict((on) => on.column('session_id').doUpdateSet(mask))
        .execute()
    },
    async takeOff(sessionId: string) {
      await db.deleteFrom('worn_masks').where('session_id', '=', sessionId).execute()
    },
    async end(id: string) {
      await db.updateTable('impersonations').set({ ended_at: now }).where('id', '=', id).execute()
    },
    async noticesOf(userId: string): Promise<ImpersonationNotice[]> {
      const rows = await named(all())
        .where('i.subject_id', '=', userId)
        .orderBy('i.id', 'desc')
        .limit(noticesMax)
        .execute()
      return rows.map((row) => ({
        ...present(row, now),
        accountName: row.account_name ?? '',
        seenAt: row.seen_at?.toISOString() ?? null,
      }))
    },
    async markSeen(userId: string) {
      await db
        .updateTable('impersonations')
        .set({ seen_at: now })
        .where('subject_id', '=', userId)
        .where('seen_at', 'is', null)
        .execute()
    },

    async policy(): Promise<Policy> {
      const row = await db
        .selectFrom('access_settings')
        .select('impersonation')
        .where('account_id', '=', ctx.accountId)
        .executeTakeFirst()
      return (row?.impersonation ?? standardPolicy) as Policy
    },
    async setPolicy(impersonation: Policy) {
      await db
        .insertInto('access_settings')
        .values({ account_id: ctx.accountId, impersonation })
        .onConflict((on) => on.column('account_id').doUpdateSet({ impersonation }))
        .execute()
    },
  }
}

const present = (row: Row, now: Date): Impersonation => ({
  id: row.id,
  actor: { id: row.actor_id, name: row.actor_name },
  subject: { id: row.subject_id, name: row.subject_name ?? '' },
  accountId: row.account_id,
  reason: row.reason,
  ticket: row.ticket,
  writes: row.writes,
  startedAt: row.started_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  endedAt: (row.ended_at ?? (row.expires_at <= now ? row.expires_at : null))?.toISOString() ?? null,
})
