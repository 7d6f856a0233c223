import type { ModelSet } from '@cockpit/contract/models'
import { platformAccount, type Tx } from '../../platform/index.ts'

/** All SQL over `model_eligibility` and `model_selections` of the transaction's account. */
export const setsRepository = ({ sql: db, ctx }: Tx) => {
  const read = async (table: 'model_eligibility' | 'model_selections', absent: ModelSet): Promise<ModelSet> => {
    const row = await db
      .selectFrom(table)
      .select(['mode', 'model_ids'])
      .where('account_id', '=', ctx.accountId)
      .executeTakeFirst()
    if (!row) return absent
    return { mode: row.mode as ModelSet['mode'], modelIds: await existing(row.model_ids) }
  }

  /** Models that were deleted since drop out of the sets that list them, in the order of the list. */
  const existing = async (ids: readonly string[]): Promise<string[]> => {
    if (ids.length === 0) return []
    const rows = await db
      .selectFrom('models')
      .select('id')
      .where('account_id', 'in', [platformAccount, ctx.accountId])
      .where('id', 'in', ids)
      .execute()
    const alive = new Set(rows.map(({ id }) => id))
    return ids.filter((id) => alive.has(id))
  }

  const write = async (table: 'model_eligibility' | 'model_selections', { mode, modelIds }: ModelSet) => {
    const columns = { mode, model_ids: modelIds }
    await db
      .insertInto(table)
      .values({ account_id: ctx.accountId, ...columns })
      .onConflict((on) => on.column('account_id').doUpdateSet(columns))
      .execute()
  }

  return {
    // nothing is eligible until a super admin says so; what is eligible is selected until the account narrows it
    eligibility: () => read('model_eligibility', { mode: 'list', modelIds: [] }),
    selection: () => read('model_selections', { mode: 'all', modelIds: [] }),
    setEligibility: (set: ModelSet) => write('model_eligibility', set),
    setSelection: (set: ModelSet) => write('model_selections', set),
    async accountExists(): Promise<boolean> {
      const row = await db
        .selectFrom('accounts')
        .select('account_id')
        .where('account_id', '=', ctx.accountId)
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
