import { EmptyState, IconHistory, ListPage, type Search } from '@cockpit/ui'
import { useMemo } from 'react'
import { useLoadPages } from '../../app/data.ts'
import { stringifySearch, useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { auditColumns } from './columns.tsx'
import { EventPanel } from './event-page.tsx'
import { ExportMenu } from './export-menu.tsx'
import { filtersOf, queryOf } from './filters.ts'
import { t } from './strings.ts'
import { useAuditTabs } from './tabs.ts'
import { useAccountName } from './use-account-name.ts'

/** The story of all changes. */
export const AuditPage = () => {
  const { accountId, href, can } = useScope()
  const tabs = useAuditTabs('events')
  const { search, setSearch } = useSearchState()
  const nameOf = useAccountName()
  const { query, ...list } = useList(search)
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        tabs={tabs}
        actions={can('audit.export') && <ExportMenu query={query} />}
        description={accountId ? t.description : t.descriptionPlatform}
        noun={t.noun}
        columns={auditColumns(accountId === null ? nameOf : null)}
        rowId={(event) => event.id}
        rowHref={(event) => href(`audit/${event.id}`)}
        onRowClick={(event) => setSearch({ event: event.id })}
        activeId={search.event}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={t.searchLabel}
        filters={filtersOf(search, list.rows ?? [])}
        empty={<EmptyState icon={<IconHistory size={28} stroke={1.5} />} title={t.emptyTitle} text={t.emptyText} />}
      />
      <EventPanel id={search.event ?? ''} onClose={() => setSearch({ event: undefined })} />
    </>
  )
}

const useList = (search: Search) => {
  const { event: _, sort: __, ...asked } = search
  const key = stringifySearch(asked)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the range is resolved once for each set of filters, as its moment is part of the cache key
  const query = useMemo(() => queryOf(search, new Date()), [key])
  const pages = useLoadPages(['audit', 'list', query], (api, after, signal) =>
    api.audit.list({ query: { ...query, limit: 100, after } }, { signal }),
  )
  return { ...pages, query }
}
