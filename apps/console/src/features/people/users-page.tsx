import type { User } from '@cockpit/contract/directory'
import { accountRoles } from '@cockpit/contract/kit'
import { Button, EmptyState, IconBan, IconTrash, IconUserPlus, IconUsers, ListPage, SidePanel } from '@cockpit/ui'
import { useState } from 'react'
import { useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { roleName } from '../access/roles.ts'
import { useTeamOptions } from '../keys/owners.ts'
import { type Bulk, BulkUsers } from './bulk-users.tsx'
import { NewUserModal } from './new-user.tsx'
import { t } from './strings.ts'
import { usePeopleTabs } from './tabs.ts'
import { userColumns } from './user-columns.tsx'
import { UserSummary } from './user-summary.tsx'

const words = messages('usersPage', {
  noun: 'users',
  search: 'Search name, e-mail or id',
  add: 'Add person',
  empty: 'Nobody here yet',
  emptyText: 'Add the people who use AI in this company. They get keys, teams and a budget.',
})

const statuses = ['active', 'suspended'] as const

export const UsersPage = () => {
  const { can, href } = useScope()
  const { search, setSearch } = useSearchState()
  const tabs = usePeopleTabs()
  const teams = useTeamOptions() ?? []
  const [bulk, setBulk] = useState<Bulk | null>(null)
  const filters = {
    q: search.q,
    role: accountRoles.find((role) => role === search.role),
    status: statuses.find((status) => status === search.status),
    teamId: search.teamId,
  }
  const list = useLoadPages(['users', 'list', filters], (api, after, signal) =>
    api.users.list({ query: { ...filters, after } }, { signal }),
  )
  const writes = can('directory.write')
  const add = writes && (
    <Button kind="primary" icon={<IconUserPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {words.add}
    </Button>
  )
  const shown = list.rows?.find(({ id }) => id === search.open)
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={t.usersAbout}
        actions={add}
        tabs={tabs}
        noun={words.noun}
        columns={userColumns}
        rowId={({ id }) => id}
        rowHref={({ id }) => href(`people/${id}`)}
        onRowClick={({ id }) => setSearch({ open: id })}
        activeId={search.open}
        search={search}
        onSearchChange={setSearch}
        searchable
        searchLabel={words.search}
        filters={[
          {
            kind: 'select',
            key: 'role',
            label: t.role,
            options: accountRoles.map((value) => ({ value, label: roleName(value) })),
          },
          {
            kind: 'select',
            key: 'status',
            label: t.status,
            options: statuses.map((value) => ({ value, label: t[value] })),
          },
          { kind: 'select', key: 'teamId', label: t.team, options: teams },
        ]}
        {...(writes && {
          bulk: (rows: readonly User[]) => (
            <>
              <Button icon={<IconBan size={14} />} onClick={() => setBulk({ kind: 'suspend', users: rows })}>
                {t.suspend}
              </Button>
              <Button icon={<IconTrash size={14} />} onClick={() => setBulk({ kind: 'remove', users: rows })}>
                {t.remove}
              </Button>
            </>
          ),
        })}
        empty={
          <EmptyState
            icon={<IconUsers size={28} stroke={1.5} />}
            title={words.empty}
            text={words.emptyText}
            action={add}
          />
        }
      />
      <SidePanel
        opened={shown !== undefined}
        onClose={() => setSearch({ open: undefined })}
        title={shown?.name ?? ''}
        width={520}
        {...(shown ? { pageHref: href(`people/${shown.id}`) } : {})}
      >
        {shown && <UserSummary user={shown} />}
      </SidePanel>
      <NewUserModal opened={search.new === '1'} onClose={() => setSearch({ new: undefined })} />
      <BulkUsers bulk={bulk} onClose={() => setBulk(null)} />
    </>
  )
}
