/** Numbers, money and times as people read them. Pure: the moment `now` comes in. */

const locale = typeof navigator === 'undefined' ? 'en' : navigator.language

const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })

export const formatCount = (value: number): string => whole.format(value)
/** 12,345 → "12.3K". */
export const formatCompact = (value: number): string =>
  Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value)

/** Dollars with cents, and with enough places that a small price does not read as zero: "$0.000042". */
export const formatMoney = (amount: string | number, currency = 'USD'): string => {
  const value = Number(amount)
  const small = value !== 0 && Math.abs(value) < 0.01
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: 2,
    maximumFractionDigits: small ? 6 : Math.abs(value) < 1 ? 4 : 2,
  }).format(value)
}

/** Credits: at most two places, more for less than one credit. Without the unit. */
export const formatCredits = (credits: string | number): string => {
  const value = Number(credits)
  return new Intl.NumberFormat(locale, { maximumFractionDigits: Math.abs(value) < 1 ? 6 : 2 }).format(value)
}

const sizes = ['B', 'KB', 'MB', 'GB', 'TB']
/** 1234567 → "1.2 MB". */
export const formatBytes = (bytes: number): string => {
  const at = bytes < 1 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log(bytes) / Math.log(1_000)))
  const value = bytes / 1_000 ** at
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: at > 0 && value < 10 ? 1 : 0 }).format(value)} ${sizes[at]}`
}

/** 42 → "42 ms", 1234 → "1.23 s", 83000 → "1 min 23 s". */
export const formatDuration = (ms: number): string => {
  if (ms < 1) return ms === 0 ? '0 ms' : `${ms.toFixed(2)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
const steps: readonly [limitSeconds: number, unitSeconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [86_400, 3600, 'hour'],
  [2_592_000, 86_400, 'day'],
  [31_536_000, 2_592_000, 'month'],
  [Number.POSITIVE_INFINITY, 31_536_000, 'year'],
]

export const formatRelative = (at: string | Date, now: Date): string => {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000
  if (Math.abs(seconds) < 5) return 'now'
  const [, unitSeconds, unit] = steps.find(([limit]) => Math.abs(seconds) < limit) ?? [0, 1, 'second' as const]
  return relative.format(Math.trunc(seconds / unitSeconds), unit)
}

const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
export const formatExact = (at: string | Date): string => exact.format(new Date(at))
/** `timeZone` where the day is a rule of its own, such as the last day of a budget cycle; else the reader's. */
export const formatDay = (at: string | Date, timeZone?: string): string =>
  (timeZone ? new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone }) : day).format(new Date(at))

export const formatPercent = (share: number): string =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 }).format(
    share,
  )
