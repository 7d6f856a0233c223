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
  const config = plan.data?.zitadelConfig
  const [dryRun, setDryRun] = useState<DryRun | null>(null)
  // of another configuration it says nothing any more
  const shown = dryRun && dryRun.of === config?.updatedAt ? dryRun.run : runs.data?.items[0]
  const unresolved = plan.data?.unresolvedAdmins ?? []
  const configuration = config && (
    <Panel title={t.config} description={t.configAbout}>
      <ConfigForm key={config.updatedAt} accountId={id} config={config} />
    </Panel>
  )
  // whoever begins here has this to do first
  const isFirst = plan.data?.steps === null && config?.updatedAt === null
  return (
    <Stack gap={24}>
      <Row justify="between" align="start">
        <Prose muted>{t.about}</Prose>
        <Acts
          accountId={id}
          onDryRun={(run) => setDryRun(run && { run, of: config?.updatedAt ?? null })}
          blocked={!plan.data?.steps}
        />
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
      {isFirst && configuration}
      {unresolved.length > 0 && <Unresolved accountId={id} admins={unresolved} />}
      {shown ? <RunPanel accountId={id} run={shown} /> : runs.data && <EmptyState title={t.noRun} text={t.noRunText} />}
      {plan.data?.steps && <DriftPanel accountId={id} />}
      {!isFirst && configuration}
    </Stack>
  )
}

/** What a run would do, and the configuration that it goes by. */
type DryRun = { run: ZitadelRun; of: string | null }
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
      if (!dryRun) {
        toast.success(t.started)
        await refresh('zitadel')
      }
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
