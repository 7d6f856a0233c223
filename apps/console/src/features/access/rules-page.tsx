import type { Permission } from '@cockpit/contract/permissions'
import type { DenyRule, DenySubject, RoleRef } from '@cockpit/contract/roles'
import {
  Button,
  type Column,
  ConfirmDialog,
  EmptyState,
  FormModal,
  IconPlus,
  ListPage,
  MultiSelect,
  RelativeTime,
  Select,
  TextField,
  toast,
  useForm,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoadPages, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { useOwners } from '../keys/owners.ts'
import { permissionOptions, principalOf, useRoleOptions } from './options.ts'
import { t } from './strings.ts'
import { useAccessTabs } from './tabs.ts'

const words = messages('denyRules', {
  about: 'What somebody may not do, whatever their roles say. A rule always wins.',
  noun: 'deny rules',
  create: 'New deny rule',
  submit: 'Create rule',
  everyone: 'Everyone',
  roles: 'Roles',
  removeTitle: (who: string) => `Delete the rule about ${who}?`,
  removeEffect: 'What their roles allow counts again from their next request on.',
  empty: 'No deny rules',
  emptyText: 'Take a permission from a person, a role or everyone: during a freeze, or for a conflict of interest.',
  deleted: 'Rule deleted.',
})

export const RulesPage = () => {
  const { can, api } = useScope()
  const { search, setSearch } = useSearchState()
  const refresh = useRefresh()
  const tabs = useAccessTabs()
  const [removing, setRemoving] = useState<DenyRule | null>(null)
  const list = useLoadPages(['deny-rules', search.q], (api, after, signal) =>
    api.denyRules.list({ query: { q: search.q, after } }, { signal }),
  )
  const create = can('access.write') && (
    <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setSearch({ new: '1' })}>
      {words.create}
    </Button>
  )
  return (
    <>
      <ListPage
        {...list}
        title={t.title}
        description={words.about}
        actions={create}
        tabs={tabs}
        noun={words.noun}
        columns={columns}
        rowId={({ id }) => id}
        rowActions={(rule) => can('access.write') && <Button onClick={() => setRemoving(rule)}>{t.remove}</Button>}
        search={search}
        onSearchChange={setSearch}
        searchable
        empty={<EmptyState title={words.empty} text={words.emptyText} action={create} />}
      />
      {search.new && <NewRule onClose={() => setSearch({ new: undefined })} />}
      {removing && (
        <ConfirmDialog
          opened
          onClose={() => setRemoving(null)}
          title={words.removeTitle(removing.subject.name)}
          effects={[words.removeEffect]}
          confirmLabel={t.remove}
          onConfirm={async () => {
            await api.denyRules.remove({ params: { id: removing.id } })
            await refresh('deny-rules', 'users')
            toast.success(words.deleted)
          }}
        />
      )}
    </>
  )
}

const subjectOf = (value: string, roles: readonly string[]): DenySubject => {
  if (value === 'everyone') return { kind: 'everyone' }
  return roles.includes(value) ? { kind: 'role', id: value as RoleRef } : principalOf(value)
}

const NewRule = ({ onClose }: { onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const { options, search } = useOwners(true)
  const roles = useRoleOptions()
  const form = useForm<{ subject: string | null; permissions: Permission[]; reason: string }>({
    initial: { subject: null, permissions: [], reason: '' },
    check: ({ subject, permissions, reason }) => ({
      ...(subject ? {} : { subject: t.required }),
      ...(permissions.length > 0 ? {} : { permissions: t.required }),
      ...(reason.trim() ? {} : { reason: t.required }),
    }),
    submit: async ({ subject, permissions, reason }) => {
      const who = subjectOf(
        subject ?? '',
        roles.map(({ value }) => value),
      )
      await api.denyRules.create({ body: { subject: who, permissions, reason: reason.trim() } })
      await refresh('deny-rules', 'users')
      toast.success(t.saved)
    },
  })
  const subjects = [
    { value: 'everyone', label: words.everyone },
    ...roles.map(({ value, label }) => ({ value, label, group: words.roles })),
    ...options,
  ]
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={words.create}
      description={words.about}
      submitLabel={words.submit}
    >
      <Select label={t.who} required options={subjects} onSearch={search} {...form.field('subject')} />
      <MultiSelect label={t.permissions} required options={permissionOptions} {...form.field('permissions')} />
      <TextField label={t.reason} required {...form.field('reason')} />
    </FormModal>
  )
}

const columns: readonly Column<DenyRule>[] = [
  { key: 'who', header: t.who, value: ({ subject }) => subject.name, sortable: true, primary: true },
  { key: 'kind', header: t.kind, value: ({ subject }) => subject.kind.replace('_', ' ') },
  { key: 'permissions', header: t.permissions, value: ({ permissions }) => permissions.join(', ') },
  { key: 'reason', header: t.reason, value: ({ reason }) => reason },
  {
    key: 'until',
    header: t.until,
    value: ({ expiresAt }) => expiresAt,
    render: ({ expiresAt }) => <RelativeTime at={expiresAt} none={t.forEver} />,
  },
  { key: 'by', header: t.by, value: ({ createdBy }) => createdBy },
  {
    key: 'created',
    header: t.created,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
    sortable: true,
  },
]
