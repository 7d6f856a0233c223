import type { Session } from '@cockpit/contract/identity'
import { Button, ConfirmDialog, Loaded, Panel, ProblemAlert, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { SessionTable } from './session-table.tsx'
import { t } from './strings.ts'

/** Where the reader is signed in, and the way to end it. */
export const SessionsPanel = () => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [failure, setFailure] = useState<unknown>(null)
  const [asking, setAsking] = useState(false)
  const sessions = useLoad(['own-sessions'], (from, signal) => from.identity.sessions({}, { signal }))
  const end = async ({ id }: Session) => {
    setFailure(null)
    await api.identity.endSession({ params: { id } }).catch(setFailure)
    await refresh('own-sessions')
  }
  const endOthers = async () => {
    const { ended } = await api.identity.endOtherSessions()
    toast.success(t.ended(ended))
    await refresh('own-sessions')
  }
  return (
    <Panel
      title={t.sessions}
      description={t.sessionsAbout}
      flush
      actions={(sessions.data?.items.length ?? 0) > 1 && <Button onClick={() => setAsking(true)}>{t.endOthers}</Button>}
    >
      <ProblemAlert error={failure} />
      <Loaded {...sessions}>{({ items }) => <SessionTable sessions={items} onEnd={end} />}</Loaded>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t.endOthersTitle}
        confirmLabel={t.endOthers}
        onConfirm={endOthers}
      >
        {t.endOthersText((sessions.data?.items.length ?? 1) - 1)}
      </ConfirmDialog>
    </Panel>
  )
}
