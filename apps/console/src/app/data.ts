import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { Api } from './api.ts'
import { useScope } from './scope.tsx'

/** The first word is the noun (`keys`); the rest is what the answer depends on. */
export type Key = readonly [noun: string, ...rest: unknown[]]

export type Loaded<T> = { data: T | undefined; error: unknown; retry: () => void; updatedAt: number }

/** One answer of the API, cached for the account the reader is in. Fits `<Loaded {...useLoad(…)}>`. */
export const useLoad = <T>(
  key: Key,
  load: (api: Api, signal: AbortSignal) => Promise<T>,
  options: { everyMs?: number; enabled?: boolean } = {},
): Loaded<T> => {
  const { api, accountId } = useScope()
  const query = useQuery({
    queryKey: [accountId, ...key],
    queryFn: ({ signal }) => load(api, signal),
    ...(options.everyMs ? { refetchInterval: options.everyMs } : {}),
    enabled: options.enabled ?? true,
  })
  return { data: query.data, error: query.error, retry: () => void query.refetch(), updatedAt: query.dataUpdatedAt }
}

type PageOf<T> = { items: T[]; next: string | null; total: number; totalIsMin?: boolean }

/** A cursor-paged list, page after page, as `ListPage` takes it: `<ListPage {...useLoadPages(…)} … />`. */
export const useLoadPages = <T>(
  key: Key,
  load: (api: Api, after: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>,
  options: { everyMs?: number } = {},
) => {
  const { api, accountId } = useScope()
  const query = useInfiniteQuery({
    queryKey: [accountId, ...key],
    queryFn: ({ pageParam, signal }) => load(api, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // other filters: the old rows stay until the new ones are here
    placeholderData: keepPreviousData,
    ...(options.everyMs ? { refetchInterval: options.everyMs } : {}),
  })
  return {
    rows: query.data?.pages.flatMap((page) => page.items),
    total: query.data?.pages.at(-1)?.total,
    totalIsMin: query.data?.pages.at(-1)?.totalIsMin,
    hasNext: query.hasNextPage,
    onNext: () => void query.fetchNextPage(),
    loadingNext: query.isFetchingNextPage,
    error: query.error as unknown,
    retry: () => void query.refetch(),
  }
}

/**
 * What an address has opened beside a list: its row, or, where that is not among the rows so far, what is asked for by its
 * id, so that a link to it holds.
 */
export const useOpened = <T extends { id: string }>(
  noun: string,
  rows: readonly T[] | undefined,
  id: string | undefined,
  ask: (api: Api, id: string, signal: AbortSignal) => Promise<T | undefined>,
  keyOf: (row: T) => string = (row) => row.id,
): T | undefined => {
  const listed = rows?.find((row) => keyOf(row) === id)
  const { data } = useLoad([noun, 'one', id], async (api, signal) => (await ask(api, id ?? '', signal)) ?? null, {
    enabled: id !== undefined && rows !== undefined && !listed,
  })
  return listed ?? (id === undefined ? undefined : (data ?? undefined))
}

/** After a change: `await refresh('keys')` makes everything shown of that noun fresh. Without nouns: everything. */
export const useRefresh = () => {
  const client = useQueryClient()
  const { accountId } = useScope()
  return useCallback(
    async (...nouns: string[]) => {
      const keys = nouns.length > 0 ? nouns.map((noun) => [accountId, noun]) : [[accountId]]
      await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })))
    },
    [client, accountId],
  )
}
