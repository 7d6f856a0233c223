import {
  Alert,
  Button,
  EmptyState,
  formatCount,
  IconActivity,
  IconFilter,
  ListPage,
  Menu,
  type Search,
} from '@cockpit/ui'
import { useEffect, useMemo, useRef } from 'react'
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { usePageHref } from '../../app/links.ts'
import { stringifySearch, useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { requestColumns } from './columns.tsx'
import { matches, queryOf, useFilters } from './filters.ts'
import { LiveSwitch } from './live-switch.tsx'
import { RequestPanel } from './request-page.tsx'
import { t } from './strings.ts'
import { useLive } from './use-live.ts'
import { merged, useTail } from './use-tail.ts'

// so many new calls, and the list is loaded anew: the tail itself shows only the newest of a busy second
const reloadEvery = 200

/** The log of calls with its live tail. */
export const RequestsPage = () => {
  const { accountId, href } = useScope()
  const { search, setSearch } = useSearchState()
  const area = useRef<HTMLDivElement>(null)
  const asked = askedOf(search)
  const { query, list } = useList(search, asked)
  const tail = useTail(asked, area)
  const past = query.to !== undefined
  const on = search.live !== 'off'
  const live = useLive(on && !past, (row) => {
    if (matches(row, search)) tail.add(row)
  })
  useReload(live.status, tail.count, tail.paused)
  const rows = list.rows && merged(tail.rows, list.rows)
  const { filters, more } = useFilters(search, rows ?? [])
  const columns = useMemo(() => requestColumns(accountId === null), [accountId])
  return (
    // takes no part in the layout; it only marks where scrolling pauses the tail
    <div ref={area} style={{ display: 'contents' }}>
      <ListPage
        {...list}
        title={t.title}
        description={accountId ? t.description : t.descriptionPlatform}
        actions={
          <LiveSwitch
            on={on}
            past={past}
            live={live}
            onChange={(next) => setSearch({ live: next ? undefined : 'off' })}
          />
        }
        noun={t.noun}
        rows={rows}
        total={list.total === undefined || !rows ? undefined : list.total + rows.length - (list.rows?.length ?? 0)}
        columns={columns}
        rowId={(row) => row.id}
        rowHref={(row) => href(`requests/${row.id}`)}
        onRowClick={(row) => setSearch({ request: row.id, tab: undefined })}
        activeId={search.request}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={t.searchLabel}
        filters={filters}
        extra={
          more.length > 0 && <Menu target={<Button icon={<IconFilter size={14} />}>{t.filter}</Button>} items={more} />
        }
        before={<Notices live={live} tail={tail} />}
        empty={<Nothing />}
      />
      <RequestPanel id={search.request ?? ''} onClose={() => setSearch({ request: undefined, tab: undefined })} />
    </div>
  )
}

/** What decides which rows there are; the open panel, the sort and the tail do not. */
const askedOf = ({ request: _, tab: __, sort: ___, live: ____, ...filters }: Search): string => stringifySearch(filters)

const useList = (search: Search, asked: string) => {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the range is resolved once for each set of filters, as its moment is part of the cache key
  const query = useMemo(() => queryOf(search, new Date()), [asked])
  const list = useLoadPages(['requests', 'list', query], (api, after, signal) =>
    api.usage.list({ query: { ...query, limit: 100, after } }, { signal }),
  )
  return { query, list }
}

/** After a gap in the tail, and when many came, the list itself is the better source. */
const useReload = (status: string, count: number, paused: boolean) => {
  const refresh = useRefresh()
  const seen = useRef({ count: 0, stopped: false })
  useEffect(() => {
    if (count < seen.current.count) seen.current.count = 0
    const many = count - seen.current.count >= reloadEvery && !paused
    const back = status === 'live' && seen.current.stopped
    if (status === 'stopped') seen.current.stopped = true
    if (!many && !back) return
    seen.current = { count, stopped: false }
    void refresh('requests')
  }, [status, count, paused, refresh])
}

const Notices = ({ live, tail }: { live: ReturnType<typeof useLive>; tail: ReturnType<typeof useTail> }) => {
  if (live.status === 'stopped')
    return (
      <div className="ck-before">
        <Alert tone="amber" title={t.stoppedAt} action={<Button onClick={live.retry}>{t.again}</Button>}>
          {t.stoppedText}
        </Alert>
      </div>
    )
  if (tail.paused && tail.waiting > 0)
    return (
      <div className="ck-before">
        <Alert action={<Button onClick={tail.release}>{t.showNew(formatCount(tail.waiting))}</Button>}>
          {t.paused}
        </Alert>
      </div>
    )
  return null
}

const Nothing = () => {
  const playground = usePageHref()('playground')
  return (
    <EmptyState
      icon={<IconActivity size={28} stroke={1.5} />}
      title={t.emptyTitle}
      text={t.emptyText}
      action={playground && <Button href={playground}>{t.playground}</Button>}
    />
  )
}
