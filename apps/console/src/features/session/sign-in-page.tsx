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
          <Ways found={found} next={search.next} onAgain={() => setFound(null)} onSignedIn={enter} />
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
  onAgain: () => void
  onSignedIn: (me: MeContext) => void
}

const Ways = ({ found, next, onAgain, onSignedIn }: WaysProps) => {
  const { email, ways } = found
  // an administrator of the platform keeps a password where everybody else has none
  const [byPassword, setByPassword] = useState(ways.sso.length === 0)
  return (
    <Stack gap={16}>
      <OtherEmail email={email} onChange={onAgain} />
      <SsoButtons email={email} next={next} offers={ways.sso} />
      {byPassword ? (
        <SignInForm email={email} fixed onSignedIn={onSignedIn} />
      ) : (
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
    navigate(safeNext(next))
  }
}

/** Only an address of this console: `//elsewhere` would leave it. */
const safeNext = (next: string | undefined): string => (next?.startsWith('/') && !/^\/[/\\]/.test(next) ? next : '/')
