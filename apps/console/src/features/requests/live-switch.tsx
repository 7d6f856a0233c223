import { formatCount, IconButton, IconPlayerPause, IconPlayerPlay, RelativeTime, Row, Text } from '@cockpit/ui'
import { t } from './strings.ts'
import type { LiveState } from './use-live.ts'

/** Starts and stops the live tail and says what it does: the rate while it runs, since when not. */
export const LiveSwitch = ({
  on,
  past,
  live,
  onChange,
}: {
  on: boolean
  /** The range has ended, so nothing new can come. */
  past: boolean
  live: LiveState
  onChange: (on: boolean) => void
}) => (
  <Row gap={4} wrap={false}>
    <IconButton
      kind="default"
      label={past ? t.livePast : on ? t.liveOn : t.liveOff}
      icon={on && !past ? <IconPlayerPause size={14} /> : <IconPlayerPlay size={14} />}
      pressed={on && !past}
      disabled={past}
      onClick={() => onChange(!on)}
    />
    <span className="ck-nowrap ck-size-sm" role="status">
      <Said live={live} />
    </span>
  </Row>
)

const Said = ({ live: { status, stoppedAt, rates } }: { live: LiveState }) => {
  if (status === 'off') return <Text muted>{t.live}</Text>
  if (status === 'connecting') return <Text muted>{t.liveConnecting}</Text>
  if (status === 'stopped')
    return (
      <span className="ck-ink-amber">
        {t.liveStopped} <RelativeTime at={stoppedAt} />
      </span>
    )
  const now = rates.at(-1)?.requestsPerSecond ?? 0
  return (
    <span>
      <span className="ck-ink-green">{t.live}</span>{' '}
      <span className="ck-number ck-muted">{now < 10 ? now : formatCount(now)} req/s</span>
    </span>
  )
}
