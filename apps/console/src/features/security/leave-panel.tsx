import { Button, ConfirmDialog, Panel, useNavigation } from '@cockpit/ui'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

/** The way out of the account the reader is in. */
export const LeavePanel = () => {
  const { api, me, accountId } = useScope()
  const { navigate } = useNavigation()
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const account = me.accounts.find(({ id }) => id === accountId)
  // whoever administers the platform is in every account without belonging to it
  if (!account || me.isPlatform || me.impersonation) return null
  const leave = async () => {
    await api.users.leave()
    client.clear()
    navigate('/')
  }
  return (
    <Panel title={t.leave} actions={<Button onClick={() => setAsking(true)}>{t.leave}</Button>}>
      <p className="ck-flat">{t.leaveAbout(account.name)}</p>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t.leaveTitle(account.name)}
        confirmLabel={t.leave}
        onConfirm={leave}
      >
        {t.leaveText}
      </ConfirmDialog>
    </Panel>
  )
}
