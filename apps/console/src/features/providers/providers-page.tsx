import type { ProviderConnection, ProviderKind } from '@cockpit/contract/providers'
import {
  Button,
  type Column,
  EmptyState,
  IconPlugConnected,
  IconPlus,
  ListPage,
  RelativeTime,
  StatusBadge,
} from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { ConnectionActs } from './acts.tsx'
import { ConnectionPanel } from './connection-panel.tsx'
import { kindLabel, kindOptions } from './presets.ts'
import { providerText as t } from './strings.ts'
import { BaseUrl, KeyMark, LastTest } from './values.tsx'

const columns: Column<ProviderConnection>[] = [
  { key: 'name', header: t.name, sortable: true, value: (row) => row.name },
  { key: 'kind', header: t.kind, sortable: true, value: (row) => kindLabel(row.kind) },
  {
    key: 'status',
    header: t.status,
    sortable: true,
    value: (row) => row.status,
    render: (row) => <StatusBadge status={row.status} />,
  },
  {
    key: 'test',
    header: t.lastTest,
    sortable: true,
    value: (row) => row.lastTest?.at,
    render: (row) => <LastTest test={row.lastTest} />,
  },
  { key: 'models', header: t.models, numeric: true, sortable: true, value: (row) => row.models },
  {
    key: 'key',
    header: t.key,
    value: (row) => row.secret?.masked,
    render: (row) => <KeyMark secret={row.secret} />,
  },
  {
    key: 'url',
    header: t.baseUrl,
    sortable: true,
    value: (row) => row.baseUrl,
    render: (row) => <BaseUrl url={row.baseUrl} />,
  },
  {
    key: 'created',
    header: t.created,
    sortable: true,
    hidden: true,
    value: (row) => row.createdAt,
    render: (row) => <RelativeTime at={row.createdAt} />,
  },
]

export const ProvidersPage = () => {
  const { search, setSearch } = useSearchState()
  const { accountId, can, href } = useScope()
  const query = { q: search.q, kind: search.kind as ProviderKind | undefined }
  const list = useLoadPages(['providers', 'list', query], (api, after, signal) =>
    api.providers.list({ query: { ...query, after } }, { signal }),
  )
  const connect = can('provider.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} href={href('providers/new')}>
      {t.connect}
    </Button>
  )
  return (
    <>
      <ListPage
        title={t.title}
        description={accountId ? t.about : t.platformAbout}
        actions={connect}
        noun={t.noun}
        columns={columns}
        {...list}
        rowId={(row) => row.id}
        rowHref={(row) => href(`providers/${row.id}`)}
        onRowClick={(row) => setSearch({ connection: row.id })}
        activeId={search.connection}
        rowActions={(row) => <ConnectionActs connection={row} />}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={t.search}
        filters={[
          {
            kind: 'select',
            key: 'kind',
            label: t.kind,
            options: kindOptions,
          },
        ]}
        empty={
          <EmptyState
            icon={<IconPlugConnected size={28} stroke={1.5} />}
            title={t.none}
            text={accountId ? t.noneText : t.nonePlatform}
            action={connect}
          />
        }
      />
      <ConnectionPanel id={search.connection} onClose={() => setSearch({ connection: undefined })} />
    </>
  )
}
