import type { Insertable, Selectable } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'

export type ResetRow = Selectable<DB['password_resets']>

/** All SQL over `password_resets`. Needs a platform transaction: whoever holds a link is nobody yet. */
export const passwordResetRepository = ({ sql }: Tx) => ({
  async put(row: Insertable<DB['password_resets']>) {
    await sql
      .insertInto('password_resets')
      .values(row)
      .onConflict((on) => on.columns(['account_id', 'user_id']).doUpdateSet(row))
      .execute()
  },
  async byTokenHash(hash: string, now: Date): Promise<ResetRow | null> {
    const found = sql.selectFrom('password_resets').selectAll().where('token_hash', '=', hash)
    return (await found.where('expires_at', '>', now).executeTakeFirst()) ?? null
  },
  /** False when somebody else has used it meanwhile. */
  async take(hash: string): Promise<boolean> {
    const taken = await sql.deleteFrom('password_resets').where('token_hash', '=', hash).executeTakeFirst()
    return taken.numDeletedRows === 1n
  },
})
