import type { ProviderConnection } from '@cockpit/contract/providers'
import { formatDuration } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'

const t = messages('timeouts', {
  connectMs: 'to connect',
  firstByteMs: 'to the first byte',
  idleMs: 'between two pieces',
  totalMs: 'in all',
})

export const TimeoutList = ({ timeouts }: { timeouts: ProviderConnection['timeouts'] }) => (
  <>
    {(['connectMs', 'firstByteMs', 'idleMs', 'totalMs'] as const).map((key) => (
      <span key={key} className="ck-number ck-block">
        {shortOf(timeouts[key])} {t[key]}
      </span>
    ))}
  </>
)

/** Timeouts are mostly round: "2 min" and not "2 min 0 s". */
const shortOf = (ms: number): string => {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`
  return ms < 60_000 && ms % 1_000 === 0 ? `${ms / 1_000} s` : formatDuration(ms)
}
