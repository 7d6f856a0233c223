import { FormModal, PasswordField, toast, useForm } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { PasswordChecks, usePasswordRules } from './password-checks.tsx'

export const t = messages('password', {
  title: 'Change password',
  current: 'Current password',
  next: 'New password',
  help: 'All your other sessions end.',
  again: 'New password again',
  differs: 'is not the same as above',
  submit: 'Change password',
  done: 'Password changed; your other sessions ended.',
})

export const PasswordModal = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const { api } = useScope()
  const rules = usePasswordRules('own')
  const form = useForm({
    initial: { current: '', next: '', again: '' },
    check: ({ next, again }) => (next === again ? {} : { again: t.differs }),
    submit: ({ current, next }) => api.identity.changePassword({ body: { current, next } }),
  })
  return (
    <FormModal
      form={form}
      opened={opened}
      onClose={onClose}
      title={t.title}
      submitLabel={t.submit}
      onSaved={() => toast.success(t.done)}
    >
      <PasswordField label={t.current} required {...form.field('current')} />
      <PasswordField label={t.next} autoComplete="new-password" help={t.help} required {...form.field('next')} />
      <PasswordChecks password={form.values.next} rules={rules} />
      <PasswordField label={t.again} autoComplete="new-password" required {...form.field('again')} />
    </FormModal>
  )
}
