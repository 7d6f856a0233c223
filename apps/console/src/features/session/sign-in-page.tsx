import type { MeContext } from '@cockpit/contract/identity'
import { Alert, BareFrame, Button, Link, Stack, useNavigation } from '@cockpit/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { sessionQuery } from '../../app/session.ts'
import { sessionStarted } from '../../app/session-state.ts'
import { PasskeySignIn } from './passkey-sign-in.tsx'
import { SignInFailure } from './sign-in-failure.tsx'
import { SignInForm } from './sign-in-form.tsx'
import { EmailStep, type Found, OtherEmail, SsoButtons } from './ways-in.tsx'

const t = messages('signInPage', {
  title: 'Sign in',
  unset: 'Nobody administers this installation yet.',
  setup: 'Set it up',
  byPassword: 'Use a password instead',
  insists: 'Your account lets people in by its own single sign-on only.',
})

export const SignInPage = () => {
  const { search } = useSearchState()
  const enter = useEnter(search.next)
  const [found, setFound] = useState<Found | null>(null)
  const { data: setup } = useQuery({ queryKey: ['setup'], queryFn: () => apiFor(null).identity.setupState() })
  useEffect(() => {
    document.title = `${t.title} · Cockpit`
  }, [])
  // people of accounts that automation made sign in before there is an administrator: they ask for this page by `next`
  if (setup?.needed && !search.next) return <Navigate to={'/setup' as string} replace />
  return (
    <BareFrame>
      <Stack gap={16}>
        <h1>{t.title}</h1>
        <SignInFailure error={search.error} request={search.request} />
        {setup?.needed && (
          <Alert>
            {t.unset} <Link href="/setup">{t.setup}</Link>
          </Alert>
        )}
        {found ? (
          <Ways found={found} next={search.next} onFound={setFound} onAgain={() => setFound(null)} onSignedIn={enter} />
        ) : (
          <>
            <EmailStep accountId={search.account} onFound={setFound} />
            <PasskeySignIn onSignedIn={enter} />
          </>
        )}
      </Stack>
    </BareFrame>
  )
}

type WaysProps = {
  found: Found
  next: string | undefined
  onFound: (found: Found) => void
  onAgain: () => void
  onSignedIn: (me: MeContext) => void
}

const Ways = ({ found, next, onFound, onAgain, onSignedIn }: WaysProps) => {
  const { email, ways, insists } = found
  // an administrator of the platform keeps a password where everybody else has none
  const [byPassword, setByPassword] = useState(ways.sso.length === 0)
  const onSsoRequired = async (accountId: string) => {
    const ways = await apiFor(null).auth.resolve({ body: { email, accountId } })
    setByPassword(false)
    onFound({ email, ways, insists: true })
  }
  return (
    <Stack gap={16}>
      {insists && <Alert>{t.insists}</Alert>}
      <OtherEmail email={email} onChange={onAgain} />
      <SsoButtons email={email} next={next} offers={ways.sso} />
      {byPassword ? (
        <SignInForm email={email} fixed onSignedIn={onSignedIn} onSsoRequired={onSsoRequired} />
      ) : insists ? null : (
        <Button kind="quiet" onClick={() => setByPassword(true)}>
          {t.byPassword}
        </Button>
      )}
    </Stack>
  )
}

/** Whoever is signed in now starts without anything that was read before. */
const useEnter = (next: string | undefined) => {
  const { navigate } = useNavigation()
  const client = useQueryClient()
  return (me: MeContext) => {
    sessionStarted()
    client.clear()
    client.setQueryData(sessionQuery(null).queryKey, me)
    navigate(next === undefined && choicesOf(me) > 1 ? '/choose-account' : safeNext(next))
  }
}

/** The platform is one of the places somebody may go to. */
const choicesOf = ({ isPlatform, accounts }: MeContext): number =>
  isPlatform ? 1 : accounts.filter(({ status }) => status === 'active').length

/** Only an address of this console: `//elsewhere` would leave it. */
const safeNext = (next: string | undefined): string => (next?.startsWith('/') && !/^\/[/\\]/.test(next) ? next : '/')
