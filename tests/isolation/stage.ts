/** Two synthetic accounts in an installation, each with one object of every kind and people in every standing. */
import { randomBytes } from 'node:crypto'
import { openAccount, type TestAccount } from '../support/account.ts'
import { arrangeObjects } from '../support/objects.ts'
import type { Reachable } from '../support/reach.ts'
import type { Query } from './catalog.ts'
import { openPrincipals, type Party, type Principal } from './principals.ts'

export type Stage = {
  cockpit: Reachable
  masterKey: string
  own: Party & { principals: Principal[] }
  other: Party & { principals: Principal[] }
  /** Deletes their accounts, and the third where some of them work too, for good. */
  clear(): Promise<void>
}

/** With the database at hand, there are also people in states the product itself does not leave behind. */
export const openStage = async (cockpit: Reachable, masterKey: string, query?: Query): Promise<Stage> => {
  const elsewhere = await openAccount(cockpit)
  const own = await openParty(cockpit, elsewhere, query)
  const other = await openParty(cockpit, elsewhere, query)
  return {
    cockpit,
    masterKey,
    own,
    other,
    async clear() {
      for (const { id } of [own.account, other.account, elsewhere]) {
        const { name } = await cockpit.as().accounts.get({ params: { id } })
        await cockpit.as().accounts.remove({
          params: { id },
          query: { hard_delete: 'true' as never, confirm_name: name },
        })
      }
    },
  }
}

const openParty = async (cockpit: Reachable, elsewhere: TestAccount, query?: Query) => {
  const canary = `canary-${randomBytes(12).toString('hex')}`
  const account = await openAccount(cockpit)
  const { ids, keySecret } = await arrangeObjects(cockpit, account, canary)
  const party: Party = { account, ids: { ...ids, acc: account.id }, keySecret, canary }
  const principals = await openPrincipals(cockpit, party, elsewhere, query)
  const admin = principals.find(({ name }) => name === 'account admin')
  const sessions = await cockpit.send('GET /v1/sessions', { headers: admin?.headers ?? {} })
  party.ids.ses = JSON.parse(sessions.text).items[0].id
  return { ...party, principals }
}
