import type { Account } from '@cockpit/contract/accounts'
import type { ZitadelRun } from '@cockpit/contract/zitadel-shapes'
import { Alert, Button, EmptyState, Loaded, Panel, ProblemAlert, Prose, Row, Stack, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { ConfigForm } from './config-form.tsx'
import { DriftPanel } from './drift-panel.tsx'
import { RunPanel } from './run-panel.tsx'
import { StepsTable } from './steps-table.tsx'
import { t } from './strings.ts'
import { Unresolved } from './unresolved.tsx'

/** Everything of one account in Zitadel: the plan, the last run as it works, drift, and the configuration. */
export const ZitadelTab = ({ account: { id } }: { account: Account }) => {
  const params = { id }
  const plan = useLoad(['zitadel', 'plan', id], (api, signal) => api.zitadel.plan({ params }, { signal }))
  const runs = useLoad(['zitadel', 'runs', id], (api, signal) =>
    api.zitadel.runs({ params, query: { limit: 1 } }, { signal }),
  )
  const [dryRun, setDryRun] = useState<ZitadelRun | null>(null)
  const shown = dryRun ?? runs.data?.items[0]
  const unresolved = plan.data?.unresolvedAdmins ?? []
  return (
    <Stack gap={24}>
      <Row justify="between" align="start">
        <Prose muted>{t.about}</Prose>
        <Acts accountId={id} onDryRun={setDryRun} blocked={plan.data?.steps === null} />
      </Row>
      <Loaded {...plan}>
        {({ steps, problem }) =>
          steps === null ? (
            <Alert tone="amber" title={t.cannotAsk}>
              {problem}
            </Alert>
          ) : (
            <Panel title={t.plan} description={t.planAbout} flush>
              <StepsTable label={t.plan} steps={steps} />
            </Panel>
          )
        }
      </Loaded>
      {unresolved.length > 0 && <Unresolved accountId={id} admins={unresolved} />}
      {shown ? <RunPanel accountId={id} run={shown} /> : runs.data && <EmptyState title={t.noRun} text={t.noRunText} />}
      {plan.data?.steps && <DriftPanel accountId={id} />}
      {plan.data && (
        <Panel title={t.config} description={t.configAbout}>
          <ConfigForm key={plan.data.zitadelConfig.updatedAt} accountId={id} config={plan.data.zitadelConfig} />
        </Panel>
      )}
    </Stack>
  )
}

type ActsProps = { accountId: string; blocked: boolean; onDryRun: (run: ZitadelRun | null) => void }

const Acts = ({ accountId, blocked, onDryRun }: ActsProps) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const [state, setState] = useState<{ busy: 'dry' | 'run' | null; error: unknown }>({ busy: null, error: null })
  if (!can('identity.write')) return null
  const start = async (dryRun: boolean) => {
    setState({ busy: dryRun ? 'dry' : 'run', error: null })
    try {
      const params = { id: accountId }
      const run = await api.zitadel.bootstrap({ params, query: { wait: 'false' }, body: { dryRun } })
      onDryRun(dryRun ? run : null)
      if (!dryRun) toast.success(t.started)
      await refresh('zitadel')
      setState({ busy: null, error: null })
    } catch (error) {
      setState({ busy: null, error })
    }
  }
  return (
    <Stack gap={8}>
      <Row justify="end">
        <Button disabled={blocked} loading={state.busy === 'dry'} onClick={() => void start(true)}>
          {t.dryRun}
        </Button>
        <Button kind="primary" disabled={blocked} loading={state.busy === 'run'} onClick={() => void start(false)}>
          {t.provision}
        </Button>
      </Row>
      <ProblemAlert error={state.error} />
    </Stack>
  )
}
