import type { SignInWays, SsoOffer } from '@cockpit/contract/sso'
import { Button, FormBody, IconShieldCheck, ProblemAlert, Stack, TextField, useForm } from '@cockpit/ui'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'

const t = messages('waysIn', {
  email: 'E-mail',
  next: 'Continue',
  needed: 'is required',
  other: 'Use another e-mail',
  with: (name: string) => `Continue with ${name}`,
})

/** `insists`: an account takes no other way than its own, as the right password brought to light. */
export type Found = { email: string; ways: SignInWays; insists?: boolean }

/** The first step: whose e-mail it is decides which ways in there are. */
export const EmailStep = ({
  accountId,
  onFound,
}: {
  accountId: string | undefined
  onFound: (found: Found) => void
}) => {
  const form = useForm({
    initial: { email: '' },
    check: ({ email }) => (email.trim() ? {} : { email: t.needed }),
    submit: async ({ email }) => {
      const body = { email, ...(accountId && { accountId }) }
      onFound({ email: email.trim(), ways: await apiFor(null).auth.resolve({ body }) })
    },
  })
  return (
    <FormBody form={form} submitLabel={t.next} wide>
      <TextField label={t.email} type="email" autoComplete="username" autoFocus required {...form.field('email')} />
    </FormBody>
  )
}

type Going = { email: string; next: string | undefined; offers: readonly SsoOffer[] }

/** Single sign-on, the best way first. The browser leaves for the provider and comes back signed in. */
export const SsoButtons = ({ email, next, offers }: Going) => {
  const [chosen, setChosen] = useState<string | null>(null)
  const start = useMutation({
    mutationFn: async ({ accountId }: SsoOffer) => {
      setChosen(accountId)
      const body = { accountId, email, ...(next && { next }) }
      window.location.assign((await apiFor(null).auth.start({ body })).location)
    },
  })
  return (
    <Stack gap={8}>
      {offers.map((offer, place) => (
        <Button
          key={offer.accountId}
          kind={place === 0 ? 'primary' : 'default'}
          size="md"
          fullWidth
          icon={<IconShieldCheck size={16} aria-hidden />}
          loading={start.isPending && chosen === offer.accountId}
          onClick={() => start.mutate(offer)}
        >
          {t.with(offer.name)}
        </Button>
      ))}
      <ProblemAlert error={start.error} />
    </Stack>
  )
}

export const OtherEmail = ({ email, onChange }: { email: string; onChange: () => void }) => (
  <p className="ck-flat">
    {email}{' '}
    <Button kind="quiet" onClick={onChange}>
      {t.other}
    </Button>
  </p>
)
