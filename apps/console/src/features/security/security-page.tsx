import type { OwnSecurity } from '@cockpit/contract/mfa'
import { Button, Columns, Loaded, Page, Panel, Stack, StatusBadge } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { PasswordModal } from '../session/password-modal.tsx'
import { EventsPanel } from './events-panel.tsx'
import { FactorsPanel } from './factors-panel.tsx'
import { LeavePanel } from './leave-panel.tsx'
import { PasskeysPanel } from './passkeys-panel.tsx'
import { RecoveryModal } from './recovery-modal.tsx'
import { SessionsPanel } from './sessions-panel.tsx'
import { t } from './strings.ts'

/** How the reader signs in, and where they are signed in. */
export const SecurityPage = () => {
  const load = useLoad(['own-security'], (api, signal) => api.mfa.own({}, { signal }))
  const refresh = useRefresh()
  const [codes, setCodes] = useState<string[] | null>(null)
  const changed = async (fresh: string[] | null = null) => {
    setCodes(fresh)
    await refresh('own-security')
  }
  return (
    <Page title={t.title} description={t.about}>
      <Stack>
        <Loaded {...load}>
          {(own) => (
            <Stack>
              <Columns minWidth={320}>
                <PasswordPanel own={own} />
                <FactorsPanel own={own} onChanged={changed} />
              </Columns>
              <PasskeysPanel passkeys={own.passkeys} onChanged={changed} />
            </Stack>
          )}
        </Loaded>
        <SessionsPanel />
        <EventsPanel />
        <LeavePanel />
      </Stack>
      <RecoveryModal codes={codes} onClose={() => setCodes(null)} />
    </Page>
  )
}

const PasswordPanel = ({ own }: { own: OwnSecurity }) => {
  const [open, setOpen] = useState(false)
  return (
    <Panel title={t.password} actions={own.hasPassword && <Button onClick={() => setOpen(true)}>{t.change}</Button>}>
      {own.hasPassword ? <StatusBadge status="active" label={t.passwordSet} /> : <p>{t.passwordNone}</p>}
      <PasswordModal opened={open} onClose={() => setOpen(false)} />
    </Panel>
  )
}
