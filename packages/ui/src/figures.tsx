import { type ReactNode, useId } from 'react'
import { formatPercent } from './format.ts'
import { IconArrowDown, IconArrowUp } from './icons.ts'
import { cx } from './layout.tsx'
import { Link } from './navigation.tsx'

/**
 * One figure: name, value with unit, the period it is of, how it changed, and the page it is made of.
 * Put several in `StatRow`; a figure is never a card of its own.
 */
export const Stat = ({
  label,
  value,
  unit,
  period,
  delta,
  deltaGood = 'up',
  href,
  trend,
  loading = false,
}: {
  label: string
  value: ReactNode
  unit?: string
  period?: string
  /** Share of change against the period before: 0.12 is +12 %. */
  delta?: number | null
  deltaGood?: 'up' | 'down' | 'neither'
  href?: string
  trend?: readonly number[]
  loading?: boolean
}) => (
  <div className="ck-stat">
    <span className="ck-stat-label">{href ? <Link href={href}>{label}</Link> : label}</span>
    <span className="ck-stat-line">
      <span className="ck-stat-value">{loading ? <span className="ck-muted">…</span> : value}</span>
      {unit && !loading && <span className="ck-unit">{unit}</span>}
      {typeof delta === 'number' && Number.isFinite(delta) && <Delta share={delta} good={deltaGood} />}
    </span>
    <span className="ck-stat-foot">
      {period && <span className="ck-help">{period}</span>}
      {trend && trend.length > 1 && <Sparkline values={trend} label={`${label}, trend`} />}
    </span>
  </div>
)

export const StatRow = ({ children }: { children: ReactNode }) => <div className="ck-stats">{children}</div>

const Delta = ({ share, good }: { share: number; good: 'up' | 'down' | 'neither' }) => {
  const up = share > 0
  const tone = share === 0 || good === 'neither' ? 'neutral' : up === (good === 'up') ? 'green' : 'red'
  return (
    <span className={cx('ck-delta', `ck-ink-${tone}`)} title="Against the period before">
      {share !== 0 && (up ? <IconArrowUp size={12} aria-hidden /> : <IconArrowDown size={12} aria-hidden />)}
      <span className="ck-hidden">{up ? 'up' : 'down'}</span>
      {formatPercent(Math.abs(share))}
    </span>
  )
}

/** A line without axes, for the shape of things. */
export const Sparkline = ({
  values,
  label,
  width = 96,
  height = 24,
}: {
  values: readonly number[]
  label: string
  width?: number
  height?: number
}) => {
  const max = Math.max(...values, 0)
  const min = Math.min(...values, 0)
  const x = (index: number) => (index / Math.max(values.length - 1, 1)) * (width - 2) + 1
  const y = (value: number) => height - 2 - ((value - min) / (max - min || 1)) * (height - 4)
  const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
  return (
    <svg
      className="ck-sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <polyline points={points} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" />
    </svg>
  )
}

export type BarItem = {
  id: string
  label: ReactNode
  value: number
  text: ReactNode
  href?: string
  detail?: ReactNode
}
/** The largest first, each with a bar of its share. */
export const BarList = ({
  items,
  label,
  valueHeader,
  empty,
}: {
  items: readonly BarItem[]
  label: string
  valueHeader: string
  empty?: ReactNode
}) => {
  const max = Math.max(...items.map((item) => item.value), 0)
  if (items.length === 0) return empty
  return (
    <table className="ck-bars" aria-label={label}>
      <thead>
        <tr>
          <th scope="col">{label}</th>
          <th scope="col">{valueHeader}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.id}>
            <td>
              <div className="ck-bar" style={{ width: `${max > 0 ? (item.value / max) * 100 : 0}%` }} />
              <span className="ck-bar-label">
                {item.href ? <Link href={item.href}>{item.label}</Link> : item.label}
                {item.detail && <span className="ck-muted ck-nowrap">{item.detail}</span>}
              </span>
            </td>
            <td className="ck-number">{item.text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/**
 * How much of a limit is used: green below 80 %, amber from there, red when used up; ticks at the thresholds.
 * Colour is doubled by the words beside it.
 */
export const ProgressBar = ({
  value,
  limit,
  label,
  text,
  reserved = 0,
  thresholds = [50, 80, 90, 100],
}: {
  value: number
  limit: number | null
  label: string
  /** E.g. `12.5 of 100 credits`. */
  text?: ReactNode
  /** Held but not settled yet, shown lighter behind the used part. */
  reserved?: number
  thresholds?: readonly number[]
}) => {
  const id = useId()
  const share = limit && limit > 0 ? value / limit : limit === null ? 0 : 1
  const percent = (part: number) => `${Math.min(Math.max(part, 0), 1) * 100}%`
  const tone = share >= 1 ? 'red' : share >= 0.8 ? 'amber' : 'green'
  const word = limit === null ? 'no limit' : share >= 1 ? 'exhausted' : formatPercent(share)
  return (
    <div className="ck-progress">
      <div className="ck-progress-head">
        <span id={id}>{label}</span>
        <span className="ck-number">
          {text} <span className={cx(limit !== null && `ck-ink-${tone}`, 'ck-strong')}>{word}</span>
        </span>
      </div>
      <div
        className="ck-progress-track"
        role="progressbar"
        aria-labelledby={id}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(Math.min(share, 1) * 100)}
        aria-valuetext={word}
      >
        {reserved > 0 && limit && (
          <div className="ck-progress-held" style={{ width: percent((value + reserved) / limit) }} />
        )}
        <div className={cx('ck-progress-fill', `ck-fill-${tone}`)} style={{ width: percent(share) }} />
        {thresholds
          .filter((at) => at < 100)
          .map((at) => (
            <i key={at} style={{ left: `${at}%` }} />
          ))}
      </div>
    </div>
  )
}
