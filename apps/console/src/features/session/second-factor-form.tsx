import type { MeContext } from '@cockpit/contract/identity'
import type { SignInChallenge } from '@cockpit/contract/mfa'
import { Button, FormBody, ProblemAlert, Row, Stack, TextField, useForm } from '@cockpit/ui'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { askPasskey, passkeysWork } from '../../app/passkeys.ts'

const t = messages('secondFactor', {
  text: 'Your password was right. Now your second factor.',
  code: 'Code of your authenticator app',
  recovery: 'Recovery code',
  recoveryHelp: 'One of the codes you wrote down. Each works once.',
  submit: 'Continue',
  usePasskey: 'Use a passkey',
  useRecovery: 'Use a recovery code',
  useCode: 'Use the authenticator app',
  back: 'Start again',
  needed: 'is required',
})

type Way = 'code' | 'recoveryCode' | 'credential'
type Props = { challenge: SignInChallenge; onSignedIn: (me: MeContext) => void; onBack: () => void }

/** The second step of signing in. */
export const SecondFactorForm = ({ challenge, onSignedIn, onBack }: Props) => {
  const { methods } = challenge
  const [chosen, choose] = useState<Way>(methods.includes('totp') ? 'code' : 'credential')
  const others: { way: Way; label: string }[] = [
    ...(methods.includes('totp') ? [{ way: 'code' as const, label: t.useCode }] : []),
    ...(methods.includes('passkey') ? [{ way: 'credential' as const, label: t.usePasskey }] : []),
    ...(methods.includes('recovery') ? [{ way: 'recoveryCode' as const, label: t.useRecovery }] : []),
  ]
  return (
    <Stack>
      <p className="ck-muted">{t.text}</p>
      {chosen === 'credential' ? (
        <PasskeyStep challenge={challenge} onSignedIn={onSignedIn} />
      ) : (
        <CodeStep key={chosen} way={chosen} challenge={challenge} onSignedIn={onSignedIn} />
      )}
      <Row>
        {others
          .filter(({ way }) => way !== chosen)
          .map(({ way, label }) => (
            <Button key={way} kind="quiet" onClick={() => choose(way)}>
              {label}
            </Button>
          ))}
        <Button kind="quiet" onClick={onBack}>
          {t.back}
        </Button>
      </Row>
    </Stack>
  )
}

const CodeStep = ({
  way,
  challenge,
  onSignedIn,
}: { way: 'code' | 'recoveryCode' } & Pick<Props, 'challenge' | 'onSignedIn'>) => {
  const form = useForm({
    initial: { [way]: '' } as Record<typeof way, string>,
    check: (values) => (values[way] ? {} : { [way]: t.needed }),
    submit: async (values) => {
      const body = { challenge: challenge.challenge, [way]: values[way] }
      onSignedIn(await apiFor(null).identity.secondFactor({ body }))
    },
  })
  return (
    <FormBody form={form} submitLabel={t.submit} wide>
      <TextField
        label={way === 'code' ? t.code : t.recovery}
        {...(way === 'recoveryCode' ? { help: t.recoveryHelp } : {})}
        autoComplete="one-time-code"
        autoFocus
        required
        {...form.field(way)}
      />
    </FormBody>
  )
}

const PasskeyStep = ({ challenge, onSignedIn }: Pick<Props, 'challenge' | 'onSignedIn'>) => {
  const ask = useMutation({
    mutationFn: async () => {
      const credential = challenge.passkey && (await askPasskey(challenge.passkey))
      if (!credential) return
      const body = { challenge: challenge.challenge, credential }
      onSignedIn(await apiFor(null).identity.secondFactor({ body }))
    },
  })
  return (
    <Stack>
      <ProblemAlert error={ask.error} />
      <Button kind="primary" disabled={!passkeysWork()} loading={ask.isPending} onClick={() => ask.mutate()}>
        {t.usePasskey}
      </Button>
    </Stack>
  )
}
