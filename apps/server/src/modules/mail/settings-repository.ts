import type { Insertable, Selectable } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'

export type ServerRow = Selectable<DB['mail_settings']>

/** All SQL over mail_settings. */
export const settingsRepository = ({ sql: db }: Tx) => ({
  find: (accountId: string): Promise<ServerRow | undefined> =>
    db.selectFrom('mail_settings').selectAll().where('account_id', '=', accountId).executeTakeFirst(),

  async put(row: Insertable<DB['mail_settings']>): Promise<void> {
    const { account_id: _, ...columns } = row
    await db
      .insertInto('mail_settings')
      .values(row)
      .onConflict((on) => on.column('account_id').doUpdateSet(columns))
      .execute()
  },

  async remove(accountId: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('mail_settings')
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  },
})
