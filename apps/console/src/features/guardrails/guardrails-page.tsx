import type { Guardrail } from '@cockpit/contract/guardrails'
import {
  Button,
  type Column,
  EmptyState,
  IconPlus,
  IconShieldCheck,
  ListPage,
  RelativeTime,
  StatusBadge,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { GuardrailActs } from './acts.tsx'
import { guardText as t } from './strings.ts'
import { useGuardrailTabs } from './tabs.ts'

const columns: Column<Guardrail>[] = [
  { key: 'name', header: t.name, sortable: true, value: (row) => row.name },
  {
    key: 'status',
    header: t.status,
    sortable: true,
    value: (row) => row.status,
    render: (row) => <StatusBadge status={row.status} />,
  },
  { key: 'scope', header: t.scope, sortable: true, value: (row) => row.scopeName },
  {
    key: 'does',
    header: t.does,
    value: (row) => row.summary,
    render: (row) => <span title={row.summary}>{row.summary}</span>,
  },
  { key: 'position', header: t.position, numeric: true, sortable: true, value: (row) => row.position },
  {
    key: 'changed',
    header: t.changed,
    sortable: true,
    value: (row) => row.updatedAt,
    render: (row) => <RelativeTime at={row.updatedAt} />,
  },
]

export const GuardrailsPage = () => {
  const { search, setSearch } = useSearchState()
  const { can, href } = useScope()
  const { data, error, retry } = useLoad(['guardrails', 'list'], (api, signal) => api.guardrails.list({}, { signal }))
  const wanted = search.q?.trim().toLowerCase() ?? ''
  const rows = data?.items.filter(
    ({ name, status }) => name.toLowerCase().includes(wanted) && (!search.status || status === search.status),
  )
  const add = can('guardrail.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} href={href('guardrails/new')}>
      {t.add}
    </Button>
  )
  return (
    <ListPage
      title={t.title}
      description={t.about}
      tabs={useGuardrailTabs()}
      actions={add}
      noun={t.noun}
      columns={columns}
      rows={rows}
      total={rows?.length}
      error={error}
      retry={retry}
      rowId={(row) => row.id}
      rowHref={(row) => href(`guardrails/${row.id}`)}
      rowActions={(row) => <GuardrailActs guardrail={row} />}
      search={search}
      onSearchChange={setSearch}
      searchable
      searchLabel={t.search}
      filters={[
        {
          kind: 'select',
          key: 'status',
          label: t.status,
          options: (['active', 'disabled'] as const).map((value) => ({ value, label: value })),
        },
      ]}
      empty={
        <EmptyState icon={<IconShieldCheck size={28} stroke={1.5} />} title={t.none} text={t.noneText} action={add} />
      }
    />
  )
}
