import type { Model } from '@cockpit/contract/models'
import { Button, type Column, EmptyState, IconCpu, IconPlus, ListPage, StatusBadge, Tokens } from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { ModelActs } from './acts.tsx'
import { CatalogPanel } from './catalog-panel.tsx'
import { usePlatformTabs } from './platform-tabs.ts'
import { capabilityOptions, modelText as t } from './strings.ts'
import { CapabilityList, capabilityText, formatPrice, ModelName } from './values.tsx'

const words = messages('catalogPage', {
  none: 'The catalog is empty',
  noneText:
    'A model is a name people call, the connections it runs on and what it costs. Add one; then decide which accounts may use it.',
  active: 'Active',
  disabled: 'Disabled',
})

const columns: Column<Model>[] = [
  {
    key: 'name',
    header: t.model,
    sortable: true,
    value: (row) => row.name,
    render: (row) => <ModelName model={row} />,
  },
  {
    key: 'status',
    header: t.status,
    sortable: true,
    value: (row) => row.status,
    render: (row) => <StatusBadge status={row.status} />,
  },
  {
    key: 'runs',
    header: t.runsOn,
    value: (row) => row.deployments.map(({ connectionName }) => connectionName).join(' → '),
  },
  {
    key: 'input',
    header: t.input,
    unit: t.perMillion,
    numeric: true,
    sortable: true,
    value: (row) => row.price.prices.input,
    render: (row) => formatPrice(row.price.prices.input),
  },
  {
    key: 'output',
    header: t.output,
    unit: t.perMillion,
    numeric: true,
    sortable: true,
    value: (row) => row.price.prices.output,
    render: (row) => formatPrice(row.price.prices.output),
  },
  {
    key: 'context',
    header: t.context,
    unit: t.tokens,
    numeric: true,
    sortable: true,
    value: (row) => row.contextTokens,
    render: (row) => <Tokens bare value={row.contextTokens} />,
  },
  {
    key: 'capabilities',
    header: t.capabilities,
    value: capabilityText,
    render: (row) => <CapabilityList model={row} />,
  },
]

/** The platform's catalog. */
export const CatalogPage = () => {
  const { search, setSearch } = useSearchState()
  const { can, href } = useScope()
  const tabs = usePlatformTabs('catalog')
  const query = {
    q: search.q,
    capability: search.capability as Model['capabilities'][number] | undefined,
    status: search.status as Model['status'] | undefined,
  }
  const list = useLoadPages(['models', 'list', query], (api, after, signal) =>
    api.models.list({ query: { ...query, after } }, { signal }),
  )
  const add = can('provider.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} href={href('models/new')}>
      {t.add}
    </Button>
  )
  return (
    <>
      <ListPage
        title={t.title}
        description={t.catalogAbout}
        actions={add}
        tabs={tabs}
        noun={t.noun}
        columns={columns}
        {...list}
        rowId={(row) => row.id}
        rowHref={(row) => href(`models/${row.id}`)}
        onRowClick={(row) => setSearch({ model: row.id })}
        activeId={search.model}
        rowActions={(row) => <ModelActs model={row} />}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={t.search}
        filters={[
          { kind: 'select', key: 'capability', label: t.capability, options: capabilityOptions },
          {
            kind: 'select',
            key: 'status',
            label: t.status,
            options: [
              { value: 'active', label: words.active },
              { value: 'disabled', label: words.disabled },
            ],
          },
        ]}
        empty={
          <EmptyState icon={<IconCpu size={28} stroke={1.5} />} title={words.none} text={words.noneText} action={add} />
        }
      />
      <CatalogPanel id={search.model} onClose={() => setSearch({ model: undefined })} />
    </>
  )
}
