import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatCompact, formatExact } from './format.ts'
import { useColorScheme } from './provider.tsx'
import type { TimeChartProps } from './time-chart.tsx'

type Hover = { index: number; left: number } | null

/** The drawing half of `TimeChart`, loaded when a chart is on screen. */
export const TimeChartPlot = ({
  label,
  times,
  series,
  unit,
  format = formatCompact,
  height = 200,
  syncKey,
  kind = 'line',
}: TimeChartProps) => {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const [hover, setHover] = useState<Hover>(null)
  const { shown: scheme } = useColorScheme()
  const data = useMemo<uPlot.AlignedData>(
    () => [times.map((at) => new Date(at).getTime() / 1000), ...series.map(({ values }) => [...values])],
    [times, series],
  )
  // a new plot only when its shape changes; new points flow in through setData
  const shape = series.map(({ label: name, color, fill }) => `${name}|${color}|${fill}`).join()
  const latest = useRef({ data, series, format })
  latest.current = { data, series, format }

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the series, `scheme` for the colours
  useEffect(() => {
    const element = host.current
    if (!element) return
    const ink = inkOf(element)
    const made = new uPlot(
      {
        width: element.clientWidth || 300,
        height,
        legend: { show: false },
        padding: [8, 24, 0, 0],
        cursor: {
          ...(syncKey ? { sync: { key: syncKey } } : {}),
          points: { size: 6 },
          y: false,
          drag: { x: false, y: false },
        },
        scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
        axes: [
          {
            stroke: ink.muted,
            grid: { show: false },
            ticks: { show: false },
            font: ink.font,
            space: 80,
            size: 28,
            values: (_, ticks) => timesOf(ticks),
          },
          {
            stroke: ink.muted,
            grid: {
              stroke: ink.line,
              width: 1,
              filter: (_, ticks) => (isWhole(latest.current.series) ? ticks.map(wholeOnly) : ticks),
            },
            ticks: { show: false },
            font: ink.font,
            size: 56,
            values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : latest.current.format(tick))),
            filter: (_, ticks) => (isWhole(latest.current.series) ? ticks.map(wholeOnly) : ticks),
          },
        ],
        series: [
          {},
          ...latest.current.series.map(({ label: name, color, fill }, index) => {
            const stroke = ink.color(color ?? ((index % 5) as 0))
            return {
              label: name,
              stroke,
              width: 1.5,
              // a value with none beside it makes no line
              points: { show: false, filter: (plot: uPlot, at: number) => aloneIn(plot.data[at] ?? []) },
              ...(fill || kind === 'bars'
                ? { fill: `color-mix(in srgb, ${stroke} ${kind === 'bars' ? 80 : 14}%, transparent)` }
                : {}),
              ...(kind === 'bars' && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.7, 40] }) } : {}),
            }
          }),
        ],
        hooks: {
          setCursor: [
            ({ cursor }) =>
              setHover(
                typeof cursor.idx === 'number' && (cursor.left ?? -1) >= 0
                  ? { index: cursor.idx, left: cursor.left ?? 0 }
                  : null,
              ),
          ],
        },
      },
      latest.current.data,
      element,
    )
    plot.current = made
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    resize.observe(element)
    return () => {
      resize.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [height, syncKey, kind, shape, scheme])

  useEffect(() => plot.current?.setData(data), [data])

  return (
    <figure className="ck-chart" aria-label={summaryOf(label, series, unit, format)}>
      <figcaption className="ck-chart-head" aria-hidden>
        {series.map((one, index) => (
          <span key={one.label} className="ck-chart-key">
            <i className={`ck-chart-dot ck-series-${one.color ?? index % 5}`} />
            {one.label}
            {hover && <b className="ck-number">{textOf(one.values[hover.index], format)}</b>}
          </span>
        ))}
        <span className="ck-chart-unit">
          {hover ? formatExact(new Date((data[0][hover.index] ?? 0) * 1000)) : unit}
        </span>
      </figcaption>
      <div ref={host} aria-hidden style={{ height }} />
    </figure>
  )
}

/** Of things that are counted there is no quarter: between 0 and 1 stands no tick. */
const isWhole = (series: TimeChartProps['series']) =>
  series.every(({ values }) => values.every((value) => value === null || Number.isInteger(value)))
const wholeOnly = (tick: number): number | null => (Number.isInteger(tick) ? tick : null)

/** Places of values whose neighbours are missing. */
const aloneIn = (values: ArrayLike<number | null | undefined>): number[] =>
  Array.from(values).flatMap((value, at) =>
    value != null && values[at - 1] == null && values[at + 1] == null ? [at] : [],
  )

const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const second = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })

/** Seconds, minutes or days, whichever tells neighbouring ticks apart. */
const timesOf = (ticks: readonly number[]): string[] => {
  const gap = (ticks[1] ?? 0) - (ticks[0] ?? 0)
  const format = gap >= 86_400 ? date : gap > 0 && gap < 60 ? second : hour
  return ticks.map((tick) => format.format(new Date(tick * 1000)))
}

const textOf = (value: number | null | undefined, format: (value: number) => string) =>
  value === null || value === undefined ? '—' : format(value)

const summaryOf = (label: string, series: TimeChartProps['series'], unit: string, format: (value: number) => string) =>
  `${label}. ${series
    .map(({ label: name, values }) => {
      const known = values.filter((value) => value !== null)
      return `${name}: latest ${textOf(known.at(-1), format)}, highest ${textOf(known.length ? Math.max(...known) : null, format)} ${unit}`
    })
    .join('. ')}`

const inkOf = (element: HTMLElement) => {
  const style = getComputedStyle(element)
  const read = (name: string) => style.getPropertyValue(name).trim()
  return {
    muted: read('--ck-muted'),
    line: read('--ck-border'),
    font: `11px ${style.fontFamily}`,
    color: (color: 0 | 1 | 2 | 3 | 4 | 'red') => read(`--ck-series-${color}`),
  }
}
