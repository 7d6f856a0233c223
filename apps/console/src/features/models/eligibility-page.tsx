import type { Account } from '@cockpit/contract/accounts'
import type { ModelSet } from '@cockpit/contract/models'
import { Button, type Column, EmptyState, ListPage, StatusBadge } from '@cockpit/ui'
import { useLoad, useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { allModels } from './all-models.ts'
import { usePlatformTabs } from './platform-tabs.ts'
import { holds } from './sets.ts'
import { modelText } from './strings.ts'

const t = messages('eligibilityPage', {
  about: 'From which models of the platform the administrators of each account may choose.',
  noun: 'accounts',
  search: 'Search accounts',
  account: 'Account',
  status: 'Status',
  rule: 'May choose from',
  all: 'All models, also future ones',
  list: 'Listed models only',
  count: 'Eligible',
  models: 'models',
  names: 'Which',
  more: (count: number) => `and ${count} more`,
  model: 'May use',
  yes: 'Yes',
  no: 'No',
  none: 'No account yet',
  noneText: 'Create an account; then decide here which models it may choose from.',
  create: 'Accounts',
})

type Row = { account: Account; set: ModelSet }
// one more call for each row
const rowsOfPage = 25
const namedMax = 3

/** Every account with its rule; with a model chosen, whether it may use that one. */
export const EligibilityPage = () => {
  const { search, setSearch } = useSearchState()
  const { href } = useScope()
  const tabs = usePlatformTabs('eligibility')
  const models = useLoad(['models', 'all'], allModels)
  const list = useLoadPages<Row>(['model-eligibility', 'list', search.q], async (api, after, signal) => {
    const page = await api.accounts.list({ query: { q: search.q, limit: rowsOfPage, after } }, { signal })
    const sets = await Promise.all(page.items.map(({ id }) => api.models.eligibility({ params: { id } }, { signal })))
    return {
      ...page,
      items: page.items.map((account, index) => ({ account, set: sets[index] ?? { mode: 'list', modelIds: [] } })),
    }
  })
  const known = models.data ?? []
  const named = (set: ModelSet) => known.filter(({ id }) => holds(set, id)).map(({ name }) => name)
  const model = known.find(({ id }) => id === search.model)
  return (
    <ListPage<Row>
      title={modelText.title}
      description={t.about}
      tabs={tabs}
      noun={t.noun}
      columns={columnsOf({ named, model })}
      {...list}
      rowId={({ account }) => account.id}
      rowHref={({ account }) => href(`models/eligibility/${account.id}`)}
      search={search}
      onSearchChange={setSearch}
      searchable
      searchLabel={t.search}
      filters={[
        {
          kind: 'select',
          key: 'model',
          label: modelText.model,
          options: known.map(({ id, name }) => ({ value: id, label: name })),
        },
      ]}
      empty={
        <EmptyState
          title={t.none}
          text={t.noneText}
          action={
            <Button kind="primary" href={href('accounts')}>
              {t.create}
            </Button>
          }
        />
      }
    />
  )
}

const columnsOf = ({
  named,
  model,
}: {
  named: (set: ModelSet) => string[]
  model: { id: string; name: string } | undefined
}): Column<Row>[] => [
  { key: 'account', header: t.account, sortable: true, value: ({ account }) => account.name },
  {
    key: 'status',
    header: t.status,
    sortable: true,
    value: ({ account }) => account.status,
    render: ({ account }) => <StatusBadge status={account.status} />,
  },
  ...(model
    ? [
        {
          key: 'uses',
          header: `${t.model} ${model.name}`,
          sortable: true,
          value: ({ set }: Row) => (holds(set, model.id) ? t.yes : t.no),
          render: ({ set }: Row) => (
            <StatusBadge status={holds(set, model.id) ? 'ok' : 'skip'} label={holds(set, model.id) ? t.yes : t.no} />
          ),
        },
      ]
    : []),
  { key: 'rule', header: t.rule, sortable: true, value: ({ set }) => (set.mode === 'all' ? t.all : t.list) },
  {
    key: 'count',
    header: t.count,
    unit: t.models,
    numeric: true,
    sortable: true,
    value: ({ set }) => named(set).length,
  },
  {
    key: 'names',
    header: t.names,
    value: ({ set }) => named(set).join(', '),
    render: ({ set }) => {
      const names = named(set)
      return (
        <span title={names.join(', ')}>
          <span className="ck-mono">{names.slice(0, namedMax).join(', ')}</span>
          {names.length > namedMax && <span className="ck-muted"> {t.more(names.length - namedMax)}</span>}
        </span>
      )
    },
  },
]
