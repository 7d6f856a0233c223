import type { ConnectionTest } from '@cockpit/contract/providers'
import { Alert, formatCount, formatDuration, ProblemAlert } from '@cockpit/ui'
import type { ReactNode } from 'react'
import { messages } from '../../app/i18n.ts'

const t = messages('setupProbe', {
  running: 'Asking the provider for its models …',
  works: 'The connection works',
  found: (count: string, took: string) => `The provider lists ${count} models; it answered in ${took}.`,
  failed: 'The test failed',
})

/** One live test of the settings `of`; running until it has a result or an error. */
export type Probe = { of: string; result: ConnectionTest | null; error: unknown }

export const ProbeResult = ({ probe: { result, error }, action }: { probe: Probe; action?: ReactNode }) => {
  if (error) return <ProblemAlert error={error} />
  if (!result) return <Alert>{t.running}</Alert>
  return result.ok ? (
    <Alert tone="green" title={t.works}>
      {t.found(formatCount(result.models.length), formatDuration(result.latencyMs ?? 0))}
    </Alert>
  ) : (
    <Alert tone="red" title={t.failed} action={action}>
      {result.reason}
    </Alert>
  )
}
