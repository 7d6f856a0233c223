import type { Role } from '@cockpit/contract/roles'
import {
  Badge,
  Button,
  type Column,
  EmptyState,
  IconPlus,
  IdText,
  ListPage,
  None,
  Row,
  SidePanel,
  Stack,
} from '@cockpit/ui'
import { useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { DeleteRole } from './delete-role.tsx'
import { useRoles } from './options.ts'
import { RoleModal } from './role-form.tsx'
import { RoleView } from './role-view.tsx'
import { roleHelp } from './roles.ts'
import { t } from './strings.ts'
import { useAccessTabs } from './tabs.ts'

const words = messages('rolesPage', {
  about: 'Who may do what in this account. A role is held by membership, or given beside it for a part or a time.',
  noun: 'roles',
  create: 'New role',
  copy: 'New role from this one',
  empty: 'No roles',
})

export const RolesPage = () => {
  const { can } = useScope()
  const { search, setSearch } = useSearchState()
  const tabs = useAccessTabs()
  const { data, error, retry } = useRoles()
  const roles = data?.items
  const q = (search.q ?? '').toLowerCase()
  const shown = roles?.find(({ id }) => id === search.open)
  const create = can('access.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {words.create}
    </Button>
  )
  return (
    <>
      <ListPage
        title={t.title}
        description={words.about}
        actions={create}
        tabs={tabs}
        noun={words.noun}
        columns={columns}
        rows={roles?.filter(({ name, permissions }) => `${name} ${permissions.join(' ')}`.toLowerCase().includes(q))}
        rowId={({ id }) => id}
        onRowClick={({ id }) => setSearch({ open: id })}
        activeId={search.open}
        error={error}
        retry={retry}
        search={search}
        onSearchChange={setSearch}
        searchable
        empty={<EmptyState title={words.empty} action={create} />}
      />
      <SidePanel
        opened={shown !== undefined}
        onClose={() => setSearch({ open: undefined })}
        title={shown?.name ?? ''}
        width={640}
      >
        {shown && (
          <Stack>
            <RoleActs role={shown} onCopy={() => setSearch({ new: shown.id })} />
            <RoleView role={shown} roles={roles ?? []} />
          </Stack>
        )}
      </SidePanel>
      {search.new && (
        <RoleModal
          opened
          onClose={() => setSearch({ new: undefined })}
          from={roles?.find(({ id }) => id === search.new)}
        />
      )}
    </>
  )
}

const RoleActs = ({ role, onCopy }: { role: Role; onCopy: () => void }) => {
  const { can } = useScope()
  const [asking, setAsking] = useState<'edit' | 'delete' | null>(null)
  if (!can('access.write')) return null
  return (
    <Row>
      {!role.builtIn && <Button onClick={() => setAsking('edit')}>{t.edit}</Button>}
      <Button onClick={onCopy}>{words.copy}</Button>
      {!role.builtIn && <Button onClick={() => setAsking('delete')}>{t.remove}</Button>}
      {asking === 'edit' && <RoleModal opened onClose={() => setAsking(null)} role={role} />}
      {asking === 'delete' && <DeleteRole role={role} onClose={() => setAsking(null)} />}
    </Row>
  )
}

const about = ({ id, builtIn, description }: Role) => (builtIn ? roleHelp(id as never) : description)

const columns: readonly Column<Role>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, sortable: true, primary: true },
  {
    key: 'kind',
    header: t.kind,
    value: ({ builtIn }) => (builtIn ? t.builtIn : t.custom),
    render: ({ builtIn }) => <Badge tone={builtIn ? 'neutral' : 'blue'}>{builtIn ? t.builtIn : t.custom}</Badge>,
    sortable: true,
  },
  { key: 'about', header: t.description, value: about, render: (role) => about(role) ?? <None /> },
  {
    key: 'permissions',
    header: t.permissions,
    numeric: true,
    value: ({ permissions }) => permissions.length,
    sortable: true,
  },
  { key: 'holders', header: t.holders, numeric: true, value: ({ holders }) => holders, sortable: true },
  { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <IdText id={id} />, hidden: true },
]
