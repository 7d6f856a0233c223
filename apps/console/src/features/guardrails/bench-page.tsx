import type { GuardrailDirection } from '@cockpit/contract/guardrail-checks'
import type { Guardrail } from '@cockpit/contract/guardrails'
import {
  Button,
  Columns,
  EmptyState,
  FileField,
  IconShieldCheck,
  Loaded,
  Page,
  Panel,
  ProblemAlert,
  Row,
  Select,
  Stack,
  Textarea,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { BatchResult, type Report, SingleResult } from './bench-result.tsx'
import { type Case, casesIn } from './cases.ts'
import { directionLabels, guardText, optionsOf } from './strings.ts'
import { useGuardrailTabs } from './tabs.ts'

const t = messages('guardrailBench', {
  about: 'Try a guardrail on texts, by the code that looks at requests. Nothing of them is kept.',
  ask: 'Text',
  result: 'Result',
  which: 'Guardrail',
  direction: 'As if it were',
  text: 'Text to try',
  run: 'Try it',
  batch: 'Cases from a file',
  batchHelp:
    'JSON lines or CSV with the columns text, direction and expected (found or clean). At most 500 cases; with “expected” the bench counts precision and recall.',
  waiting: 'Choose a guardrail, write a text and try it.',
  none: 'No guardrail to try',
  noneText: 'Add a guardrail first; it may be disabled while you try it.',
})

const casesMax = 500

export const BenchPage = () => {
  const load = useLoad(['guardrails', 'list'], (api, signal) => api.guardrails.list({}, { signal }))
  return (
    <Page title={guardText.title} description={t.about} tabs={useGuardrailTabs()}>
      <Loaded {...load}>{({ items }) => (items.length === 0 ? <Nothing /> : <Bench guardrails={items} />)}</Loaded>
    </Page>
  )
}

const Nothing = () => {
  const { can, href } = useScope()
  return (
    <EmptyState
      icon={<IconShieldCheck size={28} stroke={1.5} />}
      title={t.none}
      text={t.noneText}
      action={
        can('guardrail.write') && (
          <Button kind="primary" href={href('guardrails/new')}>
            {guardText.add}
          </Button>
        )
      }
    />
  )
}

type State = {
  busy: boolean
  report?: Report
  cases?: readonly Case[]
  batch?: boolean
  error?: unknown
  wrong?: string
}

const Bench = ({ guardrails }: { guardrails: readonly Guardrail[] }) => {
  const { api } = useScope()
  const { search, setSearch } = useSearchState()
  const chosen = guardrails.find(({ id }) => id === search.guardrail) ?? guardrails[0]
  const direction = (search.direction as GuardrailDirection | undefined) ?? 'input'
  const [text, setText] = useState('')
  const [state, setState] = useState<State>({ busy: false })
  if (!chosen) return null
  const run = async (cases: readonly Case[], batch: boolean) => {
    setState({ busy: true })
    try {
      const { checks, onFailure } = chosen
      const report = await api.guardrails.test({ body: { checks, onFailure, cases: [...cases] } })
      setState({ busy: false, report, cases, batch })
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  const runFile = (content: string) => {
    const cases = casesIn(content)
    if (typeof cases === 'string') setState({ busy: false, wrong: cases })
    else void run(cases.slice(0, casesMax), true)
  }
  return (
    <Columns minWidth={340}>
      <Panel title={t.ask}>
        <Stack>
          <Select
            label={t.which}
            value={chosen.id}
            options={guardrails.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(guardrail) => setSearch({ guardrail: guardrail ?? undefined })}
          />
          <Select
            label={t.direction}
            value={direction}
            options={optionsOf(directionLabels)}
            onChange={(next) => setSearch({ direction: next ?? undefined })}
          />
          <Textarea label={t.text} rows={8} value={text} onChange={setText} />
          <Row>
            <Button
              kind="primary"
              loading={state.busy}
              disabled={text === ''}
              onClick={() => void run([{ text, direction }], false)}
            >
              {t.run}
            </Button>
          </Row>
          <FileField label={t.batch} help={t.batchHelp} accept=".csv,.jsonl,.ndjson,text/csv" onText={runFile} />
        </Stack>
      </Panel>
      <Panel title={t.result}>
        <Outcome state={state} />
      </Panel>
    </Columns>
  )
}

const Outcome = ({ state: { report, cases, batch, error, wrong } }: { state: State }) => {
  if (error !== undefined) return <ProblemAlert error={error} />
  if (wrong) return <span className="ck-ink-red">{wrong}</span>
  if (!report || !cases) return <span className="ck-muted">{t.waiting}</span>
  return batch ? (
    <BatchResult report={report} cases={cases} />
  ) : (
    <SingleResult report={report} text={cases[0]?.text ?? ''} />
  )
}
