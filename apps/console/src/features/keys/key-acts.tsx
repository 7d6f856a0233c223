import type { Key } from '@cockpit/contract/keys'
import { Button, ConfirmDialog, formatRelative, IconBan, IconRotate, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { type IssuedKey, IssuedKeyModal } from './issued-key.tsx'
import { RotateModal } from './rotate-key.tsx'

const t = messages('keyActs', {
  rotate: 'Rotate',
  revoke: 'Revoke',
  revokeTitle: (name: string) => `Revoke ${name}?`,
  revokeSubmit: 'Revoke key',
  stops: 'Every program that uses it is refused within a second; running streams finish.',
  used: (when: string) => `It was last used ${when}.`,
  unused: 'It was never used.',
  gone: 'A revoked key never works again; a new one has another secret.',
  revoked: 'Key revoked.',
})

/** Rotate and revoke; nothing for a key that has ended. */
export const KeyActs = ({ apiKey }: { apiKey: Key }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [asking, setAsking] = useState<'rotate' | 'revoke' | null>(null)
  const [issued, setIssued] = useState<IssuedKey | null>(null)
  const revoke = async () => {
    await api.keys.revoke({ params: { id: apiKey.id } })
    await refresh('keys', 'users', 'service-accounts')
    toast.success(t.revoked)
  }
  return (
    <>
      {apiKey.status === 'active' && (
        <>
          <Button icon={<IconRotate size={14} />} onClick={() => setAsking('rotate')}>
            {t.rotate}
          </Button>
          <Button icon={<IconBan size={14} />} onClick={() => setAsking('revoke')}>
            {t.revoke}
          </Button>
        </>
      )}
      <RotateModal apiKey={apiKey} opened={asking === 'rotate'} onClose={() => setAsking(null)} onIssued={setIssued} />
      <IssuedKeyModal issued={issued} onClose={() => setIssued(null)} />
      <ConfirmDialog
        opened={asking === 'revoke'}
        onClose={() => setAsking(null)}
        title={t.revokeTitle(apiKey.name)}
        effects={[
          t.stops,
          apiKey.lastUsedAt ? t.used(formatRelative(apiKey.lastUsedAt, new Date())) : t.unused,
          t.gone,
        ]}
        typeName={apiKey.name}
        confirmLabel={t.revokeSubmit}
        onConfirm={revoke}
      />
    </>
  )
}
