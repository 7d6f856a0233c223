import {
  type Permission,
  type PermissionFacts,
  permissionFacts,
  permissionSections,
  permissions,
  rolePermissions,
} from '@cockpit/contract/permissions'
import type { Role } from '@cockpit/contract/roles'
import { Badge, type Column, EmptyState, IconCheck, ListPage, None } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useRoles } from './options.ts'
import { t } from './strings.ts'
import { useAccessTabs } from './tabs.ts'

const words = messages('matrixPage', {
  about: 'Every permission of an account, and the roles that hold it in the whole account.',
  noun: 'permissions',
  permission: 'Permission',
  section: 'Section',
  risk: 'Risk',
  part: 'Can be a part',
  yes: 'Allowed',
  no: 'Not allowed',
  empty: 'No permissions',
})
const risks = { low: 'neutral', medium: 'amber', high: 'red' } as const

type Line = PermissionFacts & { id: Permission }
const lines: readonly Line[] = permissions
  .filter((permission) => rolePermissions.owner.has(permission))
  .map((id) => ({ id, ...permissionFacts[id] }))
  .sort((a, b) => permissionSections.indexOf(a.section) - permissionSections.indexOf(b.section))

/** Roles × permissions. */
export const MatrixPage = () => {
  const { search, setSearch } = useSearchState()
  const tabs = useAccessTabs()
  const { data, error, retry } = useRoles()
  const q = (search.q ?? '').toLowerCase()
  const rows = lines.filter(
    ({ id, label, section, risk }) =>
      `${id} ${label}`.toLowerCase().includes(q) &&
      (!search.section || section === search.section) &&
      (!search.risk || risk === search.risk),
  )
  return (
    <ListPage
      title={t.title}
      description={words.about}
      tabs={tabs}
      noun={words.noun}
      columns={[...fixed, ...(data?.items ?? []).map(columnOf)]}
      rows={data && rows}
      rowId={({ id }) => id}
      error={error}
      retry={retry}
      search={search}
      onSearchChange={setSearch}
      searchable
      filters={[
        {
          kind: 'select',
          key: 'section',
          label: words.section,
          options: permissionSections
            .filter((section) => lines.some((line) => line.section === section))
            .map((value) => ({ value, label: value })),
        },
        {
          kind: 'select',
          key: 'risk',
          label: words.risk,
          options: Object.keys(risks).map((value) => ({ value, label: value })),
        },
      ]}
      empty={<EmptyState title={words.empty} />}
    />
  )
}

const fixed: readonly Column<Line>[] = [
  {
    key: 'permission',
    header: words.permission,
    value: ({ label }) => label,
    render: ({ id, label }) => <span title={id}>{label}</span>,
    primary: true,
  },
  { key: 'section', header: words.section, value: ({ section }) => section },
  {
    key: 'risk',
    header: words.risk,
    value: ({ risk }) => risk,
    render: ({ risk }) => <Badge tone={risks[risk]}>{risk}</Badge>,
  },
  {
    key: 'part',
    header: words.part,
    value: ({ delegable }) => delegable,
    render: ({ delegable }) => <Mark is={delegable} />,
    hidden: true,
  },
]

const columnOf = (role: Role): Column<Line> => ({
  key: role.id,
  header: role.name,
  value: ({ id }) => role.permissions.includes(id),
  render: ({ id }) => <Mark is={role.permissions.includes(id)} />,
})

const Mark = ({ is }: { is: boolean }) =>
  is ? <IconCheck size={16} role="img" aria-label={words.yes} /> : <None label={words.no} />
