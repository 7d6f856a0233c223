import type { ConnectionTest } from '@cockpit/contract/providers'
import { Alert, Button, formatCount, formatDuration, problemOf, Row, Stack } from '@cockpit/ui'
import { useEffect, useRef, useState } from 'react'
import { messages } from '../../app/i18n.ts'

const t = messages('connectionTest', {
  asking: (host: string) => `Asking ${host} for its models`,
  waited: (seconds: string, most: string) => `${seconds} s so far; gives up after ${most}.`,
  cancel: 'Cancel',
  works: 'The connection works',
  worksText: (count: string, took: string) => `Answered in ${took} and lists ${count} models.`,
  fails: 'The test failed',
  cancelled: 'Test cancelled',
  models: 'Models it lists',
  more: (count: string) => `and ${count} more`,
})

export type TestRun =
  | { state: 'idle' }
  | { state: 'running'; since: number }
  | { state: 'done'; result: ConnectionTest }
  | { state: 'failed'; error: unknown }
  | { state: 'cancelled' }

/** One live test at a time; leaving the page or pressing Cancel ends it. */
export const useTestRun = () => {
  const [run, setRun] = useState<TestRun>({ state: 'idle' })
  const current = useRef<AbortController | null>(null)
  useEffect(() => () => current.current?.abort(), [])
  const start = async (test: (signal: AbortSignal) => Promise<ConnectionTest>): Promise<ConnectionTest | null> => {
    current.current?.abort()
    const control = new AbortController()
    current.current = control
    setRun({ state: 'running', since: Date.now() })
    try {
      const result = await test(control.signal)
      setRun({ state: 'done', result })
      return result
    } catch (error) {
      setRun(control.signal.aborted ? { state: 'cancelled' } : { state: 'failed', error })
      return null
    }
  }
  return { run, start, cancel: () => current.current?.abort(), forget: () => setRun({ state: 'idle' }) }
}

/** What the test does now, or what came of it. `mostMs` is when the server gives up. */
export const TestOutcome = ({
  run,
  host,
  mostMs,
  onCancel,
}: {
  run: TestRun
  host: string
  mostMs: number
  onCancel: () => void
}) => {
  if (run.state === 'idle') return null
  if (run.state === 'running') return <Running since={run.since} host={host} mostMs={mostMs} onCancel={onCancel} />
  if (run.state === 'cancelled') return <Alert tone="amber" title={t.cancelled} />
  if (run.state === 'failed') {
    const problem = problemOf(run.error)
    return (
      <Alert tone="red" title={problem.title}>
        {problem.detail} <code className="ck-mono ck-size-xs">{problem.code}</code>
      </Alert>
    )
  }
  return run.result.ok ? (
    <Alert tone="green" title={t.works}>
      <Stack gap={4}>
        <span>{t.worksText(formatCount(run.result.models.length), formatDuration(run.result.latencyMs ?? 0))}</span>
        <ListedModels names={run.result.models} />
        {run.result.note && <span>{run.result.note}</span>}
      </Stack>
    </Alert>
  ) : (
    <Alert tone="red" title={t.fails}>
      {run.result.reason}
    </Alert>
  )
}

const Running = ({
  since,
  host,
  mostMs,
  onCancel,
}: {
  since: number
  host: string
  mostMs: number
  onCancel: () => void
}) => {
  const [now, setNow] = useState(since)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  const seconds = Math.max(0, Math.floor((now - since) / 1000))
  return (
    <Alert title={t.asking(host)} action={<Button onClick={onCancel}>{t.cancel}</Button>}>
      <span className="ck-number">{t.waited(formatCount(seconds), formatDuration(mostMs))}</span>
    </Alert>
  )
}

const namedMax = 12
const ListedModels = ({ names }: { names: readonly string[] }) =>
  names.length === 0 ? null : (
    <Row gap={4} align="baseline">
      <span className="ck-hidden">{t.models}</span>
      {names.slice(0, namedMax).map((name) => (
        <code key={name} className="ck-mono ck-size-xs ck-badge ck-tone-neutral">
          {name}
        </code>
      ))}
      {names.length > namedMax && (
        <span className="ck-muted ck-size-xs">{t.more(formatCount(names.length - namedMax))}</span>
      )}
    </Row>
  )
