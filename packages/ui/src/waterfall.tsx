import type { ReactNode } from 'react'
import { formatDuration } from './format.ts'
import { IconCircleX } from './icons.ts'
import { cx } from './layout.tsx'

export type Span = {
  name: string
  startMs: number
  durationMs: number
  detail?: ReactNode
  ok?: boolean /** Place in the shared palette. */
  series?: number
}

/** The steps of one request on a common time axis. */
export const Waterfall = ({
  spans,
  totalMs,
  label = 'Trace',
  legend = [],
}: {
  spans: readonly Span[]
  totalMs?: number
  label?: string
  /** What the colours stand for, and how much of it there is. */
  legend?: readonly { label: string; series: number; text: string }[]
}) => {
  const end = totalMs ?? Math.max(...spans.map((span) => span.startMs + span.durationMs), 0.001)
  const ticks = [0, 0.25, 0.5, 0.75, 1]
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area needs focus to scroll by keyboard
    <section className="ck-waterfall-scroll" tabIndex={0} aria-label={label}>
      {legend.length > 0 && (
        <ul className="ck-waterfall-legend">
          {legend.map((one) => (
            <li key={one.label}>
              <span className="ck-waterfall-swatch" style={{ background: colorOf(one.series) }} aria-hidden />
              {one.label} <span className="ck-number ck-muted">{one.text}</span>
            </li>
          ))}
        </ul>
      )}
      <table className="ck-waterfall" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">
              <span className="ck-hidden">Start and duration</span>
              <span className="ck-waterfall-axis" aria-hidden>
                {ticks.map((at) => (
                  <span key={at} style={{ left: `${at * 100}%` }}>
                    {formatDuration(end * at)}
                  </span>
                ))}
              </span>
            </th>
            <th scope="col" className="ck-right">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {spans.map((span, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: spans may share a name and never move
            <tr key={index} className={cx(span.ok === false && 'ck-waterfall-failed')}>
              <th scope="row">
                {span.ok === false && <IconCircleX size={14} aria-label="Failed" />} {span.name}
                {span.detail && <span className="ck-help">{span.detail}</span>}
              </th>
              <td>
                <span className="ck-hidden">starts at {formatDuration(span.startMs)}</span>
                <div className="ck-waterfall-lane">
                  <div
                    className="ck-waterfall-bar"
                    style={{
                      left: `${(span.startMs / end) * 100}%`,
                      width: `${Math.max((span.durationMs / end) * 100, 0.4)}%`,
                      ...(span.series !== undefined && span.ok !== false ? { background: colorOf(span.series) } : {}),
                    }}
                  />
                </div>
              </td>
              <td className="ck-number ck-right">{formatDuration(span.durationMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const colorOf = (series: number): string => `var(--ck-series-${series})`
