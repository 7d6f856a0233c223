import type { RoleRef } from '@cockpit/contract/roles'
import { FormModal, NumberField, Select, TextField, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { useOwners } from '../keys/owners.ts'
import { principalOf, scopeOf, useRoleOptions, useScopeOptions } from './options.ts'
import { t } from './strings.ts'

const words = messages('giveRole', {
  title: 'Give a role',
  about: 'Beside what their membership allows. You can give at most what you may do yourself.',
  submit: 'Give role',
  done: 'Role given.',
  hours: 'Ends after',
  hoursHelp: 'Empty: until somebody takes it back.',
  whereHelp: 'In an org or a team a role reaches its people, keys, budgets and usage only.',
})

export const GiveRole = ({ onClose }: { onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const { options, search } = useOwners(true)
  const roles = useRoleOptions()
  const scopes = useScopeOptions()
  const form = useForm<{
    principal: string | null
    role: string | null
    scope: string | null
    hours: number | null
    reason: string
  }>({
    initial: { principal: null, role: null, scope: 'account', hours: null, reason: '' },
    check: ({ principal, role }) => ({
      ...(principal ? {} : { principal: t.required }),
      ...(role ? {} : { role: t.required }),
    }),
    submit: async ({ principal, role, scope, hours, reason }) => {
      await api.roleAssignments.create({
        body: {
          principal: principalOf(principal ?? ''),
          role: role as RoleRef,
          scope: scopeOf(scope ?? 'account'),
          expiresAt: hours === null ? null : new Date(Date.now() + hours * 3_600_000).toISOString(),
          reason: reason.trim() || null,
        },
      })
      await refresh('role-assignments', 'roles', 'users')
      toast.success(words.done)
    },
  })
  return (
    <FormModal
      form={form}
      opened
      onClose={onClose}
      title={words.title}
      description={words.about}
      submitLabel={words.submit}
    >
      <Select label={t.who} required options={options} onSearch={search} {...form.field('principal')} />
      <Select label={t.role} required options={roles} {...form.field('role')} />
      <Select label={t.where} help={words.whereHelp} options={scopes} {...form.field('scope')} />
      <NumberField label={words.hours} unit={t.hours} help={words.hoursHelp} {...form.field('hours', '/expiresAt')} />
      <TextField label={t.reason} {...form.field('reason')} />
    </FormModal>
  )
}
