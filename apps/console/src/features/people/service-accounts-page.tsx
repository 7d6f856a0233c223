import type { ServiceAccount } from '@cockpit/contract/directory'
import { Button, type Column, EmptyState, IconPlus, IconRobot, IdText, ListPage, None, RelativeTime } from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { useTeamOptions } from '../keys/owners.ts'
import { ServiceAccountModal } from './service-account-form.tsx'
import { t } from './strings.ts'
import { usePeopleTabs } from './tabs.ts'

const words = messages('serviceAccounts', {
  noun: 'service accounts',
  search: 'Search name or id',
  create: 'New service account',
  empty: 'No service accounts yet',
  emptyText: 'Give a program its own identity, so that its keys do not stop when a person leaves.',
})

export const ServiceAccountsPage = () => {
  const { can, href } = useScope()
  const { search, setSearch } = useSearchState()
  const tabs = usePeopleTabs()
  const teams = useTeamOptions() ?? []
  const list = useLoadPages(['service-accounts', 'list', search.q], (api, after, signal) =>
    api.serviceAccounts.list({ query: { q: search.q, after } }, { signal }),
  )
  const create = can('directory.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {words.create}
    </Button>
  )
  const teamOf = ({ teamId }: ServiceAccount) => teams.find(({ value }) => value === teamId)?.label ?? null
  const columns: readonly Column<ServiceAccount>[] = [
    { key: 'name', header: t.name, value: ({ name }) => name, sortable: true, primary: true },
    {
      key: 'description',
      header: t.description,
      value: ({ description }) => description,
      render: ({ description }) => description ?? <None />,
    },
    { key: 'team', header: t.team, value: teamOf, render: (row) => teamOf(row) ?? <None /> },
    { key: 'keys', header: t.keys, numeric: true, value: ({ keys }) => keys, sortable: true },
    {
      key: 'created',
      header: t.created,
      value: ({ createdAt }) => createdAt,
      render: ({ createdAt }) => <RelativeTime at={createdAt} />,
      sortable: true,
    },
    { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <IdText id={id} />, hidden: true },
  ]
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={t.serviceAbout}
        actions={create}
        tabs={tabs}
        noun={words.noun}
        columns={columns}
        rowId={({ id }) => id}
        rowHref={({ id }) => href(`people/service-accounts/${id}`)}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={words.search}
        empty={
          <EmptyState
            icon={<IconRobot size={28} stroke={1.5} />}
            title={words.empty}
            text={words.emptyText}
            action={create}
          />
        }
      />
      <ServiceAccountModal opened={search.new === '1'} onClose={() => setSearch({ new: undefined })} />
    </>
  )
}
