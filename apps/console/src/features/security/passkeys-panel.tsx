import type { Passkey } from '@cockpit/contract/mfa'
import { Button, ConfirmDialog, Panel, RelativeTime, Row, Table } from '@cockpit/ui'
import { useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { passkeysWork } from '../../app/passkeys.ts'
import { NewPasskey, RenamePasskey } from './passkey-modals.tsx'
import { t } from './strings.ts'

type Props = { passkeys: readonly Passkey[]; onChanged: (recoveryCodes?: string[] | null) => Promise<void> }
type Open = { what: 'new' } | { what: 'rename' | 'remove'; passkey: Passkey } | null

export const PasskeysPanel = ({ passkeys, onChanged }: Props) => {
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  return (
    <Panel
      title={t.passkeys}
      description={passkeysWork() ? t.passkeysAbout : t.unsupported}
      flush={passkeys.length > 0}
      actions={passkeysWork() && <Button onClick={() => setOpen({ what: 'new' })}>{t.addPasskey}</Button>}
    >
      {passkeys.length === 0 ? (
        <p className="ck-muted">{t.noPasskeys}</p>
      ) : (
        <PasskeyTable passkeys={passkeys} onOpen={setOpen} />
      )}
      <NewPasskey
        opened={open?.what === 'new'}
        onClose={close}
        onDone={async (codes) => {
          close()
          await onChanged(codes)
        }}
      />
      {open?.what === 'rename' && (
        <RenamePasskey passkey={open.passkey} onClose={close} onSaved={() => void onChanged()} />
      )}
      {open?.what === 'remove' && (
        <ConfirmDialog
          opened
          onClose={close}
          title={t.removePasskey(open.passkey.name)}
          confirmLabel={t.remove}
          onConfirm={async () => {
            await apiFor(null).mfa.removePasskey({ params: { id: open.passkey.id } })
            await onChanged()
          }}
        >
          {t.removePasskeyText}
        </ConfirmDialog>
      )}
    </Panel>
  )
}

const PasskeyTable = ({ passkeys, onOpen }: { passkeys: readonly Passkey[]; onOpen: (open: Open) => void }) => (
  <Table
    label={t.passkeys}
    rows={passkeys}
    rowId={({ id }: Passkey) => id}
    columns={[
      { key: 'name', header: t.passkeyName, value: ({ name }: Passkey) => name },
      { key: 'where', header: t.device, value: ({ synced }: Passkey) => (synced ? t.synced : t.single) },
      {
        key: 'added',
        header: t.added,
        value: ({ createdAt }: Passkey) => createdAt,
        render: ({ createdAt }: Passkey) => <RelativeTime at={createdAt} />,
      },
      {
        key: 'used',
        header: t.lastUsed,
        value: ({ lastUsedAt }: Passkey) => lastUsedAt,
        render: ({ lastUsedAt }: Passkey) => (lastUsedAt ? <RelativeTime at={lastUsedAt} /> : t.never),
      },
    ]}
    rowActions={(passkey: Passkey) => (
      <Row wrap={false}>
        <Button kind="quiet" onClick={() => onOpen({ what: 'rename', passkey })}>
          {t.rename}
        </Button>
        <Button kind="quiet" onClick={() => onOpen({ what: 'remove', passkey })}>
          {t.remove}
        </Button>
      </Row>
    )}
  />
)
