import type { AccountRef, MeContext } from '@cockpit/contract/identity'
import type { Key } from '@cockpit/contract/keys'
import type { ModelChain } from '@cockpit/contract/models'
import type { ProviderConnection } from '@cockpit/contract/providers'
import { queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import { apiFor } from '../../app/api.ts'
import { meIn } from '../../app/session.ts'

export const setupSteps = ['administrator', 'account', 'provider', 'models', 'credits', 'key', 'call'] as const
export type SetupStep = (typeof setupSteps)[number]

type Account = z.infer<typeof AccountRef>
/** What the installation has so far, and the account that is set up. */
export type SetupFacts = {
  me: MeContext | null
  account: Account | null
  connections: ProviderConnection[]
  /** Every model this account may use once the wizard is through. */
  chain: ModelChain | null
  grants: number
  /** The newest working key. */
  key: Key | null
  calls: number
}
export type SetupProgress = SetupFacts & {
  /** The first step that still has to be done; null when there is nothing left. */
  open: SetupStep | null
}

/**
 * How far set-up of an account is, of the first one unless named, read from the installation itself: it can be left,
 * reloaded and gone on with anywhere.
 */
export const setupProgressQuery = (accountId: string | undefined) =>
  queryOptions({
    queryKey: ['setup', 'progress', accountId],
    queryFn: ({ signal }) => readProgress(accountId, signal),
  })

const nothing: SetupFacts = {
  me: null,
  account: null,
  connections: [],
  chain: null,
  grants: 0,
  key: null,
  calls: 0,
}

const readProgress = async (accountId: string | undefined, signal: AbortSignal): Promise<SetupProgress> => {
  const platform = apiFor(null)
  const { needed } = await platform.identity.setupState({}, { signal })
  if (needed) return { ...nothing, open: 'administrator' }
  const me = await meIn(null, signal)
  // only who runs the platform can set it up
  if (!me.isSuperAdmin) return { ...nothing, me, open: null }
  // ids grow with time, so the smallest is the first account there was
  const accounts = me.accounts.filter(({ status }) => status === 'active').sort((a, b) => (a.id < b.id ? -1 : 1))
  const account = accounts.find(({ id }) => id === accountId) ?? accounts[0]
  if (!account) return { ...nothing, me, open: 'account' }
  const facts = { me, account, ...(await readAccount(account.id, signal)) }
  return { ...facts, open: firstOpen(facts) }
}

const readAccount = async (accountId: string, signal: AbortSignal) => {
  const platform = apiFor(null)
  const api = apiFor(accountId)
  const [connections, chain, grants, keys, calls] = await Promise.all([
    platform.providers.list({ query: { limit: 100 } }, { signal }),
    api.models.chain({}, { signal }),
    platform.budgets.grants({ params: { id: accountId } }, { signal }),
    api.keys.list({ query: { status: 'active', limit: 100 } }, { signal }),
    // set-up may have been left and gone on with after days
    api.usage.list({ query: { limit: 1, from: '2020-01-01T00:00:00Z' } }, { signal }),
  ])
  const programs = keys.items.filter(({ purpose }) => purpose === 'gateway')
  return {
    // the newest is the one whose models are chosen next
    connections: connections.items.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)),
    chain,
    grants: grants.items.filter(({ revokedAt }) => revokedAt === null).length,
    key: programs.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0] ?? null,
    calls: calls.total,
  }
}

const firstOpen = ({ connections, chain, grants, key, calls }: SetupFacts): SetupStep | null => {
  const usable = chain?.items.some(({ effective }) => effective) ?? false
  if (calls > 0) return null
  if (!usable) return connections.length === 0 ? 'provider' : 'models'
  if (grants === 0) return 'credits'
  return key ? 'call' : 'key'
}
