import type { RoleAssignment } from '@cockpit/contract/assignments'
import {
  Button,
  type Column,
  EmptyState,
  IconLock,
  Loaded,
  None,
  Panel,
  RelativeTime,
  StatusBadge,
  Table,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const words = messages('serviceAccountRoles', {
  title: 'Roles',
  about: 'What it may do on the API with an access token. Without a role it may do nothing there.',
  manage: 'Manage roles',
  none: 'No roles yet',
  noneText: 'Keys of the gateway work without one.',
  role: 'Role',
  where: 'Where',
  state: 'State',
  until: 'Until',
  noEnd: 'No end',
  by: 'Given by',
})

/** The roles given to one service account. */
export const ServiceAccountRoles = ({ id }: { id: string }) => {
  const { can, href } = useScope()
  const roles = useLoad(['role-assignments', 'of', id], (api, signal) =>
    api.roleAssignments.list({ query: { principalId: id, limit: 100 } }, { signal }),
  )
  const manage = can('access.write') && (
    <Button icon={<IconLock size={14} />} href={href('access/assignments')}>
      {words.manage}
    </Button>
  )
  return (
    <Panel title={words.title} description={words.about} actions={manage} flush>
      <Loaded {...roles}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={<IconLock size={28} stroke={1.5} />} title={words.none} text={words.noneText} />
          ) : (
            <Table label={words.title} columns={columns} rows={items} rowId={(row) => row.id} />
          )
        }
      </Loaded>
    </Panel>
  )
}

const columns: readonly Column<RoleAssignment>[] = [
  { key: 'role', header: words.role, value: ({ role }) => role.name, primary: true },
  { key: 'where', header: words.where, value: ({ scope }) => scope.name },
  {
    key: 'state',
    header: words.state,
    value: ({ state }) => state,
    render: ({ state }) => <StatusBadge status={state} />,
  },
  {
    key: 'until',
    header: words.until,
    value: ({ expiresAt }) => expiresAt,
    render: ({ expiresAt }) => <RelativeTime at={expiresAt} none={words.noEnd} />,
  },
  {
    key: 'by',
    header: words.by,
    value: ({ grantedBy }) => grantedBy,
    render: ({ grantedBy }) => grantedBy ?? <None />,
  },
]
