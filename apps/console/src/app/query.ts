import { ApiProblem } from '@cockpit/client/core'
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { sessionEnded } from './session-state.ts'
import { shareEqual } from './versions.ts'

const noticeExpiry = (error: unknown) => {
  if (isSignedOut(error)) sessionEnded()
}

export const isSignedOut = (error: unknown): boolean => error instanceof ApiProblem && error.code === 'auth.required'

/** A 4xx answers the same the second time; only a server in trouble is worth another try. */
const worthRetrying = (failures: number, error: unknown): boolean =>
  failures < 2 && (!(error instanceof ApiProblem) || error.status === 0 || error.status >= 500)

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeExpiry }),
  mutationCache: new MutationCache({ onError: noticeExpiry }),
  defaultOptions: { queries: { retry: worthRetrying, staleTime: 5_000, structuralSharing: shareEqual } },
})
