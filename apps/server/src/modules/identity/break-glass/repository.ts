import type { Selectable } from 'kysely'
import type { DB, Tx } from '../../../platform/index.ts'
import { graceOfOldSecretMs } from '../model.ts'

export type BreakGlassRow = Selectable<DB['break_glass_sessions']>
type NewSession = Omit<BreakGlassRow, 'ended_at' | 'previous_hash' | 'previous_until'>

/** The latest ones tell enough of the past; the audit log has them all. */
const listedMax = 50

/** All SQL over `break_glass_sessions` and `break_glass_acknowledgements`. */
export const breakGlassRepository = ({ sql }: Tx) => {
  const open = (now: Date) =>
    sql.selectFrom('break_glass_sessions').selectAll().where('ended_at', 'is', null).where('expires_at', '>', now)
  return {
    async insert(session: NewSession) {
      await sql.insertInto('break_glass_sessions').values(session).execute()
    },
    async bySeal(fingerprint: string): Promise<BreakGlassRow | null> {
      const found = sql.selectFrom('break_glass_sessions').selectAll().where('seal_fingerprint', '=', fingerprint)
      return (await found.executeTakeFirst()) ?? null
    },
    async openById(id: string, now: Date): Promise<BreakGlassRow | null> {
      return (await open(now).where('id', '=', id).executeTakeFirst()) ?? null
    },
    /** By the secret of its cookie; `isCurrent` is false for one that was replaced a moment ago. */
    async openByToken(hash: string, now: Date): Promise<{ row: BreakGlassRow; isCurrent: boolean } | null> {
      const current = await open(now).where('token_hash', '=', hash).executeTakeFirst()
      if (current) return { row: current, isCurrent: true }
      const former = open(now).where('previous_hash', '=', hash).where('previous_until', '>', now)
      const row = await former.executeTakeFirst()
      return row ? { row, isCurrent: false } : null
    },
    async confirm(id: string, tokenHash: string, at: Date) {
      await sql
        .updateTable('break_glass_sessions')
        .set(({ ref }) => ({
          previous_hash: ref('token_hash'),
          previous_until: new Date(at.getTime() + graceOfOldSecretMs),
          token_hash: tokenHash,
          authenticated_at: at,
        }))
        .where('id', '=', id)
        .execute()
    },
    /** The one named, or all that are open. */
    end: (id: string | null, at: Date) =>
      sql
        .updateTable('break_glass_sessions')
        .set({ ended_at: at })
        .where('ended_at', 'is', null)
        .where('expires_at', '>', at)
        .$if(id !== null, (rows) => rows.where('id', '=', id ?? ''))
        .returningAll()
        .execute(),
    latest: (): Promise<BreakGlassRow[]> =>
      sql
        .selectFrom('break_glass_sessions')
        .selectAll()
        .orderBy('opened_at', 'desc')
        .orderBy('id', 'desc')
        .limit(listedMax)
        .execute(),
    async acknowledgedUpTo(principalId: string): Promise<Date | null> {
      const row = await sql
        .selectFrom('break_glass_acknowledgements')
        .select('up_to')
        .where('principal_id', '=', principalId)
        .executeTakeFirst()
      return row?.up_to ?? null
    },
    async acknowledge(principalId: string, upTo: Date, at: Date) {
      await sql
        .insertInto('break_glass_acknowledgements')
        .values({ principal_id: principalId, up_to: upTo, at })
        .onConflict((on) => on.column('principal_id').doUpdateSet({ up_to: upTo, at }))
        .execute()
    },
  }
}
