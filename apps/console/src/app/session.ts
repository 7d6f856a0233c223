import { queryOptions } from '@tanstack/react-query'
import { apiFor } from './api.ts'

/** Who the reader is in this account, or on the platform. */
export const sessionQuery = (accountId: string | null) =>
  queryOptions({
    queryKey: [accountId, 'session'],
    queryFn: ({ signal }) => apiFor(accountId).identity.context({}, { signal }),
    staleTime: 60_000,
  })
