import type { UsageSeries } from '@cockpit/contract/usage'
import { formatCompact, formatCredits, formatDuration, formatMoney, formatPercent, Stat, StatRow } from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import type { LiveState } from '../requests/use-live.ts'
import type { Range } from './range.ts'
import { t } from './strings.ts'

export type Sums = { requests: number; errors: number; credits: number; cost: number }

export const sumsOf = (series: UsageSeries): Sums =>
  series.points.reduce(
    (sum, point) => ({
      requests: sum.requests + point.requests,
      errors: sum.errors + point.errors,
      credits: sum.credits + Number(point.credits),
      cost: sum.cost + Number(point.cost.amount),
    }),
    { requests: 0, errors: 0, credits: 0, cost: 0 },
  )

const change = (now: number, before: number | undefined): number | null => (before ? (now - before) / before : null)

/** The figures of the chosen range, and the two of this very second. */
export const Figures = ({
  live,
  series,
  before,
  range,
}: {
  live: LiveState
  /** Undefined while it loads; null for who may not see sums. */
  series: UsageSeries | undefined | null
  before: UsageSeries | undefined
  range: Range
}) => {
  const { href } = useScope()
  const requests = (filter = '') => href(`requests?${[range.link, filter].filter(Boolean).join('&')}`)
  const sums = series ? sumsOf(series) : null
  const past = before ? sumsOf(before) : null
  const loading = series === undefined
  return (
    <StatRow>
      <Now live={live} all={series !== null} />
      {series !== null && (
        <>
          <Stat
            label={t.credits}
            href={requests()}
            loading={loading}
            value={sums && formatCredits(sums.credits)}
            unit={t.cr}
            period={range.label}
            delta={sums && change(sums.credits, past?.credits)}
            deltaGood="neither"
          />
          <Stat
            label={t.cost}
            href={requests()}
            loading={loading}
            value={sums && formatMoney(sums.cost)}
            unit={t.usd}
            period={range.label}
            delta={sums && change(sums.cost, past?.cost)}
            deltaGood="neither"
          />
          <Stat
            label={t.count}
            href={requests()}
            loading={loading}
            value={sums && formatCompact(sums.requests)}
            unit={t.countUnit}
            period={range.label}
            delta={sums && change(sums.requests, past?.requests)}
            deltaGood="neither"
          />
          <Stat
            label={t.errors}
            href={requests('status=failed')}
            loading={loading}
            value={sums && formatCompact(sums.errors)}
            unit={t.errorsUnit(formatPercent(sums && sums.requests > 0 ? sums.errors / sums.requests : 0))}
            period={range.label}
            delta={sums && change(sums.errors, past?.errors)}
            deltaGood="down"
          />
        </>
      )}
    </StatRow>
  )
}

/** The streams are those of the whole account, so only who may see its calls sees them. */
const Now = ({ live, all }: { live: LiveState; all: boolean }) => {
  const { href } = useScope()
  const last = live.status === 'live' ? live.rates.at(-1) : undefined
  // a figure that no longer moves must not look like one that does
  const none = live.status === 'stopped' ? '—' : '…'
  const state = live.status === 'stopped' ? t.stopped : t.connecting
  return (
    <>
      <Stat
        label={t.rate}
        href={href('requests')}
        value={last ? formatCredits(last.requestsPerSecond) : none}
        unit={t.rateUnit}
        period={last ? t.now : state}
      />
      {all && (
        <Stat
          label={t.streams}
          href={href('requests?stream=true')}
          value={last ? formatCompact(last.activeStreams) : none}
          unit={t.streamsUnit}
          period={last ? t.streamsPeriod : state}
        />
      )}
    </>
  )
}

export const stepText = ({ stepSeconds }: UsageSeries): string =>
  t.each(formatDuration(stepSeconds * 1000).replace(/ 0 (s|min|h)$/, ''))
