import {
  Alert,
  Button,
  FormBody,
  Loaded,
  Modal,
  PasswordField,
  ProblemAlert,
  Stack,
  TextField,
  useForm,
} from '@cockpit/ui'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { askPasskey } from '../../app/passkeys.ts'
import { settleStepUp, useStepUpAsked } from '../../app/step-up-state.ts'
import { proveAtProvider, useConfirmedElsewhere } from './sso-proof.ts'

const t = messages('stepUp', {
  title: 'Confirm that it is you',
  text: 'What you are about to do is dangerous, so it needs a fresh proof. It goes on right after.',
  password: 'Password',
  code: 'Code of your authenticator app',
  breakGlassCode: 'Break-glass code',
  passkey: 'Use a passkey',
  submit: 'Confirm',
  needed: 'is required',
  sso: 'Confirm with single sign-on',
  none: 'Sign out and sign in again: this session cannot be confirmed in another way.',
})

/** Stands over the page when a dangerous call was refused for want of a fresh proof, and lets it go on. */
export const StepUpDialog = () => {
  const opened = useStepUpAsked()
  return (
    <Modal opened={opened} onClose={() => settleStepUp(false)} title={t.title} size="sm" above>
      {opened && <Proofs />}
    </Modal>
  )
}

const Proofs = () => {
  const { data, error, refetch } = useQuery({
    queryKey: ['step-up'],
    queryFn: ({ signal }) => apiFor(null).identity.stepUpOptions({}, { signal }),
    gcTime: 0,
  })
  return (
    <Loaded data={data} error={error} retry={() => void refetch()}>
      {({ methods }) => (
        <Stack>
          <p className="ck-muted">{t.text}</p>
          {methods.length === 0 && <Alert>{t.none}</Alert>}
          {methods.includes('sso') && <SsoProof />}
          {methods.includes('passkey') && <PasskeyProof />}
          {methods.includes('totp') && <TextProof name="code" />}
          {methods.includes('break_glass') && <TextProof name="breakGlassCode" />}
          {methods.includes('password') && <TextProof name="password" />}
        </Stack>
      )}
    </Loaded>
  )
}

const SsoProof = () => {
  useConfirmedElsewhere(useCallback(() => settleStepUp(true), []))
  const prove = useMutation({ mutationFn: proveAtProvider })
  return (
    <Stack gap={8}>
      <Button kind="primary" loading={prove.isPending} onClick={() => prove.mutate()}>
        {t.sso}
      </Button>
      <ProblemAlert error={prove.error} />
    </Stack>
  )
}

const TextProof = ({ name }: { name: 'password' | 'code' | 'breakGlassCode' }) => {
  const form = useForm({
    initial: { [name]: '' } as Record<typeof name, string>,
    check: (values) => (values[name] ? {} : { [name]: t.needed }),
    submit: async (values) => {
      await apiFor(null).identity.stepUp({ body: { [name]: values[name] } })
      settleStepUp(true)
    },
  })
  return (
    <FormBody form={form} submitLabel={t.submit} wide>
      {name === 'password' ? (
        <PasswordField label={t.password} autoFocus required {...form.field(name)} />
      ) : (
        <TextField
          label={t[name]}
          mono={name === 'breakGlassCode'}
          autoComplete={name === 'code' ? 'one-time-code' : 'off'}
          autoFocus
          required
          {...form.field(name)}
        />
      )}
    </FormBody>
  )
}

const PasskeyProof = () => {
  const ask = useMutation({
    mutationFn: async () => {
      const { identity } = apiFor(null)
      const { challenge, options } = await identity.stepUpPasskey()
      const credential = await askPasskey(options)
      if (!credential) return
      await identity.stepUp({ body: { passkey: { challenge, credential } } })
      settleStepUp(true)
    },
  })
  return (
    <Stack>
      <ProblemAlert error={ask.error} />
      <Button kind="primary" loading={ask.isPending} onClick={() => ask.mutate()}>
        {t.passkey}
      </Button>
    </Stack>
  )
}
