import { TrafficBy as Divisions, type TrafficBy, trafficMinutes } from '@cockpit/contract/traffic'
import {
  Button,
  ErrorState,
  IconPlayerPause,
  IconPlayerPlay,
  Page,
  RelativeTime,
  Row,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  useHotkeys,
} from '@cockpit/ui'
import { useState } from 'react'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { Charts } from './charts.tsx'
import { Figures } from './figures.tsx'
import { Parts } from './parts.tsx'
import { t } from './strings.ts'
import { type TrafficState, useTraffic } from './use-traffic.ts'

/** What passes through the gateways now. */
export const TrafficPage = () => {
  const { accountId } = useScope()
  const { search, setSearch } = useSearchState()
  const [paused, setPaused] = useState(false)
  const minutes = trafficMinutes.find((known) => known === search.minutes) ?? '15'
  const divisions = Divisions.options.filter((one) => one !== (accountId === null ? 'key' : 'account'))
  const by = divisions.find((known) => known === search.by) ?? 'model'
  const traffic = useTraffic({ minutes, by }, paused)
  const { picture } = traffic
  /** What was not followed yet cannot be shown from a pause. */
  const choose = (patch: { minutes?: string; by?: string }) => {
    setPaused(false)
    setSearch(patch)
  }
  useHotkeys({
    p: () => setPaused((before) => !before),
    ...Object.fromEntries(trafficMinutes.map((one, index) => [String(index + 1), () => choose({ minutes: one })])),
  })
  return (
    <Page
      title={t.title}
      description={t.description}
      actions={
        <Row gap={12}>
          <Said traffic={traffic} />
          <Button
            icon={paused ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />}
            onClick={() => setPaused(!paused)}
            aria-keyshortcuts="p"
          >
            {paused ? t.resume : t.pause}
          </Button>
        </Row>
      }
      filters={
        <Row gap={12}>
          <SegmentedControl
            label={t.range}
            hideLabel
            value={minutes}
            options={trafficMinutes.map((value) => ({ value, label: t.minutes(Number(value)) }))}
            onChange={(next) => choose({ minutes: next })}
          />
          <Text muted size="sm">
            {t.keys}
          </Text>
        </Row>
      }
    >
      {picture ? (
        <Stack>
          <Figures picture={picture} />
          <Charts picture={picture} />
          <Parts picture={picture} by={by} options={divisions} onBy={(next: TrafficBy) => choose({ by: next })} />
        </Stack>
      ) : traffic.error ? (
        <ErrorState error={traffic.error} retry={traffic.retry} />
      ) : (
        <Stack>
          <Figures picture={null} />
          <Skeleton rows={8} height={36} />
        </Stack>
      )}
    </Page>
  )
}

/** Whether the figures move, and since when they do not. */
const Said = ({ traffic: { status, since, retry } }: { traffic: TrafficState & { retry: () => void } }) => (
  <>
    <span className="ck-nowrap ck-size-sm" role="status">
      {status === 'live' && <span className="ck-ink-green">{t.live}</span>}
      {status === 'connecting' && <Text muted>{t.connecting}</Text>}
      {(status === 'stopped' || status === 'paused') && (
        <span className="ck-ink-amber">
          {status === 'paused' ? t.paused : t.stopped} <RelativeTime at={since} />
        </span>
      )}
    </span>
    {status === 'stopped' && <Button onClick={retry}>{t.again}</Button>}
  </>
)
