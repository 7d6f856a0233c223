import { routeTable } from 'virtual:route-table'
import { type Client, clientOf } from '@cockpit/client/core'
import type { Contract } from '@cockpit/contract'

export type Api = Client<Contract>

const clients = new Map<string | null, Api>()

/** The API as seen from one account, or from the platform itself (null). */
export const apiFor = (accountId: string | null): Api => {
  const known = clients.get(accountId)
  if (known) return known
  const made = clientOf<Contract>(routeTable, {
    // resolved at the call, so that a test may replace it
    fetch: (...call) => fetch(...call),
    headers: accountId ? { 'x-account-id': accountId } : {},
  })
  clients.set(accountId, made)
  return made
}
