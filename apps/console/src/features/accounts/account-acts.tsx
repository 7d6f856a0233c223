import type { Account } from '@cockpit/contract/accounts'
import { Button, ConfirmDialog, IconBan, IconExternalLink, IconPlayerPlay, IconTrash, Menu, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { DeleteAccount } from './delete-account.tsx'
import { t } from './strings.ts'

/** What can be done to a whole account: open, suspend or activate, delete. */
export const AccountActs = ({ account }: { account: Account }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const [asking, setAsking] = useState<'status' | 'delete' | null>(null)
  const suspends = account.status === 'active'
  const effects = (suspends ? t.suspendEffects : t.activateEffects)(
    t.keysCount(account.keys),
    t.usersCount(account.users),
  )
  const change = async () => {
    await api.accounts.setStatus({
      params: { id: account.id },
      body: { status: suspends ? 'suspended' : 'active' },
    })
    await refresh('accounts', 'session')
    toast.success(t.done)
  }
  const items = [
    ...(can('account.write')
      ? [
          suspends
            ? { label: t.suspend, icon: <IconBan size={14} />, onClick: () => setAsking('status') }
            : { label: t.activate, icon: <IconPlayerPlay size={14} />, onClick: () => setAsking('status') },
        ]
      : []),
    ...(can('account.delete')
      ? [{ label: t.remove, icon: <IconTrash size={14} />, danger: true, onClick: () => setAsking('delete') }]
      : []),
  ]
  return (
    <>
      <Button icon={<IconExternalLink size={14} />} href={`/a/${account.id}/overview`}>
        {t.open}
      </Button>
      {items.length > 0 && <Menu items={items} />}
      <ConfirmDialog
        opened={asking === 'status'}
        onClose={() => setAsking(null)}
        title={(suspends ? t.suspendTitle : t.activateTitle)(account.name)}
        effects={effects}
        confirmLabel={suspends ? t.suspend : t.activate}
        danger={suspends}
        onConfirm={change}
      />
      <DeleteAccount account={account} opened={asking === 'delete'} onClose={() => setAsking(null)} />
    </>
  )
}
