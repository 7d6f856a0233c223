import type { TrafficPicture, TrafficPoint } from '@cockpit/contract/traffic'
import {
  BarList,
  Columns,
  formatCompact,
  formatCount,
  formatCredits,
  Panel,
  type Series,
  Text,
  TimeChart,
} from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import { rateOf } from './merge.ts'
import { t } from './strings.ts'

const height = 160

/** How it went over the range, with one crosshair. */
export const Charts = ({ picture }: { picture: TrafficPicture }) => {
  const { points, minutes, stepSeconds } = picture
  const rate = (count: (point: TrafficPoint) => number, perSeconds?: number) =>
    points.map((point) => rateOf(count(point), point, perSeconds))
  const time = (of: (point: TrafficPoint) => number | null) => points.map(of)
  const chart = (title: string, unit: string, series: Series[], format?: (value: number) => string) => (
    <Panel title={title} description={`${t.lastMinutes(minutes)}, ${t.step(stepSeconds)}`}>
      <TimeChart
        label={title}
        times={points.map(({ at }) => at)}
        series={series}
        unit={unit}
        height={height}
        syncKey="traffic"
        emptyReason={t.none}
        {...(format ? { format } : {})}
      />
    </Panel>
  )
  return (
    <Columns minWidth={380}>
      {chart(
        t.requestsTitle,
        t.perSecond,
        [
          { label: t.requests, values: rate(({ requests }) => requests), fill: true },
          { label: t.failed, values: rate(({ errors }) => errors), color: 'red' },
        ],
        formatCredits,
      )}
      {chart(
        t.tokensTitle,
        t.tokensPerSecond,
        [
          { label: t.input, values: rate(({ inputTokens }) => inputTokens), fill: true },
          { label: t.output, values: rate(({ outputTokens }) => outputTokens) },
        ],
        formatCompact,
      )}
      {chart(
        t.spendTitle,
        t.creditsPerMinute,
        [{ label: t.credits, values: rate(({ credits }) => credits, 60), fill: true }],
        formatCredits,
      )}
      {chart(
        t.latencyTitle,
        t.ms,
        [
          { label: t.p50, values: time(({ p50Ms }) => p50Ms) },
          { label: t.p95, values: time(({ p95Ms }) => p95Ms) },
        ],
        formatCount,
      )}
      {chart(
        t.ttftTitle,
        t.ms,
        [
          { label: t.p50, values: time(({ ttftP50Ms }) => ttftP50Ms) },
          { label: t.p95, values: time(({ ttftP95Ms }) => ttftP95Ms) },
        ],
        formatCount,
      )}
      <Reasons picture={picture} />
    </Columns>
  )
}

const Reasons = ({ picture: { reasons, minutes } }: { picture: TrafficPicture }) => {
  const { href } = useScope()
  return (
    <Panel title={t.reasons} description={t.lastMinutes(minutes)}>
      <BarList
        label={t.code}
        valueHeader={t.calls}
        empty={<Text muted>{t.reasonsNone}</Text>}
        items={reasons.map(({ code, count }) => ({
          id: code,
          label: code,
          value: count,
          text: formatCount(count),
          href: href(`requests?errorCode=${encodeURIComponent(code)}&range=1h`),
        }))}
      />
    </Panel>
  )
}
