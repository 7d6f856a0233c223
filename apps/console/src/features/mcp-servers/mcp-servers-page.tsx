import type { McpServer } from '@cockpit/contract/mcp-servers'
import {
  Button,
  type Column,
  CreditsAmount,
  EmptyState,
  IconPlus,
  IconServer,
  ListPage,
  RelativeTime,
  StatusBadge,
} from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { McpServerActs } from './acts.tsx'
import { mcpText as t } from './strings.ts'
import { LastCheck, ToolCount } from './values.tsx'

const columns: Column<McpServer>[] = [
  { key: 'title', header: t.titleField, sortable: true, value: (row) => row.title },
  {
    key: 'name',
    header: t.name,
    sortable: true,
    value: (row) => row.name,
    render: (row) => <span className="ck-mono">{row.name}</span>,
  },
  {
    key: 'status',
    header: t.status,
    sortable: true,
    value: (row) => row.status,
    render: (row) => <StatusBadge status={row.status} />,
  },
  {
    key: 'check',
    header: t.lastCheck,
    sortable: true,
    value: (row) => row.checkedAt,
    render: (row) => <LastCheck server={row} />,
  },
  {
    key: 'tools',
    header: t.tools,
    sortable: true,
    value: (row) => row.tools.allowed,
    render: (row) => <ToolCount tools={row.tools} />,
  },
  {
    key: 'price',
    header: t.price,
    unit: 'cr',
    numeric: true,
    sortable: true,
    value: (row) => row.pricePerCall,
    render: (row) => <CreditsAmount value={row.pricePerCall} bare />,
  },
  {
    key: 'url',
    header: t.url,
    sortable: true,
    value: (row) => row.url,
    render: (row) => <span className="ck-mono ck-size-xs">{row.url}</span>,
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

export const McpServersPage = () => {
  const { search, setSearch } = useSearchState()
  const { can, href } = useScope()
  const query = { q: search.q }
  const list = useLoadPages(['mcp-servers', 'list', query], (api, after, signal) =>
    api.mcpServers.list({ query: { ...query, after } }, { signal }),
  )
  const connect = can('provider.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} href={href('mcp-servers/new')}>
      {t.connect}
    </Button>
  )
  return (
    <ListPage
      title={t.title}
      description={t.about}
      actions={connect}
      noun={t.noun}
      columns={columns}
      {...list}
      rowId={(row) => row.id}
      rowHref={(row) => href(`mcp-servers/${row.id}`)}
      rowActions={(row) => <McpServerActs server={row} />}
      search={search}
      onSearchChange={setSearch}
      searchable
      searchLabel={t.search}
      empty={
        <EmptyState icon={<IconServer size={28} stroke={1.5} />} title={t.none} text={t.noneText} action={connect} />
      }
    />
  )
}
