import { Alert } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'

const t = messages('signInFailure', {
  title: 'You are not signed in',
  expired: 'This sign-in took too long, was begun in another browser, or was finished already. Begin again.',
  denied: 'You broke off at the identity provider, or it did not let you in.',
  provider_failed:
    'The identity provider does not answer as it should. Try again; if it stays so, tell your administrator.',
  refused:
    'The answer of the identity provider was not accepted. Begin again; if it stays so, tell your administrator.',
  no_account: 'The identity provider knows you, but you belong to no account here. Ask your administrator to add you.',
  domain: 'Your account has not proven the domain of your e-mail, or does not let it in. Ask your administrator.',
  suspended: 'Your access is suspended. An administrator of your account can restore it.',
  address: 'Your account lets nobody in from where you are. Sign in from one of its networks.',
  not_vouched:
    'You may do more than whoever last changed this sign-in, so it is not believed about you. Come in another way, or ask an administrator to save its settings.',
  no_seat: 'Your account has no free seat for you. Ask your administrator.',
  other_person: 'Somebody else signed in than the person this session belongs to.',
  request: (id: string) => `Request ${id}`,
})

const reasons = [
  'expired',
  'denied',
  'provider_failed',
  'refused',
  'no_account',
  'domain',
  'suspended',
  'address',
  'not_vouched',
  'no_seat',
  'other_person',
] as const

/** Why a single sign-on did not work, as the address says. */
export const SignInFailure = ({ error, request }: { error: string | undefined; request: string | undefined }) => {
  if (!error) return null
  const reason = reasons.find((known) => known === error) ?? 'refused'
  return (
    <Alert tone="red" title={t.title}>
      {t[reason]}{' '}
      {request && /^req_\w+$/.test(request) && <code className="ck-mono ck-size-xs">{t.request(request)}</code>}
    </Alert>
  )
}
