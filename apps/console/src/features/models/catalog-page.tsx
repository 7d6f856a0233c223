import type { Model } from '@cockpit/contract/models'
import { Button, type Column, EmptyState, IconCpu, IconPlus, ListPage, StatusBadge, Tokens } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { ModelActs } from './acts.tsx'
import { allModels } from './all-models.ts'
import { BulkStatus } from './bulk-status.tsx'
import { CatalogPanel } from './catalog-panel.tsx'
import { CompareButton } from './compare-button.tsx'
import { modelFilters, staysUnder } from './narrowing.ts'
import { usePlatformTabs } from './platform-tabs.ts'
import { modelText as t } from './strings.ts'
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
  const all = useLoad(['models', 'all'], allModels)
  const stays = staysUnder(search)
  const rows = all.data?.filter((model) => stays(model) && (!search.status || model.status === search.status))
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
        rows={rows}
        error={all.error}
        retry={all.retry}
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
          ...modelFilters(all.data ?? []),
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
        bulk={(chosen, clear) => (
          <>
            <CompareButton models={chosen} />
            {can('catalog.write') && <BulkStatus models={chosen} onDone={clear} />}
          </>
        )}
        empty={
          <EmptyState icon={<IconCpu size={28} stroke={1.5} />} title={words.none} text={words.noneText} action={add} />
        }
      />
      <CatalogPanel id={search.model} onClose={() => setSearch({ model: undefined })} />
    </>
  )
}
