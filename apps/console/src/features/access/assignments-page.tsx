import type { RoleAssignment } from '@cockpit/contract/assignments'
import {
  Button,
  type Column,
  ConfirmDialog,
  EmptyState,
  IconPlus,
  IdText,
  Link,
  ListPage,
  None,
  RelativeTime,
  StatusBadge,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { useOwners } from '../keys/owners.ts'
import { GiveRole } from './give-role.tsx'
import { useRoleOptions, useWithChosen } from './options.ts'
import { t } from './strings.ts'
import { useAccessTabs } from './tabs.ts'

const states = ['active', 'pending', 'expired'] as const

const words = messages('assignmentsPage', {
  active: 'Active',
  pending: 'Not begun',
  expired: 'Expired',
  org: 'org',
  team: 'team',
  about: 'Roles beside the membership: for an org or a team, for a time, or of a custom kind.',
  noun: 'role assignments',
  give: 'Give a role',
  end: 'Take back',
  endTitle: (role: string, who: string) => `Take the role ${role} from ${who}?`,
  endEffect: 'It counts no more from their next request on.',
  ended: 'Role taken back.',
  empty: 'No roles beside the memberships',
  emptyText: 'Give somebody a role for their team, for a few days, or one you made yourself.',
})

export const AssignmentsPage = () => {
  const { can, href } = useScope()
  const { search, setSearch } = useSearchState()
  const tabs = useAccessTabs()
  const roles = useRoleOptions()
  const { options, search: find } = useOwners(can('directory.read'))
  const holders = useWithChosen(options, search.principalId)
  const [ending, setEnding] = useState<RoleAssignment | null>(null)
  const query = {
    role: search.role as 'member' | undefined,
    state: search.state as RoleAssignment['state'] | undefined,
    principalId: search.principalId,
  }
  const list = useLoadPages(['role-assignments', query], (api, after, signal) =>
    api.roleAssignments.list({ query: { ...query, after } }, { signal }),
  )
  const give = can('access.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {words.give}
    </Button>
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={words.about}
        actions={give}
        tabs={tabs}
        noun={words.noun}
        columns={columnsOf((id) => href(`people/${id.startsWith('sva_') ? 'service-accounts/' : ''}${id}`))}
        rowId={({ id }) => id}
        rowActions={(row) => can('access.write') && <Button onClick={() => setEnding(row)}>{words.end}</Button>}
        search={search}
        onSearchChange={setSearch}
        filters={[
          { kind: 'select', key: 'principalId', label: t.who, options: holders, onSearch: find },
          { kind: 'select', key: 'role', label: t.role, options: roles },
          {
            kind: 'select',
            key: 'state',
            label: t.state,
            options: states.map((value) => ({ value, label: words[value] })),
          },
        ]}
        empty={<EmptyState title={words.empty} text={words.emptyText} action={give} />}
      />
      {search.new && <GiveRole onClose={() => setSearch({ new: undefined })} />}
      {ending && <EndAssignment assignment={ending} onClose={() => setEnding(null)} />}
    </>
  )
}

const EndAssignment = ({ assignment, onClose }: { assignment: RoleAssignment; onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.endTitle(assignment.role.name, assignment.principal.name)}
      effects={[words.endEffect]}
      confirmLabel={words.end}
      onConfirm={async () => {
        await api.roleAssignments.end({ params: { id: assignment.id } })
        await refresh('role-assignments', 'roles', 'users')
        toast.success(words.ended)
      }}
    />
  )
}

const columnsOf = (holderHref: (id: string) => string): readonly Column<RoleAssignment>[] => [
  {
    key: 'who',
    header: t.who,
    value: ({ principal }) => principal.name,
    render: ({ principal }) => <Link href={holderHref(principal.id)}>{principal.name}</Link>,
    sortable: true,
    primary: true,
  },
  { key: 'role', header: t.role, value: ({ role }) => role.name, sortable: true },
  {
    key: 'where',
    header: t.where,
    value: ({ scope }) => (scope.id === null ? t.wholeAccount : scope.name),
    render: ({ scope }) =>
      scope.id === null ? (
        t.wholeAccount
      ) : (
        <>
          {scope.name} <span className="ck-muted">{scope.type === 'org' ? words.org : words.team}</span>
        </>
      ),
  },
  {
    key: 'state',
    header: t.state,
    value: ({ state }) => words[state],
    render: ({ state }) => <StatusBadge status={state} label={words[state]} />,
  },
  {
    key: 'since',
    header: t.since,
    value: ({ startsAt }) => startsAt,
    render: ({ startsAt }) => <RelativeTime at={startsAt} />,
    sortable: true,
  },
  {
    key: 'until',
    header: t.until,
    value: ({ expiresAt }) => expiresAt,
    render: ({ expiresAt }) => <RelativeTime at={expiresAt} none={t.forEver} />,
    sortable: true,
  },
  { key: 'reason', header: t.reason, value: ({ reason }) => reason, render: ({ reason }) => reason ?? <None /> },
  { key: 'by', header: t.by, value: ({ grantedBy }) => (grantedBy === 'system' ? t.system : grantedBy) },
  { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <IdText id={id} />, hidden: true },
]
