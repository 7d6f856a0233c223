import type { ZitadelRun } from '@cockpit/contract/zitadel-shapes'
import { Alert, Button, Panel, ProblemAlert, RelativeTime, Row, Stack, StatusBadge, Text } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { StepsTable } from './steps-table.tsx'
import { t, wordOf } from './strings.ts'
import { useRun } from './use-run.ts'

const tones: Record<ZitadelRun['status'], 'neutral' | 'blue' | 'green' | 'amber'> = {
  dry_run: 'neutral',
  queued: 'neutral',
  running: 'blue',
  succeeded: 'green',
  incomplete: 'amber',
}

/** The newest run, step by step while it works; what failed can be done again. */
export const RunPanel = ({ accountId, run }: { accountId: string; run: ZitadelRun }) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>(null)
  const state = useRun(accountId, run, () => void refresh('zitadel'))
  const title = state.id === null ? t.dryRun : t.run
  const resume = async () => {
    if (state.id === null) return
    setBusy(true)
    try {
      await api.zitadel.resumeRun({ params: { id: accountId, runId: state.id }, query: { wait: 'false' } })
      await refresh('zitadel')
      setFailed(null)
    } catch (error) {
      setFailed(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Stack gap={12}>
      <ProblemAlert error={failed} />
      <Failed run={state} />
      <Panel
        title={title}
        description={state.id === null ? t.dryRunDone : t.by(state.createdBy)}
        flush
        actions={
          <Row>
            <StatusBadge status={state.status} tone={tones[state.status]} label={wordOf(state.status)} />
            <Text muted size="xs">
              <RelativeTime at={state.createdAt} />
            </Text>
            {state.status === 'incomplete' && can('identity.write') && (
              <Button loading={busy} onClick={() => void resume()}>
                {t.resume}
              </Button>
            )}
          </Row>
        }
      >
        <StepsTable label={title} steps={state.steps} />
      </Panel>
    </Stack>
  )
}

/** What did not work, in full: a cell of the table has no room for it. */
const Failed = ({ run: { steps } }: { run: ZitadelRun }) => {
  const failed = steps.filter(({ status }) => status === 'failed' || status === 'conflict')
  if (failed.length === 0) return null
  return (
    <Alert tone="amber" title={t.failedSteps}>
      <ul className="ck-effects">
        {failed.map(({ key, target, message }) => (
          <li key={key}>
            <strong>{target}</strong> {message}
          </li>
        ))}
      </ul>
    </Alert>
  )
}
