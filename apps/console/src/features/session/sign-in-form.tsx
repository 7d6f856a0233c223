import { ApiProblem } from '@cockpit/client/core'
import type { MeContext } from '@cockpit/contract/identity'
import type { SignInChallenge } from '@cockpit/contract/mfa'
import { FormBody, PasswordField, Stack, TextField, useForm } from '@cockpit/ui'
import { useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { sessionStarted } from '../../app/session-state.ts'
import { PasskeySignIn } from './passkey-sign-in.tsx'
import { SecondFactorForm } from './second-factor-form.tsx'

const t = messages('signIn', { email: 'E-mail', password: 'Password', submit: 'Sign in', needed: 'is required' })

type Props = {
  email?: string
  /** The e-mail was asked for before and is not shown again. */
  fixed?: boolean
  onSignedIn: (me: MeContext) => void
  /** The password was right, and this account lets people in by its own single sign-on only. */
  onSsoRequired?: (accountId: string) => Promise<void>
}

/** Password, then the second factor where there is one; or a passkey alone. */
export const SignInForm = ({ email = '', fixed = false, onSignedIn, onSsoRequired }: Props) => {
  const [challenge, setChallenge] = useState<SignInChallenge | null>(null)
  const entered = (me: MeContext) => {
    sessionStarted()
    onSignedIn(me)
  }
  if (challenge)
    return <SecondFactorForm challenge={challenge} onSignedIn={entered} onBack={() => setChallenge(null)} />
  return (
    <Stack>
      <PasswordStep
        email={email}
        fixed={fixed}
        onSignedIn={entered}
        onChallenge={setChallenge}
        {...(onSsoRequired && { onSsoRequired })}
      />
      <PasskeySignIn onSignedIn={entered} />
    </Stack>
  )
}

const PasswordStep = ({
  email = '',
  fixed = false,
  onSignedIn,
  onSsoRequired,
  onChallenge,
}: Props & { onChallenge: (challenge: SignInChallenge) => void }) => {
  const form = useForm({
    initial: { email, password: '' },
    check: (values) => ({
      ...(values.email ? {} : { email: t.needed }),
      ...(values.password ? {} : { password: t.needed }),
    }),
    submit: async (values) => {
      try {
        const answer = await apiFor(null).identity.signIn({ body: values })
        if ('challenge' in answer) onChallenge(answer)
        else onSignedIn(answer)
      } catch (error) {
        const accountId = accountWithSso(error)
        if (!accountId || !onSsoRequired) throw error
        await onSsoRequired(accountId)
      }
    },
  })
  return (
    <FormBody form={form} submitLabel={t.submit} wide>
      {!fixed && (
        <TextField
          label={t.email}
          type="email"
          autoComplete="username"
          autoFocus={!email}
          required
          {...form.field('email')}
        />
      )}
      <PasswordField label={t.password} autoFocus={Boolean(email)} required {...form.field('password')} />
    </FormBody>
  )
}

const accountWithSso = (error: unknown): string | undefined =>
  error instanceof ApiProblem && error.code === 'auth.sso_required' ? error.errors[0]?.detail : undefined
