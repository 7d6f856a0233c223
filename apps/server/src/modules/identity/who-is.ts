import type { RoleName } from '@cockpit/contract/kit'
import { type Ctx, type Db, platformAccount } from '../../platform/index.ts'
import { standingOf, within } from './model.ts'
import { peopleRepository } from './people-repository.ts'
import { sessionRepository } from './sessions-repository.ts'

/** Whoever holds a role of the platform may choose any account; their list shows the first of them. */
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
      if (actor.isPlatform) {
        const accounts = await people.firstAccounts(accountsShownMax)
        const [role = 'super_admin'] =
          actor.kind === 'user'
            ? (await people.memberships(actor.id)).filter((m) => m.accountId === platformAccount).map((m) => m.role)
            : []
        return { email, accounts: accounts.map((account) => ({ ...account, role })) }
      }
      if (actor.kind === 'key' || actor.kind === 'service_account') {
        const account = await people.account(accountId)
        return { email, accounts: account ? [{ ...account, role: 'end_user' }] : [] }
      }
      const onlyAccount = ctx.sessionId ? await sessionRepository(tx).onlyAccountOf(ctx.sessionId) : null
      const { accounts } = standingOf(within(onlyAccount, await people.memberships(actor.id)))
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
