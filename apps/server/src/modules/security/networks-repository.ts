import { type AllowedNetwork, keptNetwork } from '@cockpit/contract/networks'
import type { Tx } from '../../platform/index.ts'

export type ListName = 'people' | 'gateway'
export type Lists = Record<ListName, AllowedNetwork[]>

/** All SQL over `allowed_networks`. */
export const networksRepository = ({ sql }: Tx) => ({
  async of(accountIds: readonly string[]): Promise<(accountId: string) => Lists> {
    const rows = await sql
      .selectFrom('allowed_networks')
      .selectAll()
      .where('account_id', 'in', [...accountIds])
      .orderBy('place')
      .execute()
    return (accountId) => {
      const list = (name: ListName) =>
        rows
          .filter((row) => row.account_id === accountId && row.list === name)
          .map(({ network, note }) => ({ network: keptNetwork(network), note })) // PostgreSQL writes some otherwise
      return { people: list('people'), gateway: list('gateway') }
    }
  },

  async replace(accountId: string, list: ListName, entries: readonly AllowedNetwork[]): Promise<void> {
    await sql.deleteFrom('allowed_networks').where('account_id', '=', accountId).where('list', '=', list).execute()
    if (entries.length === 0) return
    const rows = entries.map((entry, place) => ({ ...entry, account_id: accountId, list, place }))
    await sql.insertInto('allowed_networks').values(rows).execute()
  },
})
