import type { Invitation } from '@cockpit/contract/invites'
import { personalWords } from '@cockpit/contract/password-rules'
import {
  BareFrame,
  Button,
  FormBody,
  Loaded,
  PasswordField,
  ProblemAlert,
  Row,
  Stack,
  TextField,
  useForm,
  useNavigation,
} from '@cockpit/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { useFragment } from '../../app/location.ts'
import { sessionQuery } from '../../app/session.ts'
import { sessionStarted } from '../../app/session-state.ts'
import { roleName } from '../access/roles.ts'
import { PasswordChecks, usePasswordRules } from '../session/password-checks.tsx'
import { SignInForm } from '../session/sign-in-form.tsx'
import { SsoButtons } from '../session/ways-in.tsx'

const t = messages('acceptInvite', {
  title: 'Invitation',
  join: (account: string) => `Join ${account}`,
  about: (by: string, role: string) => `${by} invites you as ${role}.`,
  none: 'This address holds no invitation. Open the link exactly as you got it.',
  email: 'E-mail',
  name: 'Your name',
  password: 'Password',
  submit: 'Join',
  required: 'is required',
  renew: 'Another account made this sign-in. Choose a password that only you know; other ways in to it end.',
  newPassword: 'New password',
  known: (email: string) => `${email} has a sign-in here already: use it, and you are in.`,
  others: (email: string, own: string) => `This invitation is for ${email}, and you are signed in as ${own}.`,
})

/** Where the link of an invitation leads: look, then join. */
export const AcceptPage = () => {
  const token = keptToken(useFragment())
  const look = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => apiFor(null).invitations.look({ body: { token } }),
    enabled: token !== '',
    retry: false,
  })
  const title = look.data ? t.join(look.data.accountName) : t.title
  useEffect(() => {
    document.title = `${title} · Cockpit`
  }, [title])
  return (
    <BareFrame>
      <Stack gap={16}>
        <h1>{title}</h1>
        {token === '' ? (
          <p>{t.none}</p>
        ) : (
          <Loaded data={look.data} error={look.error} retry={() => void look.refetch()}>
            {(invitation) => <Found invitation={invitation} token={token} />}
          </Loaded>
        )}
      </Stack>
    </BareFrame>
  )
}

const keptUnder = 'cockpit.invitation'
/** From the address; the tab keeps it for whoever comes back from a provider, whose way here passes other machines. */
const keptToken = (token: string): string => {
  if (token === '') return sessionStorage.getItem(keptUnder) ?? ''
  sessionStorage.setItem(keptUnder, token)
  return token
}

const Found = ({ invitation, token }: { invitation: Invitation; token: string }) => {
  const { email, isKnown } = invitation
  const me = useQuery({ ...sessionQuery(null), retry: false })
  const ways = useQuery({
    queryKey: ['invitation', 'ways', token],
    queryFn: () => apiFor(null).auth.resolve({ body: { email, invitation: token } }),
    retry: false,
  })
  const own = (ways.data?.sso ?? []).filter(({ accountId }) => accountId !== null)
  const common = (ways.data?.sso ?? []).filter(({ accountId }) => accountId === null)
  const isHere = me.data?.principal.email === email
  return (
    <>
      <p>{t.about(invitation.invitedBy, roleName(invitation.role))}</p>
      {/* the account's own provider makes its people members; that of the installation only says who they are */}
      {!isHere && own.length > 0 && <SsoButtons email={email} next={undefined} offers={own} />}
      {!isHere && isKnown && common.length > 0 && <SsoButtons email={email} next="/invite" offers={common} />}
      {isKnown ? (
        <JoinKnown invitation={invitation} token={token} />
      ) : (
        ways.data?.password !== false && <JoinNew invitation={invitation} token={token} />
      )}
    </>
  )
}

const useEnter = () => {
  const { navigate } = useNavigation()
  const client = useQueryClient()
  return (accountId: string) => {
    sessionStorage.removeItem(keptUnder)
    sessionStarted()
    client.clear()
    navigate(`/a/${accountId}`)
  }
}

const JoinNew = ({ invitation, token }: { invitation: Invitation; token: string }) => {
  const enter = useEnter()
  const rules = usePasswordRules('anybody')
  const form = useForm({
    initial: { name: '', password: '' },
    check: ({ name, password }) => ({
      ...(name.trim() ? {} : { name: t.required }),
      ...(password ? {} : { password: t.required }),
    }),
    submit: async ({ name, password }) => {
      const { accountId, email } = await apiFor(null).invitations.accept({
        body: { token, name: name.trim(), password },
      })
      await apiFor(null).identity.signIn({ body: { email, password } })
      enter(accountId)
    },
  })
  return (
    <FormBody form={form} submitLabel={t.submit} wide>
      <TextField label={t.email} value={invitation.email} onChange={() => {}} readOnly autoComplete="username" />
      <TextField label={t.name} required autoFocus autoComplete="name" {...form.field('name')} />
      <PasswordField label={t.password} required autoComplete="new-password" {...form.field('password')} />
      <PasswordChecks
        password={form.values.password}
        rules={rules}
        personal={personalWords([form.values.name, invitation.email, invitation.accountName])}
      />
    </FormBody>
  )
}

const JoinKnown = ({ invitation, token }: { invitation: Invitation; token: string }) => {
  const enter = useEnter()
  const [failure, setFailure] = useState<unknown>(null)
  const me = useQuery({ ...sessionQuery(null), retry: false })
  const own = me.data?.principal.email
  // what they sign in with may be known to others, so they choose a password before they are in
  const signedIn = () => (invitation.needsPassword ? me.refetch() : join())
  const join = async () => {
    setFailure(null)
    try {
      enter((await apiFor(null).invitations.join({ body: { token } })).accountId)
    } catch (error) {
      setFailure(error)
    }
  }
  return (
    <Stack>
      {own !== invitation.email && <p>{own ? t.others(invitation.email, own) : t.known(invitation.email)}</p>}
      <ProblemAlert error={failure} />
      {own === invitation.email && invitation.needsPassword ? (
        <JoinRenewed email={invitation.email} token={token} />
      ) : own === invitation.email ? (
        <Row>
          <Button kind="primary" onClick={() => void join()}>
            {t.submit}
          </Button>
        </Row>
      ) : (
        <SignInForm email={invitation.email} onSignedIn={() => void signedIn()} />
      )}
    </Stack>
  )
}

const JoinRenewed = ({ email, token }: { email: string; token: string }) => {
  const enter = useEnter()
  const form = useForm({
    initial: { password: '' },
    check: ({ password }) => (password ? {} : { password: t.required }),
    submit: async ({ password }) => {
      enter((await apiFor(null).invitations.join({ body: { token, password } })).accountId)
    },
  })
  return (
    <FormBody form={form} submitLabel={t.submit} wide>
      <p>{t.renew}</p>
      <TextField label={t.email} value={email} onChange={() => {}} readOnly autoComplete="username" />
      <PasswordField label={t.newPassword} required autoFocus autoComplete="new-password" {...form.field('password')} />
    </FormBody>
  )
}
