import { signInFailureReasons } from '@cockpit/contract/sign-in-failures'
import { EmptyState, IconShieldCheck, ListPage, resolveTimeRange, type Search } from '@cockpit/ui'
import { useMemo } from 'react'
import { useLoadPages } from '../../app/data.ts'
import { stringifySearch, useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { useSignInTabs } from '../sso/tabs.ts'
import { failureColumns } from './columns.tsx'
import { reasonNames, t } from './strings.ts'

const fallback = '30d'

/** Who could not sign in: of one account, or of everybody on the pages of the platform. */
export const SignInFailuresPage = () => {
  const { accountId, href } = useScope()
  const tabs = useSignInTabs()
  const { search, setSearch } = useSearchState()
  const query = useQuery(search)
  const list = useLoadPages(['sign-in-failures', 'list', query], (api, after, signal) =>
    api.signInFailures.list({ query: { ...query, limit: 100, after } }, { signal }),
  )
  const ips = [...new Set([...(list.rows ?? []).flatMap(({ ip }) => ip ?? []), ...(search.ip ? [search.ip] : [])])]
  const people = new Map((list.rows ?? []).flatMap(({ user }) => (user ? [[user.id, user.name] as const] : [])))
  if (search.userId && !people.has(search.userId)) people.set(search.userId, search.userId)
  return (
    <ListPage
      {...list}
      title={t.title}
      description={accountId ? t.about : t.aboutPlatform}
      tabs={tabs}
      noun={t.noun}
      nounOne={t.nounOne}
      columns={failureColumns(accountId ? (id) => href(`people/${id}/sessions`) : null)}
      rowId={({ id }) => id}
      search={search}
      onSearchChange={setSearch}
      searchable
      searchLabel={t.search}
      filters={[
        { kind: 'range', fallback },
        {
          kind: 'select',
          key: 'reason',
          label: t.reason,
          options: signInFailureReasons.map((value) => ({ value, label: reasonNames[value] })),
        },
        {
          kind: 'select',
          key: 'userId',
          label: t.person,
          options: [...people].map(([value, label]) => ({ value, label })),
        },
        { kind: 'select', key: 'ip', label: t.ip, options: ips.map((value) => ({ value, label: value })) },
      ]}
      empty={<EmptyState icon={<IconShieldCheck size={28} stroke={1.5} />} title={t.empty} text={t.emptyText} />}
    />
  )
}

const useQuery = (search: Search) => {
  const { sort: _, ...asked } = search
  const key = stringifySearch(asked)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the range is resolved once for each set of filters, as its moment is part of the cache key
  return useMemo(
    () => ({
      q: search.q,
      userId: search.userId,
      reason: signInFailureReasons.find((known) => known === search.reason),
      ip: search.ip,
      ...resolveTimeRange(search, new Date(), fallback),
    }),
    [key],
  )
}
