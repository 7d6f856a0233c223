import type { CallLimit } from '@cockpit/contract/limits'
import { Button, EmptyState, IconGauge, IconPlus, ListPage } from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { LimitActs } from './acts.tsx'
import { columns } from './columns.tsx'
import { NewLimit } from './limit-form.tsx'
import { scopesFor } from './scopes.ts'
import { scopeText, t } from './strings.ts'
import { useLimitTabs } from './tabs.ts'

/** Limits beyond those that stand on a key, a person, a team and an account, with what is used of them now. */
export const LimitsPage = () => {
  const { search, setSearch } = useSearchState()
  const { can, accountId } = useScope()
  const q = search.q || undefined
  const type = scopesFor(accountId).find((one) => one === search.type)
  const list = useLoadPages<CallLimit>(
    ['limits', 'list', q, type],
    (api, after, signal) => api.limits.list({ query: { q, type, after } }, { signal }),
    { everyMs: 5_000 },
  )
  const mayChange = can('budget.write')
  const add = mayChange && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {t.add}
    </Button>
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={accountId === null ? t.aboutPlatform : t.about}
        tabs={useLimitTabs()}
        actions={add}
        noun={t.noun}
        columns={columns}
        rowId={({ id }) => id}
        rowActions={(limit) => <LimitActs limit={limit} />}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={t.search}
        filters={[
          {
            kind: 'select',
            key: 'type',
            label: t.scope,
            options: scopesFor(accountId).map((value) => ({ value, label: scopeText[value] })),
          },
        ]}
        empty={<EmptyState icon={<IconGauge size={28} stroke={1.5} />} title={t.none} text={t.noneText} action={add} />}
      />
      {mayChange && search.new === '1' && <NewLimit onClose={() => setSearch({ new: undefined })} />}
    </>
  )
}
