import { KeepsResponses, type StoredPolicy, standardStoredPolicy } from '@cockpit/contract/stored'
import { type Clock, type Ctx, changesOf, type Db, type Tx } from '../../platform/index.ts'

type Patch = { [K in keyof StoredPolicy]?: StoredPolicy[K] | undefined }

export type Policy = ReturnType<typeof createPolicy>

export const createPolicy = ({ db, now }: { db: Db; now: Clock }) => ({
  get: (ctx: Ctx): Promise<StoredPolicy> => db.tenant(ctx, policyOf),

  update: (ctx: Ctx, patch: Patch): Promise<StoredPolicy> =>
    db.tenant(ctx, async (tx) => {
      const { accountId } = ctx
      await tx.lock(`stored:${accountId}`) // of two first changes at once, none must be lost
      const current = await policyOf(tx)
      const changes = changesOf(current, patch)
      if (!changes) return current
      const policy = { ...current, ...changes.after }
      const { responses, responseDays: response_days, fileDays: file_days } = policy
      const row = { responses, response_days, file_days, updated_at: now() }
      await tx.sql
        .insertInto('stored_policies')
        .values({ account_id: accountId, ...row })
        .onConflict((same) => same.column('account_id').doUpdateSet(row))
        .execute()
      await tx.emit('stored_policy.updated', {
        subject: { type: 'stored_policy', id: accountId, name: 'Stored responses and files' },
        ...changes,
      })
      return policy
    }),

  /** What gateways must know; nothing where it is what they take for granted. */
  async slice(tx: Tx): Promise<KeepsResponses | undefined> {
    const { responses } = await policyOf(tx)
    return responses === standardStoredPolicy.responses ? undefined : responses
  },
})

const policyOf = async ({ sql, ctx }: Tx): Promise<StoredPolicy> => {
  const row = await sql
    .selectFrom('stored_policies')
    .selectAll()
    .where('account_id', '=', ctx.accountId)
    .executeTakeFirst()
  if (!row) return standardStoredPolicy
  const { response_days: responseDays, file_days: fileDays } = row
  return { responses: KeepsResponses.parse(row.responses), responseDays, fileDays }
}
