import { personalWords } from '@cockpit/contract/password-rules'
import { FormBody, Link, PasswordField, TextField, useForm } from '@cockpit/ui'
import { useQueryClient } from '@tanstack/react-query'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { sessionQuery } from '../../app/session.ts'
import { sessionStarted } from '../../app/session-state.ts'
import { PasswordChecks, usePasswordRules } from '../session/password-checks.tsx'
import type { StepProps } from './step.ts'

const t = messages('setupAdministrator', {
  code: 'Set-up code',
  codeHelp: 'Printed in the terminal when the server started.',
  email: 'E-mail',
  emailHelp: 'You sign in with it. Nothing is sent to it.',
  name: 'Your name',
  password: 'Password',
  needed: 'is required',
  submit: 'Create administrator',
  member: 'You have a sign-in already?',
  signIn: 'Sign in',
})

export const AdministratorStep = ({ onDone }: Pick<StepProps, 'onDone'>) => {
  const { search } = useSearchState()
  const client = useQueryClient()
  const rules = usePasswordRules('anybody')
  const form = useForm({
    initial: { code: search.code ?? '', email: '', name: '', password: '' },
    check: ({ code, email, name, password }) => ({
      ...(code.trim() ? {} : { code: t.needed }),
      ...(email.trim() ? {} : { email: t.needed }),
      ...(name.trim() ? {} : { name: t.needed }),
      ...(password ? {} : { password: t.needed }),
    }),
    submit: async (body) => {
      const me = await apiFor(null).identity.setup({ body })
      sessionStarted()
      client.setQueryData(sessionQuery(null).queryKey, me)
      await onDone()
    },
  })
  return (
    <FormBody form={form} submitLabel={t.submit}>
      <TextField label={t.code} help={t.codeHelp} mono required autoFocus={!search.code} {...form.field('code')} />
      <TextField
        label={t.email}
        help={t.emailHelp}
        type="email"
        autoComplete="username"
        required
        autoFocus={Boolean(search.code)}
        {...form.field('email')}
      />
      <TextField label={t.name} autoComplete="name" required {...form.field('name')} />
      <PasswordField label={t.password} autoComplete="new-password" required {...form.field('password')} />
      <PasswordChecks
        password={form.values.password}
        rules={rules}
        personal={personalWords([form.values.name, form.values.email])}
      />
      <p className="ck-muted ck-size-sm">
        {t.member} <Link href="/sign-in?next=/">{t.signIn}</Link>
      </p>
    </FormBody>
  )
}
