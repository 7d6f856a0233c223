import type { HandEdit } from '@cockpit/contract/users'
import { sql } from 'kysely'
import type { Tx } from '../../platform/index.ts'

/** All SQL over `directory_policies`, and the seats of the account, which other rooms fill. */
export const policyRepository = ({ sql: db, ctx }: Tx) => ({
  async handEdits(): Promise<HandEdit[]> {
    const row = await db
      .selectFrom('directory_policies')
      .select('hand_edits')
      .where('account_id', '=', ctx.accountId)
      .executeTakeFirst()
    return (row?.hand_edits ?? []) as HandEdit[]
  },
  async setHandEdits(edits: readonly HandEdit[]) {
    const row = { account_id: ctx.accountId, hand_edits: [...edits] }
    await db
      .insertInto('directory_policies')
      .values(row)
      .onConflict((on) => on.column('account_id').doUpdateSet(row))
      .execute()
  },
  async seats(now: Date): Promise<{ max: number | null; used: number; invited: number }> {
    const { rows } = await sql<{ max: number | null; used: bigint; invited: bigint }>`
      select seats_max as max,
        (select count(*) from memberships m where m.account_id = a.account_id) as used,
        (select count(*) from invites i where i.account_id = a.account_id
          and i.accepted_at is null and i.revoked_at is null and i.expires_at > ${now}) as invited
      from accounts a where a.account_id = ${ctx.accountId}`.execute(db)
    const [{ max, used, invited } = { max: null, used: 0n, invited: 0n }] = rows
    return { max, used: Number(used), invited: Number(invited) }
  },
})
