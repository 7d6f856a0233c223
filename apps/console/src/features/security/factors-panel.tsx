import type { OwnSecurity } from '@cockpit/contract/mfa'
import { Button, ConfirmDialog, Panel, Properties, RelativeTime, Row } from '@cockpit/ui'
import { type ReactNode, useState } from 'react'
import { apiFor } from '../../app/api.ts'
import { t } from './strings.ts'
import { TotpModal } from './totp-modal.tsx'

type Props = { own: OwnSecurity; onChanged: (recoveryCodes?: string[] | null) => Promise<void> }

/** Authenticator app and recovery codes. */
export const FactorsPanel = ({ own: { totp, recoveryCodes }, onChanged }: Props) => {
  const [open, setOpen] = useState<'set-up' | 'remove' | 'renew' | null>(null)
  const close = () => setOpen(null)
  const act = (label: string, what: typeof open) => (
    <Button kind="quiet" onClick={() => setOpen(what)}>
      {label}
    </Button>
  )
  return (
    <Panel title={t.factors} description={t.factorsAbout}>
      <Properties
        items={[
          {
            label: t.app,
            value: totp
              ? beside(<LastUsed at={totp.lastUsedAt} />, act(t.remove, 'remove'))
              : beside(t.appOff, act(t.setUp, 'set-up')),
          },
          {
            label: t.recovery,
            value: recoveryCodes ? beside(t.left(recoveryCodes.left), act(t.renew, 'renew')) : t.noRecovery,
          },
        ]}
      />
      <TotpModal
        opened={open === 'set-up'}
        onClose={close}
        onDone={async (codes) => {
          close()
          await onChanged(codes)
        }}
      />
      <ConfirmDialog
        opened={open === 'remove'}
        onClose={close}
        title={t.removeApp}
        confirmLabel={t.remove}
        onConfirm={async () => {
          await apiFor(null).mfa.removeTotp()
          await onChanged()
        }}
      >
        {t.removeAppText}
      </ConfirmDialog>
      <ConfirmDialog
        opened={open === 'renew'}
        onClose={close}
        title={t.renewTitle}
        confirmLabel={t.renew}
        danger={false}
        onConfirm={async () => onChanged((await apiFor(null).mfa.renewRecoveryCodes()).recoveryCodes)}
      >
        {t.renewText}
      </ConfirmDialog>
    </Panel>
  )
}

const beside = (text: ReactNode, act: ReactNode) => (
  <Row>
    <span>{text}</span>
    {act}
  </Row>
)

const LastUsed = ({ at }: { at: string | null }) => (
  <>
    {t.appOn} <span className="ck-muted">· {t.lastUsed}</span> {at ? <RelativeTime at={at} /> : t.never}
  </>
)
