import { BatchStatus, type StoredBatch } from '@cockpit/contract/stored'
import { type Column, EmptyState, formatCount, IconStack2, ListPage, RelativeTime, Text } from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { BatchProgress, BatchState, doneOf } from './status.tsx'
import { statusText, t } from './strings.ts'

const everyMs = 5_000

/** The batches of all callers, and how far each is. */
export const BatchesPage = () => {
  const { href } = useScope()
  const { search, setSearch } = useSearchState()
  const status = BatchStatus.safeParse(search.status).data
  const list = useLoadPages(
    ['batches', 'list', status],
    (api, after, signal) => api.stored.batches({ query: { after, status } }, { signal }),
    { everyMs },
  )
  return (
    <ListPage
      {...list}
      title={t.title}
      description={t.description}
      noun={t.noun}
      nounOne={t.nounOne}
      columns={columns}
      rowId={({ id }) => id}
      rowHref={({ id }) => href(`batches/${id}`)}
      search={search}
      onSearchChange={setSearch}
      filters={[{ kind: 'select', key: 'status', label: t.status, options: statuses }]}
      empty={<EmptyState icon={<IconStack2 size={28} stroke={1.5} />} title={t.emptyTitle} text={t.emptyText} />}
    />
  )
}

const statuses = BatchStatus.options.map((value) => ({ value, label: statusText[value] }))

const columns: Column<StoredBatch>[] = [
  {
    key: 'created',
    header: t.created,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
  },
  {
    key: 'status',
    header: t.status,
    value: ({ status }) => statusText[status],
    render: ({ status }) => <BatchState status={status} />,
  },
  { key: 'by', header: t.by, value: ({ createdBy }) => createdBy.name, primary: true },
  {
    key: 'endpoint',
    header: t.endpoint,
    value: ({ endpoint }) => endpoint,
    render: ({ endpoint }) => <Text mono>{endpoint}</Text>,
  },
  {
    key: 'progress',
    header: t.progress,
    value: doneOf,
    render: (batch) => <BatchProgress batch={batch} />,
  },
  {
    key: 'failed',
    header: t.errored,
    numeric: true,
    value: ({ counts }) => counts.errored + counts.expired,
    render: ({ counts }) => formatCount(counts.errored + counts.expired),
  },
  {
    key: 'ended',
    header: t.ended,
    value: ({ endedAt }) => endedAt,
    render: ({ endedAt }) => <RelativeTime at={endedAt} none="" />,
  },
  { key: 'dialect', header: t.dialect, value: ({ dialect }) => t[dialect], hidden: true },
  { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <Text mono>{id}</Text>, hidden: true },
]
