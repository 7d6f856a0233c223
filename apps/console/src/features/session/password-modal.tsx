import { FormModal, PasswordField, toast, useForm } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('password', {
  title: 'Change password',
  current: 'Current password',
  next: 'New password',
  help: 'At least 12 characters. All your other sessions end.',
  again: 'New password again',
  differs: 'is not the same as above',
  submit: 'Change password',
  done: 'Password changed; your other sessions ended.',
})

export const PasswordModal = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const { api } = useScope()
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
      <PasswordField label={t.again} autoComplete="new-password" required {...form.field('again')} />
    </FormModal>
  )
}
