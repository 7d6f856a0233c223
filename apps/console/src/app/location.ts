import type { Search } from '@cockpit/ui'
import { useLocation, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useSyncExternalStore } from 'react'

/** A part of the address: `useParam('keyId')` on `/a/$accountId/keys/$keyId`. */
export const useParam = (name: string): string => {
  const params: Record<string, string | undefined> = useParams({ strict: false })
  return params[name] ?? ''
}

/** The search params of the page, all strings. A patch with `undefined` removes one. */
export const useSearchState = (): { search: Search; setSearch: (patch: Search) => void } => {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const setSearch = useCallback(
    (patch: Search) =>
      void navigate({
        to: '.',
        search: (before: Search) =>
          Object.fromEntries(
            Object.entries({ ...before, ...patch }).filter(([, value]) => value !== undefined && value !== ''),
          ),
        replace: true,
        resetScroll: false,
      } as never),
    [navigate],
  )
  return { search, setSearch }
}

/** What stands behind the sign that browsers send nowhere; another link that is opened in the same tab changes it. */
export const useFragment = (): string => useSyncExternalStore(onFragment, () => window.location.hash.slice(1))
const onFragment = (changed: () => void) => {
  window.addEventListener('hashchange', changed)
  return () => window.removeEventListener('hashchange', changed)
}

export const usePathname = (): string => useLocation({ select: (location) => location.pathname })

/** Search params stay what they look like: `?q=12` is the text "12". */
export const parseSearch = (text: string): Search => Object.fromEntries(new URLSearchParams(text))
export const stringifySearch = (search: Record<string, unknown>): string => {
  const text = new URLSearchParams(
    Object.entries(search).flatMap(([key, value]) =>
      value === undefined || value === '' ? [] : [[key, String(value)]],
    ),
  ).toString()
  return text && `?${text}`
}
