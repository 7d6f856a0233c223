import type { User } from '@cockpit/contract/directory'
import { Button, ConfirmDialog, IconBan, IconPlayerPlay, IconTrash, toast, useNavigation } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { ResetPassword } from './reset-password.tsx'
import { keysText, t } from './strings.ts'

const words = messages('userActs', {
  suspendTitle: (name: string) => `Suspend ${name}?`,
  activateTitle: (name: string) => `Activate ${name}?`,
  removeTitle: (name: string) => `Remove ${name} from this account?`,
  removeSubmit: 'Remove person',
  noSignIn: 'They can no longer work in this account.',
  noKeys: 'No active keys.',
  keysStop: (keys: string) => `${keys} stop within a second.`,
  kept: 'Teams, limits, keys and history stay; activating brings everything back.',
  worksAgain: 'They can work in this account again, and their keys work within a second.',
  revoked: (keys: string) => `${keys} are revoked for good.`,
  teams: 'They leave all teams.',
  history: 'Their requests and events stay in the log. Other accounts of this person are not touched.',
  removed: (name: string) => `${name} removed.`,
})

const suspendEffect = ({ keys }: User): string => (keys === 0 ? words.noKeys : words.keysStop(keysText(keys)))
const removeEffect = ({ keys }: User): string => (keys === 0 ? words.noKeys : words.revoked(keysText(keys)))

/** Suspend, activate, remove: each says what it does to whom before. */
export const UserActs = ({ user }: { user: User }) => {
  const { api, href, can } = useScope()
  const refresh = useRefresh()
  const { navigate } = useNavigation()
  const [asking, setAsking] = useState<'status' | 'remove' | null>(null)
  if (!can('directory.write')) return null
  const active = user.status === 'active'
  const params = { id: user.id }
  const changeStatus = async () => {
    await api.users.update({ params, body: { status: active ? 'suspended' : 'active' } })
    await refresh('users', 'owners')
    toast.success(t.saved)
  }
  const remove = async () => {
    await api.users.remove({ params })
    toast.success(words.removed(user.name))
    navigate(href('people'))
    await refresh('users', 'teams', 'keys', 'owners')
  }
  return (
    <>
      <ResetPassword user={user} />
      <Button icon={active ? <IconBan size={14} /> : <IconPlayerPlay size={14} />} onClick={() => setAsking('status')}>
        {active ? t.suspend : t.activate}
      </Button>
      <Button icon={<IconTrash size={14} />} onClick={() => setAsking('remove')}>
        {t.remove}
      </Button>
      <ConfirmDialog
        opened={asking === 'status'}
        onClose={() => setAsking(null)}
        title={(active ? words.suspendTitle : words.activateTitle)(user.name)}
        effects={active ? [words.noSignIn, suspendEffect(user), words.kept] : [words.worksAgain]}
        confirmLabel={active ? t.suspend : t.activate}
        danger={active}
        onConfirm={changeStatus}
      />
      <ConfirmDialog
        opened={asking === 'remove'}
        onClose={() => setAsking(null)}
        title={words.removeTitle(user.name)}
        effects={[words.noSignIn, removeEffect(user), words.teams, words.history]}
        typeName={user.name}
        confirmLabel={words.removeSubmit}
        onConfirm={remove}
      />
    </>
  )
}
