import type { RoleName } from '@cockpit/contract/kit'
import type { Ctx, Db } from '../../platform/index.ts'
import { standingOf } from './model.ts'
import { peopleRepository } from './people-repository.ts'

/** A super admin may choose any account; their list shows the first of them. */
const accountsShownMax = 200

export type WhoIs = {
  email: string | null
  accounts: { id: string; name: string; status: string; role: RoleName }[]
}

/** The e-mail of the caller and the accounts they may choose among. */
export const createWhoIs =
  ({ db }: { db: Db }) =>
  ({ accountId, actor, ...ctx }: Ctx): Promise<WhoIs> =>
    db.platform({ ...ctx, accountId, actor }, async (tx) => {
      const people = peopleRepository(tx)
      const email = actor.kind === 'user' ? ((await people.byId(actor.id))?.email ?? null) : null
      if (actor.isSuperAdmin) {
        const accounts = await people.firstAccounts(accountsShownMax)
        return { email, accounts: accounts.map((account) => ({ ...account, role: 'super_admin' })) }
      }
      if (actor.kind === 'key') {
        const account = await people.account(accountId)
        return { email, accounts: account ? [{ ...account, role: 'end_user' }] : [] }
      }
      const { accounts } = standingOf(await people.memberships(actor.id))
      return {
        email,
        accounts: accounts.map((m) => ({
          id: m.accountId,
          name: m.accountName,
          status: m.accountStatus,
          role: m.role,
        })),
      }
    })
