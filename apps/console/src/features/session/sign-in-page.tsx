import { Alert, BareFrame, Link, Stack, useNavigation } from '@cockpit/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { sessionQuery } from '../../app/session.ts'
import { SignInForm } from './sign-in-form.tsx'

const t = messages('signInPage', {
  title: 'Sign in',
  unset: 'Nobody administers this installation yet.',
  setup: 'Set it up',
})

export const SignInPage = () => {
  const { search } = useSearchState()
  const { navigate } = useNavigation()
  const client = useQueryClient()
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
        {setup?.needed && (
          <Alert>
            {t.unset} <Link href="/setup">{t.setup}</Link>
          </Alert>
        )}
        <SignInForm
          onSignedIn={(me) => {
            client.clear()
            client.setQueryData(sessionQuery(null).queryKey, me)
            navigate(safeNext(search.next))
          }}
        />
      </Stack>
    </BareFrame>
  )
}

/** Only an address of this console: `//elsewhere` would leave it. */
const safeNext = (next: string | undefined): string => (next?.startsWith('/') && !/^\/[/\\]/.test(next) ? next : '/')
