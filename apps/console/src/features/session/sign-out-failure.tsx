import { Alert, Button } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { signOut } from './sign-out.ts'
import { useSignOutFailure } from './sign-out-state.ts'

const t = messages('signOutFailure', {
  title: 'You may still be signed in',
  text: 'Signing out did not go through, so this session may still be open. Try again before you leave this machine.',
  again: 'Sign out again',
})

/** Stands on every page from which one can leave, until one has. */
export const SignOutFailure = () =>
  useSignOutFailure() === null ? null : (
    <Alert tone="red" title={t.title} action={<Button onClick={() => void signOut()}>{t.again}</Button>}>
      {t.text}
    </Alert>
  )
