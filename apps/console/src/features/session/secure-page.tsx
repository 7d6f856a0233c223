import type { MeContext } from '@cockpit/contract/identity'
import { BareFrame, Button, Loaded, Stack, useNavigation } from '@cockpit/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { sessionQuery } from '../../app/session.ts'
import { SignedIn } from '../../app/signed-in.tsx'
import { FactorsPanel } from '../security/factors-panel.tsx'
import { PasskeysPanel } from '../security/passkeys-panel.tsx'
import { RecoveryModal } from '../security/recovery-modal.tsx'
import { PasswordForm } from './password-form.tsx'
import { pathWithin } from './secure-path.ts'
import { signOut } from './sign-out.ts'
import { SignOutFailure } from './sign-out-failure.tsx'
import { StepUpDialog } from './step-up-dialog.tsx'

const t = messages('secureSignIn', {
  factor: 'Add a second factor',
  factorAbout: 'It is required here. Add an authenticator app or a passkey, and you are in.',
  password: 'Choose a new password',
  passwordAbout: 'Yours is older than the rules here allow.',
  signOut: 'Sign out',
})

/** What somebody must do before their session reaches anything else; then they go on where they wanted to. */
export const SecureSignInPage = () => {
  const { search } = useSearchState()
  // fixed when it opens: the address changes while the page still stands
  const [{ accountId, path }] = useState(() => pathWithin(search.next))
  const session = useQuery({ ...sessionQuery(accountId), staleTime: 0 })
  const [codes, setCodes] = useState<string[] | null>(null)
  const client = useQueryClient()
  const { navigate } = useNavigation()
  const done = (fresh: string[] | null = null) => {
    setCodes(fresh)
    // codes are seen once: the reader goes on when they have them
    if (!fresh) void session.refetch()
  }
  return (
    <SignedIn session={session}>
      {({ restriction }) =>
        restriction ? (
          <BareFrame>
            <DueAct restriction={restriction} onDone={done} />
            <RecoveryModal
              codes={codes}
              onClose={() => {
                setCodes(null)
                void session.refetch()
              }}
            />
            <StepUpDialog />
          </BareFrame>
        ) : (
          <Leave to={path} onLeave={() => client.clear()} navigate={navigate} />
        )
      }
    </SignedIn>
  )
}

const Leave = ({ to, onLeave, navigate }: { to: string; onLeave: () => void; navigate: (href: string) => void }) => {
  useEffect(() => {
    onLeave()
    navigate(to)
  }, [to, onLeave, navigate])
  return null
}

type DueActProps = {
  restriction: NonNullable<MeContext['restriction']>
  onDone: (recoveryCodes?: string[] | null) => void
}
const DueAct = ({ restriction, onDone }: DueActProps) => {
  const title = restriction === 'change_password' ? t.password : t.factor
  useEffect(() => {
    document.title = `${title} · Cockpit`
  }, [title])
  return (
    <Stack gap={16}>
      <SignOutFailure />
      <h1>{title}</h1>
      <p className="ck-flat ck-muted">{restriction === 'change_password' ? t.passwordAbout : t.factorAbout}</p>
      {restriction === 'change_password' ? <PasswordForm onDone={() => onDone()} /> : <Enrol onDone={onDone} />}
      <Button kind="quiet" onClick={() => void signOut()}>
        {t.signOut}
      </Button>
    </Stack>
  )
}

const Enrol = ({ onDone }: Pick<DueActProps, 'onDone'>) => {
  const own = useQuery({ queryKey: [null, 'own-security'], queryFn: () => apiFor(null).mfa.own() })
  const changed = async (codes?: string[] | null) => onDone(codes)
  return (
    <Loaded data={own.data} error={own.error} retry={() => void own.refetch()}>
      {(found) => (
        <Stack gap={16}>
          <FactorsPanel own={found} onChanged={changed} />
          <PasskeysPanel passkeys={found.passkeys} onChanged={changed} />
        </Stack>
      )}
    </Loaded>
  )
}
