import { Link, Modal, Stack } from '@cockpit/ui'
import { useQueryClient } from '@tanstack/react-query'
import { messages } from '../../app/i18n.ts'
import { useSessionEnded } from '../../app/session-state.ts'
import { SignInForm } from './sign-in-form.tsx'

const t = messages('expired', {
  title: 'Your session has ended',
  text: 'Sign in again to go on where you are; nothing on this page is lost.',
  sso: 'Use single sign-on',
})

/** Stands over the page when a call was refused; the page and what is typed in it stay. */
export const SessionExpired = ({ email }: { email: string | null }) => {
  const ended = useSessionEnded()
  const client = useQueryClient()
  return (
    <Modal opened={ended} onClose={() => undefined} title={t.title} size="sm" closable={false}>
      <Stack>
        <p className="ck-muted">{t.text}</p>
        <SignInForm {...(email ? { email } : {})} onSignedIn={() => void client.invalidateQueries()} />
        <Link href={`/sign-in?${new URLSearchParams({ next: window.location.pathname + window.location.search })}`}>
          {t.sso}
        </Link>
      </Stack>
    </Modal>
  )
}
