import type { UsageSeries } from '@cockpit/contract/usage'
import { Button, formatCredits, Link, Loaded, Panel, RelativeTime, Skeleton, TimeChart } from '@cockpit/ui'
import type { Loaded as Load } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { type LiveState, ratesMax } from '../requests/use-live.ts'
import { stepText } from './figures.tsx'
import type { Range } from './range.ts'
import { t } from './strings.ts'

const height = 180

/** The last two minutes, second by second; says since when it stands still. */
export const LiveChart = ({ live }: { live: LiveState & { retry: () => void } }) => {
  const { href } = useScope()
  // the axis spans two minutes from the first second on, so that the line grows into it instead of the axis with the line
  const missing = Math.max(ratesMax - live.rates.length, 0)
  const start = new Date(live.rates[0]?.at ?? 0).getTime()
  const times = [
    ...Array.from({ length: missing }, (_, index) => start - (missing - index) * 1000),
    ...live.rates.map(({ at }) => new Date(at).getTime()),
  ]
  const gap = Array.from({ length: missing }, () => null)
  return (
    <Panel
      title={<Link href={href('requests')}>{t.liveTitle}</Link>}
      description={
        live.status === 'stopped' ? (
          <span className="ck-ink-amber" role="status">
            {t.liveStopped} <RelativeTime at={live.stoppedAt} />
          </span>
        ) : (
          t.liveText
        )
      }
      actions={live.status === 'stopped' && <Button onClick={live.retry}>{t.again}</Button>}
    >
      <TimeChart
        label={t.liveTitle}
        times={times}
        series={[
          { label: t.calls, values: [...gap, ...live.rates.map((rate) => rate.requestsPerSecond)], fill: true },
          { label: t.failed, values: [...gap, ...live.rates.map((rate) => rate.errorsPerSecond)], color: 'red' },
        ]}
        unit={t.perSecond}
        format={formatCredits}
        height={height}
        emptyReason={t.liveEmpty}
      />
    </Panel>
  )
}

/** Spend and calls over the range, with one crosshair. */
export const SeriesCharts = ({ load, range }: { load: Load<UsageSeries>; range: Range }) => {
  const { href } = useScope()
  const { updatedAt } = load
  const head = (series: UsageSeries | undefined) => (
    <>
      {range.label}
      {series && (
        <>
          , {stepText(series)} · {t.updated.toLowerCase()} <RelativeTime at={new Date(updatedAt).toISOString()} />
        </>
      )}
    </>
  )
  const link = href(`requests?${range.link}`)
  return (
    <>
      <Panel title={<Link href={link}>{t.spendTitle}</Link>} description={head(load.data)}>
        <Loaded {...load} skeleton={<Skeleton height={height + 22} />}>
          {({ points }) => (
            <TimeChart
              label={t.spendTitle}
              times={points.map(({ at }) => at)}
              series={[{ label: t.credits, values: points.map((point) => Number(point.credits)) }]}
              kind="bars"
              unit={t.creditsUnit}
              format={formatCredits}
              height={height}
              syncKey="overview"
              emptyReason={t.spendEmpty}
            />
          )}
        </Loaded>
      </Panel>
      <Panel title={<Link href={link}>{t.callsTitle}</Link>} description={head(load.data)}>
        <Loaded {...load} skeleton={<Skeleton height={height + 22} />}>
          {({ points }) => (
            <TimeChart
              label={t.callsTitle}
              times={points.map(({ at }) => at)}
              series={[
                { label: t.calls, values: points.map((point) => point.requests), fill: true },
                { label: t.failed, values: points.map((point) => point.errors), color: 'red' },
              ]}
              unit={t.countUnit}
              height={height}
              syncKey="overview"
              emptyReason={t.callsEmpty}
            />
          )}
        </Loaded>
      </Panel>
    </>
  )
}
