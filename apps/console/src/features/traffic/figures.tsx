import type { TrafficPicture } from '@cockpit/contract/traffic'
import { formatCompact, formatCredits, formatDuration, Stat, StatRow } from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

/** What is so at this moment. */
export const Figures = ({ picture }: { picture: TrafficPicture | null }) => {
  const { href } = useScope()
  const { now } = picture ?? {}
  const loading = !now
  const rate = (value: number | undefined) =>
    value !== undefined && (value < 100 ? String(Math.round(value * 10) / 10) : formatCompact(value))
  return (
    <StatRow>
      <Stat
        label={t.requests}
        href={href('requests')}
        loading={loading}
        value={rate(now?.requestsPerSecond)}
        unit={t.perSecond}
        period={t.lastSeconds}
      />
      <Stat
        label={t.failed}
        href={href('requests?status=failed&range=1h')}
        loading={loading}
        value={<span className={now?.errorsPerSecond ? 'ck-ink-red' : ''}>{rate(now?.errorsPerSecond)}</span>}
        unit={t.perSecond}
        period={t.lastSeconds}
      />
      <Stat
        label={t.tokens}
        loading={loading}
        value={rate(now?.tokensPerSecond)}
        unit={t.tokensPerSecond}
        period={t.lastSeconds}
      />
      <Stat
        label={t.spend}
        loading={loading}
        value={now && formatCredits(now.creditsPerMinute)}
        unit={t.creditsPerMinute}
        period={t.lastSeconds}
      />
      <Times label={t.latency} loading={loading} p50={now?.p50Ms} p95={now?.p95Ms} />
      <Times label={t.ttft} loading={loading} p50={now?.ttftP50Ms} p95={now?.ttftP95Ms} />
      <Stat label={t.streams} loading={loading} value={picture?.openStreams} period={t.now} />
    </StatRow>
  )
}

type Time = number | null | undefined
const Times = ({ label, loading, p50, p95 }: { label: string; loading: boolean; p50: Time; p95: Time }) => (
  <Stat
    label={label}
    loading={loading}
    value={typeof p50 === 'number' ? formatDuration(p50) : '–'}
    unit={t.p50}
    period={`${typeof p95 === 'number' ? `${formatDuration(p95)} ${t.p95}, ` : ''}${t.lastMinute}`}
  />
)
