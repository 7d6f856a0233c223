import type { GuardrailPreview } from '@cockpit/contract/guardrails'
import {
  Alert,
  Badge,
  Button,
  IdText,
  Link,
  Panel,
  ProblemAlert,
  RelativeTime,
  Row,
  Stack,
  Stat,
  StatRow,
  Table,
} from '@cockpit/ui'
import { useState } from 'react'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { foundInWords, guardText } from './strings.ts'
import { type GuardrailValues, guardrailInput, missingGuardrail } from './values.ts'

const t = messages('guardrailPreview', {
  title: 'What it would have done',
  about: 'The last 200 requests whose texts the account keeps, looked at by these checks.',
  run: 'Look at kept requests',
  looked: 'Looked at',
  changed: 'Masked',
  blocked: 'Blocked',
  noticed: 'Flagged or logged',
  notKept: 'This account keeps no texts, so there is nothing to look at. The test bench takes texts of yours.',
  nothing: 'None of them would have been touched.',
  outcome: 'Outcome',
})
const tones = { blocked: 'red', changed: 'amber', noticed: 'blue' } as const
const labels = { blocked: t.blocked, changed: t.changed, noticed: t.noticed } as const

type State = { busy: boolean; result?: GuardrailPreview; error?: unknown }

/** A dry run over kept requests, before anything is saved. */
export const Preview = ({ values }: { values: GuardrailValues }) => {
  const { api } = useScope()
  const [state, setState] = useState<State>({ busy: false })
  const ready = Object.keys(missingGuardrail({ ...values, name: '-' })).length === 0
  const run = async () => {
    setState({ busy: true })
    try {
      const { checks, onFailure, scope } = guardrailInput(values)
      setState({ busy: false, result: await api.guardrails.preview({ body: { checks, onFailure, scope } }) })
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <Panel
      title={t.title}
      description={t.about}
      actions={
        <Button loading={state.busy} disabled={!ready} onClick={() => void run()}>
          {t.run}
        </Button>
      }
    >
      {state.error !== undefined && <ProblemAlert error={state.error} />}
      {state.result && <Result result={state.result} />}
    </Panel>
  )
}

const Result = ({ result }: { result: GuardrailPreview }) => {
  const { href } = useScope()
  if (result.looked === 0 && !result.contentKept) return <Alert>{t.notKept}</Alert>
  return (
    <Stack>
      <StatRow>
        <Stat label={t.looked} value={result.looked} />
        <Stat label={t.blocked} value={result.blocked} />
        <Stat label={t.changed} value={result.changed} />
        <Stat label={t.noticed} value={result.noticed} />
      </StatRow>
      {result.requests.length === 0 ? (
        <span className="ck-muted">{t.nothing}</span>
      ) : (
        <Table
          label={t.title}
          rows={result.requests}
          rowId={(row) => row.id}
          columns={[
            {
              key: 'at',
              header: guardText.when,
              value: (row) => row.at,
              render: (row) => <RelativeTime at={row.at} />,
            },
            {
              key: 'outcome',
              header: t.outcome,
              value: (row) => row.outcome,
              render: (row) => <Badge tone={tones[row.outcome]}>{labels[row.outcome]}</Badge>,
            },
            {
              key: 'found',
              header: guardText.found,
              value: (row) => row.verdicts.map(({ found }) => foundInWords(found)).join('; '),
            },
            {
              key: 'request',
              header: guardText.request,
              value: (row) => row.id,
              render: (row) => (
                <Row>
                  <Link href={href(`requests/${row.id}`)}>
                    <IdText id={row.id} />
                  </Link>
                </Row>
              ),
            },
          ]}
        />
      )}
    </Stack>
  )
}
