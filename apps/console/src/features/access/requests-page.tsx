import type { RoleRequest } from '@cockpit/contract/assignments'
import {
  Button,
  type Column,
  EmptyState,
  FormModal,
  IconPlus,
  ListPage,
  None,
  RelativeTime,
  Row,
  StatusBadge,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { AskForRole } from './ask-for-role.tsx'
import { t } from './strings.ts'
import { useAccessTabs } from './tabs.ts'

const words = messages('roleRequests', {
  about: 'Roles asked for, for a time. Somebody other than who asks decides.',
  noun: 'role requests',
  ask: 'Ask for a role',
  approve: 'Approve',
  refuse: 'Refuse',
  withdraw: 'Withdraw',
  withdrawn: 'Request withdrawn.',
  approveTitle: (role: string, who: string) => `Give ${who} the role ${role}?`,
  refuseTitle: (role: string, who: string) => `Refuse ${who} the role ${role}?`,
  hours: 'For',
  decided: 'Decided',
  decision: 'Note',
  empty: 'No requests',
  emptyText: 'Whoever needs a role for a while asks for it here, and somebody else decides.',
})

type Asked = { request: RoleRequest; act: 'approve' | 'refuse' }

export const RequestsPage = () => {
  const { me, can, api, accountId } = useScope()
  const { search, setSearch } = useSearchState()
  const refresh = useRefresh()
  const tabs = useAccessTabs()
  const [deciding, setDeciding] = useState<Asked | null>(null)
  const status = search.status as RoleRequest['status'] | undefined
  const list = useLoadPages(['role-requests', status], (api, after, signal) =>
    api.roleRequests.list({ query: { status, after } }, { signal }),
  )
  // the server refuses people of the platform, to whom a role of the account gives nothing, and whoever sees it as another
  const mayAsk = me.principal.kind === 'user' && me.impersonation === null && (!me.isPlatform || accountId === null)
  const ask = mayAsk && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {words.ask}
    </Button>
  )
  const withdraw = async ({ id }: RoleRequest) => {
    await api.roleRequests.withdraw({ params: { id } })
    await refresh('role-requests')
    toast.success(words.withdrawn)
  }
  const acts = (request: RoleRequest) => {
    if (request.status !== 'open') return null
    if (request.user.id === me.principal.id)
      return <Button onClick={() => void withdraw(request)}>{words.withdraw}</Button>
    if (!can('access.approve')) return null
    return (
      <Row gap={8} wrap={false}>
        <Button onClick={() => setDeciding({ request, act: 'approve' })}>{words.approve}</Button>
        <Button onClick={() => setDeciding({ request, act: 'refuse' })}>{words.refuse}</Button>
      </Row>
    )
  }
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={words.about}
        actions={ask}
        tabs={tabs}
        noun={words.noun}
        columns={columns}
        rowId={({ id }) => id}
        rowActions={acts}
        search={search}
        onSearchChange={setSearch}
        filters={[
          {
            kind: 'select',
            key: 'status',
            label: t.state,
            options: (['open', 'approved', 'refused', 'withdrawn'] as const).map((value) => ({ value, label: value })),
          },
        ]}
        empty={<EmptyState title={words.empty} text={words.emptyText} action={ask} />}
      />
      {mayAsk && search.new && <AskForRole onClose={() => setSearch({ new: undefined })} />}
      {deciding && <Decide {...deciding} onClose={() => setDeciding(null)} />}
    </>
  )
}

const Decide = ({ request, act, onClose }: Asked & { onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const form = useForm<{ reason: string }>({
    initial: { reason: '' },
    submit: async ({ reason }) => {
      await api.roleRequests[act]({ params: { id: request.id }, body: { reason: reason.trim() || null } })
      await refresh('role-requests', 'role-assignments', 'roles', 'users')
      toast.success(t.saved)
    },
  })
  const title = act === 'approve' ? words.approveTitle : words.refuseTitle
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={title(request.role.name, request.user.name)}
      description={request.reason}
      submitLabel={words[act]}
    >
      <TextField label={words.decision} autoFocus {...form.field('reason')} />
    </FormModal>
  )
}

const columns: readonly Column<RoleRequest>[] = [
  { key: 'who', header: t.who, value: ({ user }) => user.name, sortable: true, primary: true },
  { key: 'role', header: t.role, value: ({ role }) => role.name, sortable: true },
  {
    key: 'where',
    header: t.where,
    value: ({ scope }) => (scope.id === null ? t.wholeAccount : `${scope.type} ${scope.name}`),
  },
  { key: 'hours', header: words.hours, unit: t.hours, numeric: true, value: ({ hours }) => hours, sortable: true },
  { key: 'reason', header: t.reason, value: ({ reason }) => reason },
  {
    key: 'status',
    header: t.state,
    value: ({ status }) => status,
    render: ({ status }) => <StatusBadge status={status} />,
  },
  { key: 'by', header: t.by, value: ({ decidedBy }) => decidedBy, render: ({ decidedBy }) => decidedBy ?? <None /> },
  {
    key: 'decision',
    header: words.decision,
    value: ({ decision }) => decision,
    render: ({ decision }) => decision ?? <None />,
  },
  {
    key: 'created',
    header: t.created,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
    sortable: true,
  },
]
