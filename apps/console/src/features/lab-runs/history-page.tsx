import type { LabRunRow } from '@cockpit/contract/lab-runs'
import { Badge, Button, type Column, EmptyState, IconFlask, ListPage, Menu, None, RelativeTime } from '@cockpit/ui'
import { useState } from 'react'
import { useLoadPages } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { RemoveRun } from './remove-run.tsx'
import { t } from './strings.ts'
import { useLabTabs } from './tabs.ts'

/** What one put to models before. */
export const HistoryPage = () => {
  const { href } = useScope()
  const { search, setSearch } = useSearchState()
  const [removing, setRemoving] = useState<string | null>(null)
  const list = useLoadPages(['lab-runs', 'list', search.q], (api, after, signal) =>
    api.labRuns.list({ query: { q: search.q, after } }, { signal }),
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={t.history}
        tabs={useLabTabs('history')}
        noun={t.noun}
        columns={columns}
        rowId={({ id }) => id}
        rowHref={({ id }) => href(`lab/${id}`)}
        rowActions={({ id }) => (
          <Menu label={t.acts} items={[{ label: t.remove, danger: true, onClick: () => setRemoving(id) }]} />
        )}
        search={search}
        onSearchChange={setSearch}
        searchable
        empty={
          <EmptyState
            icon={<IconFlask size={28} stroke={1.5} />}
            title={t.historyEmpty}
            text={t.historyEmptyText}
            action={<Button href={href('lab')}>{t.compare}</Button>}
          />
        }
      />
      {removing && <RemoveRun id={removing} onClose={() => setRemoving(null)} />}
    </>
  )
}

const liked = ({ models, votes }: LabRunRow) => models.filter((_, index) => votes[index] === 'up').join(', ')

const columns: Column<LabRunRow>[] = [
  {
    key: 'prompt',
    header: t.prompt,
    primary: true,
    value: ({ prompt }) => prompt,
    render: ({ prompt }) => <span className="ck-lab-prompt">{prompt}</span>,
    sortable: false,
  },
  { key: 'models', header: t.models, value: ({ models }) => models.join(', '), sortable: false },
  { key: 'liked', header: t.verdict, value: liked, render: (row) => liked(row) || <None />, sortable: false },
  {
    key: 'notes',
    header: t.notes,
    value: ({ notes }) => notes,
    render: ({ notes }) => (notes ? <span className="ck-lab-prompt">{notes}</span> : <None />),
    sortable: false,
  },
  {
    key: 'shared',
    header: t.shared,
    value: ({ shared }) => (shared ? t.yes : ''),
    render: ({ shared }) => (shared ? <Badge tone="blue">{t.yes}</Badge> : <None />),
    sortable: false,
  },
  {
    key: 'createdAt',
    header: t.when,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
    sortable: false,
  },
]
