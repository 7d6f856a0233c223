import type { ChainFault, VerificationStep } from '@cockpit/contract/audit'
import {
  Alert,
  Button,
  type Column,
  formatCount,
  IconCheck,
  ProblemAlert,
  Stack,
  Table,
  Text,
  Waiting,
} from '@cockpit/ui'
import { useEffect, useRef, useState } from 'react'
import { useScope } from '../../app/scope.tsx'
import { faultText, t } from './strings.ts'

type State = { step: VerificationStep | null; running: boolean; error: unknown }

/** Walks every event on the server and tells how far it is. */
const useVerification = () => {
  const { api } = useScope()
  const stop = useRef<AbortController | null>(null)
  const [state, setState] = useState<State>({ step: null, running: false, error: null })
  useEffect(() => () => stop.current?.abort(), [])
  const start = async () => {
    const abort = new AbortController()
    stop.current = abort
    setState({ step: null, running: true, error: null })
    try {
      for await (const step of api.audit.verification({}, { signal: abort.signal }))
        setState({ step, running: true, error: null })
      setState((last) => ({ ...last, running: false }))
    } catch (error) {
      setState({ step: null, running: false, error: abort.signal.aborted ? null : error })
    }
  }
  return { ...state, start, cancel: () => stop.current?.abort() }
}

export const Verification = () => {
  const { step, running, error, start, cancel } = useVerification()
  const verdict = step?.verdict ?? null
  if (running)
    return (
      <Waiting
        title={t.verifying}
        text={step ? t.progress(formatCount(step.checked), formatCount(step.total)) : t.starting}
        action={<Button onClick={cancel}>{t.cancel}</Button>}
      />
    )
  return (
    <Stack gap={12}>
      <div>
        <Button kind="primary" icon={<IconCheck size={14} />} onClick={() => void start()}>
          {t.verify}
        </Button>
      </div>
      {error !== null && <ProblemAlert error={error} />}
      {verdict?.unproven && (
        <Alert tone="amber" title={t.unproven}>
          {verdict.unproven}
        </Alert>
      )}
      {verdict && verdict.faultCount === 0 && verdict.unproven === null && (
        <Alert tone="green" title={t.verified}>
          {t.verifiedText(formatCount(verdict.events), formatCount(verdict.checkpoints))}
        </Alert>
      )}
      {verdict && verdict.faultCount > 0 && (
        <Stack gap={12}>
          <Alert tone="red" title={t.broken(formatCount(verdict.faultCount))}>
            {verdict.unproven ? t.brokenUnprovenText : t.brokenText}
          </Alert>
          <Table label={t.faults} rows={verdict.faults} rowId={faultId} columns={faultColumns} />
        </Stack>
      )}
    </Stack>
  )
}

const faultId = ({ accountId, seq, kind, detail }: ChainFault) => `${accountId} ${seq} ${kind} ${detail}`

const faultColumns: Column<ChainFault>[] = [
  { key: 'kind', header: t.fault, value: ({ kind }) => faultText[kind], primary: true },
  { key: 'seq', header: t.place, value: ({ seq }) => seq, numeric: true },
  {
    key: 'account',
    header: t.account,
    value: ({ accountId }) => accountId,
    render: ({ accountId }) => <Text mono>{accountId}</Text>,
  },
  { key: 'detail', header: t.detail, value: ({ detail }) => detail },
]
