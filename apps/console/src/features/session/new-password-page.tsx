import { BareFrame, Button, FormBody, PasswordField, Stack, useForm } from '@cockpit/ui'
import { useEffect, useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { useFragment } from '../../app/location.ts'
import { PasswordChecks, usePasswordRules } from './password-checks.tsx'

const t = messages('newPassword', {
  title: 'Choose a new password',
  about: 'An administrator gave you this link. Your sessions end, and you sign in with the new password.',
  none: 'This address holds no link. Open it exactly as you got it.',
  password: 'New password',
  again: 'New password again',
  required: 'is required',
  differs: 'is not the same as above',
  submit: 'Set password',
  done: 'Your new password is set.',
  signIn: 'Sign in',
})

/** Where the link of an administrator leads. */
export const NewPasswordPage = () => {
  const token = useFragment()
  const [done, setDone] = useState(false)
  useEffect(() => {
    document.title = `${t.title} · Cockpit`
  }, [])
  return (
    <BareFrame>
      <Stack gap={16}>
        <h1>{t.title}</h1>
        {done ? (
          <>
            <p>{t.done}</p>
            <Button kind="primary" href="/sign-in">
              {t.signIn}
            </Button>
          </>
        ) : token === '' ? (
          <p>{t.none}</p>
        ) : (
          <Choose key={token} token={token} onDone={() => setDone(true)} />
        )}
      </Stack>
    </BareFrame>
  )
}

const Choose = ({ token, onDone }: { token: string; onDone: () => void }) => {
  const rules = usePasswordRules('anybody')
  const form = useForm({
    initial: { password: '', again: '' },
    check: ({ password, again }) => ({
      ...(password ? {} : { password: t.required }),
      ...(password === again ? {} : { again: t.differs }),
    }),
    submit: ({ password }) => apiFor(null).passwordResets.use({ body: { token, password } }),
  })
  return (
    <FormBody form={form} submitLabel={t.submit} onSaved={onDone} wide>
      <p>{t.about}</p>
      <PasswordField label={t.password} autoComplete="new-password" required {...form.field('password')} />
      <PasswordChecks password={form.values.password} rules={rules} />
      <PasswordField label={t.again} autoComplete="new-password" required {...form.field('again')} />
    </FormBody>
  )
}
