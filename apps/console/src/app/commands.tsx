import {
  type Command,
  CommandPalette,
  formatExact,
  IconActivity,
  IconCpu,
  IconKey,
  IconLogout,
  IconMoon,
  IconSun,
  IconUser,
  useColorScheme,
  useNavigation,
} from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { signOut } from '../features/session/sign-out.ts'
import { messages } from './i18n.ts'
import { menuPages } from './menu.tsx'
import { pages } from './pages.ts'
import { type Scope, useScope } from './scope.tsx'

const t = messages('commands', {
  pages: 'Pages',
  acts: 'Actions',
  accounts: 'Accounts',
  keys: 'Keys',
  people: 'People',
  models: 'Models',
  requests: 'Requests',
  signOut: 'Sign out',
  light: 'Use light colours',
  dark: 'Use dark colours',
})

/** ⌘K: every page and act this person has, keys, people and models by name, and requests by their id. */
export const Commands = () => {
  const scope = useScope()
  const { navigate } = useNavigation()
  const { shown, choose } = useColorScheme()
  const [query, setQuery] = useState('')
  const settled = useSettled(query.trim(), 200)
  const { data: found = [], isFetching } = useQuery({
    queryKey: [scope.accountId, 'search', settled],
    queryFn: ({ signal }) => search(scope, settled, signal),
    enabled: settled.length >= 2,
    staleTime: 10_000,
  })
  const open = menuPages(scope.me, scope.accountId)
  const commands: Command[] = [
    ...open.map(({ href, nav: { label, icon: Icon } }) => ({
      id: `page ${href}`,
      group: t.pages,
      label,
      icon: <Icon size={16} />,
      run: () => navigate(href),
    })),
    ...open.flatMap((page) =>
      (page.commands ?? [])
        .filter(({ permission }) => !permission || scope.can(permission))
        .map(({ label, search: suffix }) => ({
          id: `act ${page.href}${suffix}`,
          group: t.acts,
          label,
          run: () => navigate(`${page.href}${suffix}`),
        })),
    ),
    shown === 'dark'
      ? { id: 'light', group: t.acts, label: t.light, icon: <IconSun size={16} />, run: () => choose('light') }
      : { id: 'dark', group: t.acts, label: t.dark, icon: <IconMoon size={16} />, run: () => choose('dark') },
    { id: 'sign-out', group: t.acts, label: t.signOut, icon: <IconLogout size={16} />, run: () => void signOut() },
  ]
  const results = found.map(({ href, ...rest }): Command => ({ ...rest, id: href, run: () => navigate(href) }))
  return <CommandPalette commands={commands} found={results} onQuery={setQuery} searching={isFetching} />
}

type Found = Omit<Command, 'run' | 'id'> & { href: string }

const search = async ({ api, can, href, accountId }: Scope, q: string, signal: AbortSignal): Promise<Found[]> => {
  const query = { q, limit: 5 }
  const exists = (path: string) =>
    pages.some((page) => page.path === path && page.areas.includes(accountId ? 'account' : 'platform'))
  const asks: Promise<Found[]>[] = []
  if (accountId && can('key.write_own') && exists('keys/$keyId'))
    asks.push(
      api.keys.list({ query }, { signal }).then(({ items }) =>
        items.map((key) => ({
          group: t.keys,
          label: key.name,
          detail: key.preview,
          icon: <IconKey size={16} />,
          href: href(`keys/${key.id}`),
        })),
      ),
    )
  if (accountId && can('directory.read') && exists('people/$userId'))
    asks.push(
      api.users.list({ query }, { signal }).then(({ items }) =>
        items.map((user) => ({
          group: t.people,
          label: user.name,
          detail: user.email,
          icon: <IconUser size={16} />,
          href: href(`people/${user.id}`),
        })),
      ),
    )
  if (can(accountId ? 'model.read' : 'catalog.read') && exists('models/$modelId'))
    asks.push(
      modelsBy(api, accountId, query, signal).then((items) =>
        items.map((model) => ({
          group: t.models,
          label: model.displayName,
          detail: model.name,
          icon: <IconCpu size={16} />,
          href: href(`models/${model.id}`),
        })),
      ),
    )
  if (can('usage.read_own') && isRequestId(q) && exists('requests/$requestId'))
    asks.push(
      api.usage.list({ query }, { signal }).then(({ items }) =>
        items.map((request) => ({
          group: t.requests,
          label: request.id,
          detail: `${request.model}, ${formatExact(request.at)}`,
          icon: <IconActivity size={16} />,
          href: href(`requests/${request.id}`),
        })),
      ),
    )
  // one noun that fails must not hide the others
  return (await Promise.allSettled(asks)).flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
}

const isRequestId = (q: string) => /^req_\w/.test(q)

type Query = { q: string; limit: number }
/** An account finds what its Models page lists, whether or not its people may read the catalog. */
const modelsBy = async (api: Scope['api'], accountId: string | null, query: Query, signal: AbortSignal) => {
  if (!accountId) return (await api.models.list({ query }, { signal })).items
  const { items } = await api.models.chain({}, { signal })
  const wanted = query.q.toLowerCase()
  return items
    .map(({ model }) => model)
    .filter(({ name, displayName }) => [name, displayName].some((text) => text.toLowerCase().includes(wanted)))
    .slice(0, query.limit)
}

const useSettled = (value: string, ms: number): string => {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return settled
}
