import { lazy, type ReactNode, Suspense } from 'react'
import { EmptyState, Skeleton } from './feedback.tsx'

export type Series = {
  label: string
  /** One value a point; null leaves a gap. */
  values: readonly (number | null)[]
  /** Place in the shared palette; the order of the series when absent. `red` is for errors. */
  color?: 0 | 1 | 2 | 3 | 4 | 'red'
  /** Fills the area under the line. */
  fill?: boolean
}
export type TimeChartProps = {
  /** Says what the chart shows; its name for screen readers. */
  label: string
  /** Moments of the points: ISO strings or milliseconds. */
  times: readonly (string | number)[]
  series: readonly Series[]
  /** Stands at the axis and in the tooltip, e.g. "req/s". */
  unit: string
  format?: (value: number) => string
  height?: number
  /** Charts with the same key share their crosshair. */
  syncKey?: string
  /** Why there is nothing to see. */
  emptyReason?: ReactNode
  kind?: 'line' | 'bars'
}

// uPlot is a chunk of its own: only pages with charts load it
const Plot = lazy(() => import('./time-chart-plot.tsx').then(({ TimeChartPlot }) => ({ default: TimeChartPlot })))

export const TimeChart = (props: TimeChartProps) => {
  const { height = 200, series, times, emptyReason = 'There is nothing in this time range.' } = props
  const anything = times.length > 0 && series.some(({ values }) => values.some((value) => value !== null))
  if (!anything)
    return (
      <div className="ck-chart-empty" style={{ minHeight: height }}>
        <EmptyState title="No data" text={emptyReason} />
      </div>
    )
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <Plot {...props} height={height} />
    </Suspense>
  )
}
