import type { HandEdit } from '@cockpit/contract/users'
import type { Tx } from '../../platform/index.ts'

/** All SQL over `directory_policies`, and the seats of the account; reads what tenancy and identity own. */
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
  async seats(): Promise<{ max: number | null; used: number }> {
    const { seats_max, used } = await db
      .selectFrom('accounts')
      .where('account_id', '=', ctx.accountId)
      .select('seats_max')
      .select(({ selectFrom, fn }) =>
        selectFrom('memberships')
          .where('account_id', '=', ctx.accountId)
          .select(fn.countAll<bigint>().as('used'))
          .as('used'),
      )
      .executeTakeFirstOrThrow()
    return { max: seats_max, used: Number(used) }
  },
})
