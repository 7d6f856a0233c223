import type { RoleName } from '@cockpit/contract/kit'
import { type Ctx, type Db, platformAccount } from '../../platform/index.ts'
import { standingOf, within } from './model.ts'
import { onlyAccountOf } from './only-account.ts'
import { peopleRepository } from './people-repository.ts'

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
      if (actor.isPlatform) return { email, accounts: await accountsOfPlatform(people, actor) }
      if (actor.kind === 'key' || actor.kind === 'service_account') {
        const account = await people.account(accountId)
        return { email, accounts: account ? [{ ...account, role: 'end_user' }] : [] }
      }
      const onlyAccount = await onlyAccountOf(tx)
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

const accountsOfPlatform = async (people: ReturnType<typeof peopleRepository>, { kind, id }: Ctx['actor']) => {
  const accounts = await people.firstAccounts(accountsShownMax)
  const memberships = kind === 'user' ? await people.memberships(id) : []
  const role = memberships.find((m) => m.accountId === platformAccount)?.role ?? 'super_admin'
  return accounts.map((account) => ({ ...account, role }))
}
