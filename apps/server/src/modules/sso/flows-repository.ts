import type { Insertable, Selectable } from 'kysely'
import type { DB, Tx } from '../../platform/index.ts'

export type FlowRow = Selectable<DB['sso_flows']>

/** All SQL over `sso_flows`, `sso_id_tokens` and `sso_logout_tokens`. Platform work: nobody is known yet. */
export const flowRepository = ({ sql: db }: Tx) => ({
  async begin(flow: Insertable<DB['sso_flows']>, now: Date) {
    await db.deleteFrom('sso_flows').where('expires_at', '<', now).execute()
    await db.insertInto('sso_flows').values(flow).execute()
  },
  /** Takes a flow out: the same answer does not work twice, and works in the browser that asked only. */
  async take(stateHash: string, browserHash: string, now: Date): Promise<FlowRow | null> {
    const taken = db
      .deleteFrom('sso_flows')
      .where('state_hash', '=', stateHash)
      .where('browser_hash', '=', browserHash)
      .where('expires_at', '>', now)
      .returningAll()
    return (await taken.executeTakeFirst()) ?? null
  },
  async keepIdToken(row: Insertable<DB['sso_id_tokens']>) {
    await db
      .insertInto('sso_id_tokens')
      .values(row)
      .onConflict((on) => on.column('session_id').doNothing())
      .execute()
  },
  async takeIdToken(sessionId: string) {
    const taken = db.deleteFrom('sso_id_tokens').where('session_id', '=', sessionId).returningAll()
    return (await taken.executeTakeFirst()) ?? null
  },
  /** False when a logout token was taken before. */
  async takeLogoutToken(token: Insertable<DB['sso_logout_tokens']>, now: Date): Promise<boolean> {
    await db.deleteFrom('sso_logout_tokens').where('expires_at', '<', now).execute()
    const added = db
      .insertInto('sso_logout_tokens')
      .values(token)
      .onConflict((on) => on.doNothing())
    return (await added.executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  },
})
