import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { CopyButton } from './actions.tsx'
import {
  formatCompact,
  formatCount,
  formatCredits,
  formatDuration,
  formatExact,
  formatMoney,
  formatRelative,
} from './format.ts'
import {
  IconAlertTriangle,
  IconBan,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconClock,
  IconInfoCircle,
  IconSparkles,
} from './icons.ts'
import { cx } from './layout.tsx'
import type { Tone } from './tokens.ts'

/** A short label in a box. */
export const Badge = ({ tone = 'neutral', icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) => (
  <span className={cx('ck-badge', `ck-tone-${tone}`)}>
    {icon}
    {children}
  </span>
)

const toneIcons = {
  neutral: IconCircleDashed,
  accent: IconSparkles,
  green: IconCircleCheck,
  amber: IconAlertTriangle,
  red: IconCircleX,
  blue: IconInfoCircle,
} as const

const statuses: Record<string, { tone: Tone; label?: string; icon?: typeof IconBan }> = {
  active: { tone: 'green' },
  ok: { tone: 'green', label: 'OK' },
  allow: { tone: 'green', label: 'Allowed' },
  open: { tone: 'green' },
  suspended: { tone: 'amber' },
  disabled: { tone: 'neutral', icon: IconBan },
  expired: { tone: 'neutral', icon: IconClock },
  revoked: { tone: 'red', icon: IconBan },
  error: { tone: 'red' },
  failed: { tone: 'red' },
  denied: { tone: 'amber', icon: IconBan },
  deny: { tone: 'red', label: 'Denied' },
  cancelled: { tone: 'neutral' },
  closed: { tone: 'neutral' },
  skip: { tone: 'neutral', label: 'Not applied' },
}

/** A state as icon and word. Known words (`active`, `revoked`, `error`, `denied` …) bring their tone along. */
export const StatusBadge = ({ status, tone, label }: { status: string; tone?: Tone; label?: string }) => {
  const known = statuses[status]
  const shown = tone ?? known?.tone ?? 'neutral'
  const Icon = (tone ? undefined : known?.icon) ?? toneIcons[shown]
  return (
    <span className={cx('ck-status', `ck-ink-${shown}`)}>
      <Icon size={14} aria-hidden />
      <span>{label ?? known?.label ?? capital(status)}</span>
    </span>
  )
}

/** `<Money value={row.cost} />`; several places where the price is tiny, the exact amount on hover. */
export const Money = ({ value }: { value: { amount: string; currency: string } | null }) =>
  value ? (
    <span className="ck-number" title={`${value.amount} ${value.currency}`}>
      {formatMoney(value.amount, value.currency)}
    </span>
  ) : (
    <None />
  )

/** Credits with their unit; `bare` where a column header names it. */
export const CreditsAmount = ({ value, bare = false }: { value: string | null; bare?: boolean }) =>
  value === null ? (
    <None />
  ) : (
    <span className="ck-number" title={`${value} credits`}>
      {formatCredits(value)}
      {!bare && <span className="ck-unit"> cr</span>}
    </span>
  )

export const Tokens = ({ value, bare = false }: { value: number | null; bare?: boolean }) =>
  value === null ? (
    <None />
  ) : (
    <span className="ck-number" title={`${formatCount(value)} tokens`}>
      {formatCompact(value)}
      {!bare && <span className="ck-unit"> tokens</span>}
    </span>
  )

export const Duration = ({ ms }: { ms: number | null }) =>
  ms === null ? (
    <None />
  ) : (
    <span className="ck-number" title={`${ms} ms`}>
      {formatDuration(ms)}
    </span>
  )

/** "5 min. ago", the exact time on hover, kept fresh. */
export const RelativeTime = ({ at, none = 'Never' }: { at: string | null; none?: string }) => {
  const now = useNow(at !== null)
  return at === null ? (
    <span className="ck-muted">{none}</span>
  ) : (
    <time dateTime={at} title={formatExact(at)} className="ck-nowrap">
      {formatRelative(at, now)}
    </time>
  )
}

/** An identifier: mono, shortened in the middle unless `full`, with copy. */
export const IdText = ({ id, full = false }: { id: string; full?: boolean }) => (
  <span className={cx('ck-id', full && 'ck-id-full')}>
    <span className="ck-mono" title={id}>
      {full || id.length <= 18 ? id : `${id.slice(0, 9)}…${id.slice(-5)}`}
    </span>
    <CopyButton value={id} label={`Copy ${id}`} />
  </span>
)

/** An absent value that reads as such. */
export const None = ({ label = 'None' }: { label?: string }) => (
  <span className="ck-muted" title={label}>
    <span aria-hidden>—</span>
    <span className="ck-hidden">{label}</span>
  </span>
)

// One clock for all times on the page.
const listeners = new Set<() => void>()
let ticking: ReturnType<typeof setInterval> | undefined
const useNow = (active: boolean): Date => {
  const [now, setNow] = useState(() => new Date())
  useEffect(() => {
    if (!active) return
    const tick = () => setNow(new Date())
    listeners.add(tick)
    ticking ??= setInterval(() => {
      for (const listener of listeners) listener()
    }, 15_000)
    return () => {
      listeners.delete(tick)
      if (listeners.size === 0) {
        clearInterval(ticking)
        ticking = undefined
      }
    }
  }, [active])
  return now
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1).replaceAll('_', ' ')
