import type { User } from '@cockpit/contract/directory'
import type { Session } from '@cockpit/contract/identity'
import {
  Button,
  ConfirmDialog,
  EmptyState,
  IconDeviceDesktop,
  Loaded,
  Panel,
  ProblemAlert,
  Stack,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { SessionTable } from '../security/session-table.tsx'
import { UserFailures, UserLock } from './user-failures.tsx'

const t = messages('userSessions', {
  title: 'Sessions',
  about:
    'Where this person is signed in; of somebody who belongs to other accounts too, only what reaches no other. Each look at this page stands in the audit log.',
  none: 'No sessions to show',
  noneText: 'This person has no open session, or it reaches another account as well.',
  endAll: 'End all',
  endAllTitle: (name: string) => `End all sessions of ${name}?`,
  endAllEffect: (count: number) =>
    count === 1 ? 'The one session listed here ends.' : `All ${count} sessions listed here end.`,
  tokensEffect:
    'If they belong to this account alone, tokens that an identity provider gave them until now open nothing any more.',
  keysStay: 'Virtual keys go on working.',
  ended: (count: number) => (count === 1 ? 'One session ended.' : `${count} sessions ended.`),
  factors: 'Second factors',
  factorsAbout: 'Authenticator app, passkeys and recovery codes. Only their owner sees and changes them.',
  inUse: 'In use',
  unused: 'None',
  reset: 'Reset second factors',
  resetTitle: (name: string) => `Remove the second factors of ${name}?`,
  passwordOnly: 'Their password alone signs them in, until they add a second factor again.',
  passkeysGone: 'Their passkeys and recovery codes stop working for good.',
  whoAsks: 'Make sure that it is they who ask: whoever lost a phone may not be the one who writes to you.',
  resetDone: (name: string) => `${name} has no second factor now.`,
})

/** How somebody is signed in and what proves them, for those who look after the account. */
export const UserSessions = ({ user }: { user: User }) => (
  <Stack gap={24}>
    <UserLock user={user} />
    <Sessions user={user} />
    <UserFailures user={user} />
    <Factors user={user} />
  </Stack>
)

const Sessions = ({ user }: { user: User }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [failure, setFailure] = useState<unknown>(null)
  const [asking, setAsking] = useState(false)
  const params = { id: user.id }
  const sessions = useLoad(['user-sessions', user.id], (from, signal) => from.userSessions.list({ params }, { signal }))
  const end = async ({ id }: Session) => {
    setFailure(null)
    await api.userSessions.end({ params: { ...params, sessionId: id } }).catch(setFailure)
    await refresh('user-sessions')
  }
  const endAll = async () => {
    const { ended } = await api.userSessions.endAll({ params })
    toast.success(t.ended(ended))
    await refresh('user-sessions')
  }
  return (
    <Panel
      title={t.title}
      description={t.about}
      flush
      actions={<Button onClick={() => setAsking(true)}>{t.endAll}</Button>}
    >
      <ProblemAlert error={failure} />
      <Loaded {...sessions}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={<IconDeviceDesktop size={28} stroke={1.5} />} title={t.none} text={t.noneText} />
          ) : (
            <SessionTable sessions={items} onEnd={end} />
          )
        }
      </Loaded>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t.endAllTitle(user.name)}
        effects={[t.endAllEffect(sessions.data?.items.length ?? 0), t.tokensEffect, t.keysStay]}
        confirmLabel={t.endAll}
        onConfirm={endAll}
      />
    </Panel>
  )
}

const Factors = ({ user }: { user: User }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [asking, setAsking] = useState(false)
  const reset = async () => {
    await api.userSessions.resetFactors({ params: { id: user.id } })
    toast.success(t.resetDone(user.name))
    await refresh('users')
  }
  return (
    <Panel
      title={t.factors}
      description={t.factorsAbout}
      actions={user.secondFactor !== false && <Button onClick={() => setAsking(true)}>{t.reset}</Button>}
    >
      {user.secondFactor !== null && <p>{user.secondFactor ? t.inUse : t.unused}</p>}
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t.resetTitle(user.name)}
        effects={[t.passwordOnly, t.passkeysGone, t.whoAsks]}
        confirmLabel={t.reset}
        onConfirm={reset}
      />
    </Panel>
  )
}
