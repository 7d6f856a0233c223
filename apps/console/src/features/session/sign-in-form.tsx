import type { MeContext } from '@cockpit/contract/identity'
import { FormBody, PasswordField, TextField, useForm } from '@cockpit/ui'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { sessionStarted } from '../../app/session-state.ts'

const t = messages('signIn', { email: 'E-mail', password: 'Password', submit: 'Sign in', needed: 'is required' })

export const SignInForm = ({ email = '', onSignedIn }: { email?: string; onSignedIn: (me: MeContext) => void }) => {
  const form = useForm({
    initial: { email, password: '' },
    check: (values) => ({
      ...(values.email ? {} : { email: t.needed }),
      ...(values.password ? {} : { password: t.needed }),
    }),
    submit: async (values) => {
      const me = await apiFor(null).identity.signIn({ body: values })
      sessionStarted()
      onSignedIn(me)
    },
  })
  return (
    <FormBody form={form} submitLabel={t.submit} wide>
      <TextField
        label={t.email}
        type="email"
        autoComplete="username"
        autoFocus={!email}
        required
        {...form.field('email')}
      />
      <PasswordField label={t.password} autoFocus={Boolean(email)} required {...form.field('password')} />
    </FormBody>
  )
}
