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
        {formatDuration(timeouts[key])} {t[key]}
      </span>
    ))}
  </>
)
