import type { User } from '@cockpit/contract/directory'
import {
  Button,
  EmptyState,
  IconFilter,
  IconMail,
  IconUpload,
  IconUserPlus,
  IconUsers,
  ListPage,
  SidePanel,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoadPages, useOpened } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { type Bulk, BulkUsers } from './bulk-users.tsx'
import { NewUserModal } from './new-user.tsx'
import { t } from './strings.ts'
import { usePeopleTabs } from './tabs.ts'
import { userColumns } from './user-columns.tsx'
import { exportHref, useUserFilters } from './user-filters.ts'
import { UserSummary } from './user-summary.tsx'

const words = messages('usersPage', {
  noun: 'users',
  search: 'Search name, e-mail or id',
  add: 'Add person',
  invite: 'Invite',
  importing: 'Import',
  more: 'More filters',
  fewer: 'Fewer filters',
  empty: 'Nobody here yet',
  emptyText: 'Invite the people who use AI in this company. They get keys, teams and a budget.',
})

const withoutFactors = userColumns.filter(({ key }) => key !== 'factor')

export const UsersPage = () => {
  const { accountId, can, href } = useScope()
  const { search, setSearch } = useSearchState()
  const tabs = usePeopleTabs()
  const [bulk, setBulk] = useState<(Bulk & { clear: () => void }) | null>(null)
  const { filters, query, where, showsMore } = useUserFilters(search)
  const list = useLoadPages(['users', 'list', query], (api, after, signal) =>
    api.users.list({ query: { ...query, after } }, { signal }),
  )
  const writes = can('directory.write')
  const add = writes && (
    <>
      <Button icon={<IconUpload size={14} />} href={href('people/import')}>
        {words.importing}
      </Button>
      <Button icon={<IconUserPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
        {words.add}
      </Button>
      <Button kind="primary" icon={<IconMail size={14} />} href={href('people/invites?new=1')}>
        {words.invite}
      </Button>
    </>
  )
  const shown = useOpened('users', list.rows, search.open, (api, id, signal) =>
    api.users.get({ params: { id } }, { signal }),
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={t.usersAbout}
        actions={add}
        tabs={tabs}
        noun={words.noun}
        columns={can('identity.read') ? userColumns : withoutFactors}
        rowId={({ id }) => id}
        rowHref={({ id }) => href(`people/${id}`)}
        onRowClick={({ id }) => setSearch({ open: id })}
        activeId={search.open}
        search={search}
        onSearchChange={setSearch}
        sortedByServer
        onExport={() => Object.assign(document.createElement('a'), { href: exportHref(accountId, query) }).click()}
        searchable
        searchLabel={words.search}
        filters={filters}
        extra={
          <Button
            kind="quiet"
            icon={<IconFilter size={14} />}
            onClick={() => setSearch({ more: showsMore ? undefined : '1' })}
          >
            {showsMore ? words.fewer : words.more}
          </Button>
        }
        {...(writes && {
          bulk: (users: readonly User[], clear: () => void) => (
            <BulkBar whom={{ userIds: users.map(({ id }) => id) }} onAct={(act) => setBulk({ ...act, clear })} />
          ),
          bulkMatching: (clear: () => void) => <BulkBar whom={{ where }} onAct={(act) => setBulk({ ...act, clear })} />,
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
      {bulk && (
        <BulkUsers
          key={bulk.kind}
          bulk={bulk}
          onClose={() => setBulk(null)}
          onDone={() => {
            setBulk(null)
            bulk.clear()
          }}
        />
      )}
    </>
  )
}
