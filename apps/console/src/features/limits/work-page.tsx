import { type WorkCount, WorkKind } from '@cockpit/contract/caps'
import { type Column, EmptyState, formatCount, IconActivity, ListPage, RelativeTime } from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { kindText, t as limitText, workText as t } from './strings.ts'
import { useLimitTabs } from './tabs.ts'

/** What runs, sessions and agents have used of their caps. */
export const WorkPage = () => {
  const { search, setSearch } = useSearchState()
  const kind = WorkKind.safeParse(search.kind).data
  const q = search.q || undefined
  const list = useLoadPages(['work-counts', kind, q], (api, after, signal) =>
    api.workCounts.list({ query: { kind, q, after } }, { signal }),
  )
  return (
    <ListPage
      {...list}
      title={limitText.title}
      description={t.about}
      tabs={useLimitTabs()}
      noun={t.noun}
      columns={columns}
      rowId={({ id }) => id}
      search={search}
      onSearchChange={setSearch}
      searchable
      searchLabel={t.search}
      filters={[
        {
          kind: 'select',
          key: 'kind',
          label: t.kind,
          options: WorkKind.options.map((value) => ({ value, label: kindText[value] })),
        },
      ]}
      empty={<EmptyState icon={<IconActivity size={28} stroke={1.5} />} title={t.none} text={t.noneText} />}
    />
  )
}

const columns: Column<WorkCount>[] = [
  { key: 'name', header: t.name, value: ({ name, day }) => (day === null ? name : t.day(name, day)), primary: true },
  { key: 'kind', header: t.kind, value: ({ kind }) => kindText[kind] },
  { key: 'owner', header: t.owner, value: ({ owner }) => owner?.name ?? t.everybody },
  {
    key: 'credits',
    header: t.credits,
    value: ({ credits }) => Number(credits),
    render: ({ credits }) => credits,
    numeric: true,
  },
  {
    key: 'tokens',
    header: t.tokens,
    value: ({ tokens }) => tokens,
    render: ({ tokens }) => formatCount(tokens),
    numeric: true,
  },
  {
    key: 'calls',
    header: t.calls,
    value: ({ calls }) => calls,
    render: ({ calls }) => formatCount(calls),
    numeric: true,
  },
  { key: 'since', header: t.since, value: ({ since }) => since, render: ({ since }) => <RelativeTime at={since} /> },
  { key: 'seen', header: t.seen, value: ({ seenAt }) => seenAt, render: ({ seenAt }) => <RelativeTime at={seenAt} /> },
]
