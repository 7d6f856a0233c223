import { ApiProblem } from '@cockpit/client/core'
import type { MeContext } from '@cockpit/contract/identity'
import { queryOptions } from '@tanstack/react-query'
import { apiFor } from './api.ts'

/** Who the reader is in this account, or on the platform. */
export const sessionQuery = (accountId: string | null) =>
  queryOptions({
    queryKey: [accountId, 'session'],
    queryFn: ({ signal }) => meIn(accountId, signal),
    staleTime: 60_000,
  })

/** Nobody gets an answer too; to the console that is the same as being signed out. */
export const meIn = async (accountId: string | null, signal: AbortSignal): Promise<MeContext> => {
  const me = await apiFor(accountId).identity.context({}, { signal })
  if (me.principal) return { ...me, principal: me.principal }
  throw new ApiProblem({
    type: 'auth.required',
    title: 'Sign-in required',
    status: 401,
    detail: 'Sign in.',
    requestId: '',
  })
}
