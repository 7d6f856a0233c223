import { type DirectoryPolicy, type HandEdit, handEdits } from '@cockpit/contract/users'
import { type Clock, type Ctx, changesOf, type Db, refuseOutlasting, type Tx } from '../../platform/index.ts'
import { policyRepository } from './policy-repository.ts'

/** How many people the account may have, and what of synchronised ones may be changed by hand. */
export const createPolicy = ({ db, now }: { db: Db; now: Clock }) => {
  const read = async (tx: Tx): Promise<DirectoryPolicy> => ({
    handEdits: await policyRepository(tx).handEdits(),
    seats: await policyRepository(tx).seats(now()),
  })
  return {
    get: (ctx: Ctx) => db.tenant(ctx, read),
    set: (ctx: Ctx, wanted: readonly HandEdit[]) =>
      db.tenant(ctx, async (tx) => {
        const before = await policyRepository(tx).handEdits()
        // in one order, so that the same set is no change
        const after = handEdits.filter((edit) => wanted.includes(edit))
        const changes = changesOf({ handEdits: before }, { handEdits: after })
        if (changes) {
          refuseOutlasting(ctx, ['identity.write'], null)
          await policyRepository(tx).setHandEdits(after)
          await tx.emit('directory_policy.updated', {
            subject: { type: 'directory_policy', id: tx.ctx.accountId, name: 'Changes by hand' },
            ...changes,
          })
        }
        return read(tx)
      }),
  }
}
export type Policy = ReturnType<typeof createPolicy>
