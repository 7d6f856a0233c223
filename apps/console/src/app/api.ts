import { routeTable } from 'virtual:route-table'
import { type Client, clientOf } from '@cockpit/client/core'
import type { Contract } from '@cockpit/contract'
import { createAttention } from './attended.ts'
import { confirmed } from './step-up-state.ts'
import { received } from './versions.ts'

export type Api = Client<Contract>

/** A refused call is asked again once the reader has confirmed who they are. */
const withStepUp = async (send: () => Promise<Response>): Promise<Response> => {
  const response = await send()
  if (response.status !== 401 && response.status !== 403) return response
  const { type } = (await response.clone().json()) as { type?: string }
  if (type === 'impersonation.over') await beOneself()
  return type === 'auth.step_up_required' && (await confirmed()) ? send() : response
}

/** What is on the page belongs to the person who was seen, so the reader begins anew as themselves. */
const beOneself = async () => {
  await apiFor(null).impersonations.stop()
  window.location.assign('/')
}

const attention = createAttention({ target: window, now: Date.now })
const clients = new Map<string | null, Api>()

/** The API as seen from one account, or from the platform itself (null). */
export const apiFor = (accountId: string | null): Api => {
  const known = clients.get(accountId)
  if (known) return known
  const made = clientOf<Contract>(routeTable, {
    // resolved at the call, so that a test may replace it
    fetch: (...call) => withStepUp(() => fetch(...call)),
    headers: () => ({ ...attention.headers(), ...(accountId && { 'x-account-id': accountId }) }),
    received,
  })
  clients.set(accountId, made)
  return made
}
