import type { Model } from '@cockpit/contract/models'
import type { Failing, RouteOutcome } from '@cockpit/contract/routing'
import {
  Alert,
  Button,
  Columns,
  NumberField,
  Panel,
  ProblemAlert,
  Select,
  Stack,
  StatusBadge,
  Table,
} from '@cockpit/ui'
import { useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { failingLabels, optionsOf } from './route-strings.ts'

const t = messages('routeTrial', {
  title: 'What would happen',
  about: 'The order is the one gateways use now. Nothing is called and nothing is billed.',
  prompt: 'Prompt',
  tokens: 'tokens',
  fails: (name: string) => `${name} …`,
  answers: 'answers',
  run: 'Show',
  candidates: 'Candidates',
  place: 'Place',
  deployment: 'Deployment',
  why: 'Why',
  passed: 'passed over',
  answered: (by: string) => `${by} answers.`,
  refused: 'The caller gets an error.',
})

/** Picks who fails and how long the prompt is, and tells who answers and why. */
export const RouteTrialPanel = ({ model }: { model: Model }) => {
  const { api } = useScope()
  const [inputTokens, setInputTokens] = useState<number | null>(1_000)
  const [failing, setFailing] = useState<Record<string, Failing | null>>({})
  const [state, setState] = useState<{ busy: boolean; outcome?: RouteOutcome; error?: unknown }>({ busy: false })
  const show = async () => {
    setState({ busy: true })
    const failures = model.deployments.flatMap(({ connectionId, upstreamModel }, at) => {
      const how = failing[at]
      return how ? [{ connectionId, upstreamModel, with: how }] : []
    })
    try {
      const body = { inputTokens: inputTokens ?? 0, failing: failures, chance: Math.random() }
      setState({ busy: false, outcome: await api.routing.simulate({ params: { id: model.id }, body }) })
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <Panel title={t.title} description={t.about}>
      <Stack gap={12}>
        <Columns minWidth={200}>
          <NumberField label={t.prompt} unit={t.tokens} min={0} value={inputTokens} onChange={setInputTokens} />
          {model.deployments.map(({ connectionName, upstreamModel, order }, at) => (
            <Select
              key={`${order} ${upstreamModel}`}
              label={t.fails(`${at + 1}. ${connectionName}`)}
              placeholder={t.answers}
              clearable
              value={failing[at] ?? null}
              options={optionsOf(failingLabels)}
              onChange={(how) => setFailing((before) => ({ ...before, [at]: how }))}
            />
          ))}
        </Columns>
        <div>
          <Button loading={state.busy} onClick={() => void show()}>
            {t.run}
          </Button>
        </div>
        <ProblemAlert error={state.error} />
        {state.outcome && <Outcome outcome={state.outcome} />}
      </Stack>
    </Panel>
  )
}

const Outcome = ({ outcome: { candidates, steps, answeredBy } }: { outcome: RouteOutcome }) => (
  <Stack gap={12}>
    <Alert tone={answeredBy ? 'green' : 'red'}>
      {answeredBy ? t.answered(answeredBy.connection ?? answeredBy.model) : t.refused}
    </Alert>
    <Stack gap={4}>
      {steps.map(({ text, ok }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a told order without state
        <StatusBadge key={index} status={ok ? 'ok' : 'failed'} tone={ok ? 'green' : 'amber'} label={text} />
      ))}
    </Stack>
    <Table
      label={t.candidates}
      rows={candidates}
      rowId={({ connectionId, upstreamModel }) => `${connectionId} ${upstreamModel}`}
      columns={[
        { key: 'place', header: t.place, value: ({ place }) => place ?? t.passed },
        {
          key: 'deployment',
          header: t.deployment,
          value: ({ connection, upstreamModel }) => `${connection} (${upstreamModel})`,
          primary: true,
        },
        { key: 'why', header: t.why, value: ({ why }) => why },
      ]}
    />
  </Stack>
)
