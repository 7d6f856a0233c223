import type { RoleRef } from '@cockpit/contract/roles'
import { FormModal, NumberField, Select, TextField, toast, useForm } from '@cockpit/ui'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { scopeOf, useRoleOptions, useScopeOptions } from './options.ts'
import { t } from './strings.ts'

const words = messages('askForRole', {
  title: 'Ask for a role',
  about: 'Somebody who may decide sees your request and your reason. The time begins when they approve.',
  submit: 'Ask',
  done: 'Request sent.',
  hours: 'For how long',
})

export const AskForRole = ({ onClose }: { onClose: () => void }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const roles = useRoleOptions()
  const scopes = useScopeOptions()
  const form = useForm<{ role: string | null; scope: string | null; hours: number | null; reason: string }>({
    initial: { role: null, scope: 'account', hours: 8, reason: '' },
    check: ({ role, hours, reason }) => ({
      ...(role ? {} : { role: t.required }),
      ...(hours ? {} : { hours: t.required }),
      ...(reason.trim() ? {} : { reason: t.required }),
    }),
    submit: async ({ role, scope, hours, reason }) => {
      await api.roleRequests.create({
        body: { role: role as RoleRef, scope: scopeOf(scope ?? 'account'), hours: hours ?? 1, reason: reason.trim() },
      })
      await refresh('role-requests')
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
      <Select label={t.role} required options={roles} {...form.field('role')} />
      <Select label={t.where} options={scopes} {...form.field('scope')} />
      <NumberField label={words.hours} unit={t.hours} required {...form.field('hours')} />
      <TextField label={t.reason} required {...form.field('reason')} />
    </FormModal>
  )
}
