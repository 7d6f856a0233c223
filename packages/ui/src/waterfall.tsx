import type { ReactNode } from 'react'
import { formatDuration } from './format.ts'
import { IconCircleX } from './icons.ts'
import { cx } from './layout.tsx'

export type Span = { name: string; startMs: number; durationMs: number; detail?: ReactNode; ok?: boolean }

/** The steps of one request on a common time axis. */
export const Waterfall = ({
  spans,
  totalMs,
  label = 'Trace',
}: {
  spans: readonly Span[]
  totalMs?: number
  label?: string
}) => {
  const end = totalMs ?? Math.max(...spans.map((span) => span.startMs + span.durationMs), 0.001)
  const ticks = [0, 0.25, 0.5, 0.75, 1]
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area needs focus to scroll by keyboard
    <section className="ck-waterfall-scroll" tabIndex={0} aria-label={label}>
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
