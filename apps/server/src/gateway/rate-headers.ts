/** The caller's own quota in the headers its SDK reads. What a team or an account has left is not the caller's to count on. */
import type { RateFigure } from '@cockpit/policy'
import type { DialectId } from './dialects/index.ts'

const units = ['requests', 'tokens'] as const

/** `own` is what the caller calls with: a key, or as a person with a token. Without a limit of it there is no header. */
export const rateHeaders = (
  dialect: DialectId,
  figures: readonly RateFigure[],
  own: 'key' | 'user',
  now: number,
): string[] => {
  const headers: string[] = []
  for (const unit of units) {
    const figure = tightestOf(figures, own, unit)
    if (figure === null) continue
    const remaining = String(Math.max(0, Math.floor(figure.remaining)))
    const resetMs = ((figure.limit - figure.remaining) * 60_000) / figure.limit
    if (figure.slack > 0) {
      const name = dialect === 'anthropic' ? `anthropic-ratelimit-${unit}-slack` : `x-ratelimit-slack-${unit}`
      headers.push(name, String(figure.slack))
    }
    if (dialect !== 'anthropic')
      headers.push(
        `x-ratelimit-limit-${unit}`,
        String(figure.limit),
        `x-ratelimit-remaining-${unit}`,
        remaining,
        `x-ratelimit-reset-${unit}`,
        durationOf(resetMs),
      )
    else
      headers.push(
        `anthropic-ratelimit-${unit}-limit`,
        String(figure.limit),
        `anthropic-ratelimit-${unit}-remaining`,
        remaining,
        `anthropic-ratelimit-${unit}-reset`,
        new Date(now + resetMs).toISOString(),
      )
  }
  return headers
}

/** A key may have a limit of its own and another that an administrator set beside it. */
const tightestOf = (
  figures: readonly RateFigure[],
  own: 'key' | 'user',
  unit: RateFigure['unit'],
): RateFigure | null => {
  let least: RateFigure | null = null
  for (const figure of figures)
    if (figure.scope.type === own && figure.unit === unit && (least === null || figure.remaining < least.remaining))
      least = figure
  return least
}

/** OpenAI's notation: `120ms`, `6s`, `1m0s`. */
const durationOf = (ms: number): string => {
  if (ms < 1000) return `${Math.max(0, Math.ceil(ms))}ms`
  const seconds = Math.ceil(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
