import type { User } from '@cockpit/contract/directory'
import { Badge, type Column, IdText, None, RelativeTime, StatusBadge } from '@cockpit/ui'
import { roleName } from '../access/roles.ts'
import { limitText } from './limit-fields.tsx'
import { sourceName } from './source.ts'
import { t } from './strings.ts'

export const RoleBadge = ({ role }: { role: User['role'] }) =>
  role === 'end_user' || role === 'member' ? roleName(role) : <Badge tone="accent">{roleName(role)}</Badge>

export const userColumns: readonly Column<User>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, sortable: true, primary: true },
  { key: 'email', header: t.email, value: ({ email }) => email, sortable: true },
  {
    key: 'role',
    header: t.role,
    value: ({ role }) => roleName(role),
    render: ({ role }) => <RoleBadge role={role} />,
    sortable: true,
  },
  {
    key: 'status',
    header: t.status,
    value: ({ status }) => status,
    render: ({ status }) => <StatusBadge status={status} />,
    sortable: true,
  },
  {
    key: 'teams',
    header: t.teamList,
    value: ({ teams }) => teams.map(({ name }) => name).join(', '),
    render: ({ teams }) => (teams.length > 0 ? teams.map(({ name }) => name).join(', ') : <None />),
  },
  {
    key: 'source',
    header: t.source,
    value: ({ source }) => sourceName(source),
    sortable: true,
  },
  { key: 'keys', header: t.keys, numeric: true, value: ({ keys }) => keys, sortable: true },
  {
    key: 'factor',
    header: t.factor,
    value: ({ secondFactor }) => secondFactor,
    render: ({ secondFactor }) => (secondFactor ? t.yes : <None label={t.no} />),
    hidden: true,
  },
  {
    key: 'rpm',
    header: t.rpmShort,
    numeric: true,
    value: ({ limits }) => limits.rpm,
    render: ({ limits }) => limitText(limits.rpm),
    hidden: true,
  },
  {
    key: 'tpm',
    header: t.tpmShort,
    numeric: true,
    value: ({ limits }) => limits.tpm,
    render: ({ limits }) => limitText(limits.tpm),
    hidden: true,
  },
  {
    key: 'seen',
    header: t.lastSeen,
    value: ({ lastSeenAt }) => lastSeenAt,
    render: ({ lastSeenAt }) => <RelativeTime at={lastSeenAt} />,
    sortable: true,
  },
  {
    key: 'created',
    header: t.joined,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
    sortable: true,
  },
  { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <IdText id={id} />, hidden: true },
]
