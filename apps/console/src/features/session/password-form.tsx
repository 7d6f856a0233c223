import { FormBody, PasswordField, useForm } from '@cockpit/ui'
import { apiFor } from '../../app/api.ts'
import { PasswordChecks, usePasswordRules } from './password-checks.tsx'
import { t } from './password-modal.tsx'

/** A new password on a page of its own. */
export const PasswordForm = ({ onDone }: { onDone: () => void }) => {
  const rules = usePasswordRules('own')
  const form = useForm({
    initial: { current: '', next: '', again: '' },
    check: ({ next, again }) => (next === again ? {} : { again: t.differs }),
    submit: ({ current, next }) => apiFor(null).identity.changePassword({ body: { current, next } }),
  })
  return (
    <FormBody form={form} submitLabel={t.submit} onSaved={onDone} wide>
      <PasswordField label={t.current} required {...form.field('current')} />
      <PasswordField label={t.next} autoComplete="new-password" required {...form.field('next')} />
      <PasswordChecks password={form.values.next} rules={rules} />
      <PasswordField label={t.again} autoComplete="new-password" required {...form.field('again')} />
    </FormBody>
  )
}
