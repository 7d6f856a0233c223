import { Button, EmptyState, IconBuilding, IconPlus, ListPage, SidePanel } from '@cockpit/ui'
import { useLoadPages, useOpened } from '../../app/data.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { AccountSummary } from './account-summary.tsx'
import { accountColumns } from './columns.tsx'
import { NewAccountModal } from './new-account.tsx'
import { t } from './strings.ts'

const statuses = ['active', 'suspended'] as const

export const AccountsPage = () => {
  const { can } = useScope()
  const { search, setSearch } = useSearchState()
  const filters = { q: search.q, status: statuses.find((status) => status === search.status) }
  const list = useLoadPages(['accounts', 'list', filters], (api, after, signal) =>
    api.accounts.list({ query: { ...filters, after } }, { signal }),
  )
  const create = can('account.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {t.create}
    </Button>
  )
  const shown = useOpened('accounts', list.rows, search.open, (from, id, signal) =>
    from.accounts.get({ params: { id } }, { signal }),
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={t.about}
        actions={create}
        noun={t.noun}
        columns={accountColumns}
        rowId={({ id }) => id}
        rowHref={({ id }) => `/platform/accounts/${id}`}
        onRowClick={({ id }) => setSearch({ open: id })}
        activeId={search.open}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={t.search}
        filters={[
          {
            kind: 'select',
            key: 'status',
            label: t.status,
            options: statuses.map((value) => ({ value, label: t[value] })),
          },
        ]}
        empty={
          <EmptyState
            icon={<IconBuilding size={28} stroke={1.5} />}
            title={t.empty}
            text={t.emptyText}
            action={create}
          />
        }
      />
      <SidePanel
        opened={shown !== undefined}
        onClose={() => setSearch({ open: undefined })}
        title={shown?.name ?? ''}
        width={480}
        {...(shown ? { pageHref: `/platform/accounts/${shown.id}` } : {})}
      >
        {shown && <AccountSummary account={shown} />}
      </SidePanel>
      <NewAccountModal opened={search.new === '1'} onClose={() => setSearch({ new: undefined })} />
    </>
  )
}
