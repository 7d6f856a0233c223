/** The caller's own quota in the headers its SDK reads. What a team or an account has left is not the caller's to count on. */
import type { DialectId } from './dialects/index.ts'
import type { Rates } from './rates.ts'

const units = ['requests', 'tokens'] as const

/** `own` is what the caller calls with: a key, or as a person with a token. Without a limit of it there is no header. */
export const addRateHeaders = (
  headers: string[],
  dialect: DialectId,
  rates: Rates,
  own: 'key' | 'user',
  now: () => number,
): void => {
  for (const unit of units) {
    const at = rates.tightestOf(own, unit)
    const bucket = rates.gate[at]
    if (!bucket) continue
    const { limit } = bucket
    const left = rates.left[at] ?? 0
    const remaining = String(Math.max(0, Math.floor(left)))
    const resetMs = ((limit - left) * 60_000) / limit
    const slack = rates.slackOf(bucket)
    const names = dialect === 'anthropic' ? namesOf.anthropic[unit] : namesOf.openai[unit]
    if (slack > 0) headers.push(names.slack, String(slack))
    headers.push(names.limit, String(limit), names.remaining, remaining, names.reset)
    headers.push(dialect === 'anthropic' ? new Date(now() + resetMs).toISOString() : durationOf(resetMs))
  }
}

const ofOpenai = (unit: string) => ({
  slack: `x-ratelimit-slack-${unit}`,
  limit: `x-ratelimit-limit-${unit}`,
  remaining: `x-ratelimit-remaining-${unit}`,
  reset: `x-ratelimit-reset-${unit}`,
})
const ofAnthropic = (unit: string) => ({
  slack: `anthropic-ratelimit-${unit}-slack`,
  limit: `anthropic-ratelimit-${unit}-limit`,
  remaining: `anthropic-ratelimit-${unit}-remaining`,
  reset: `anthropic-ratelimit-${unit}-reset`,
})
const namesOf = {
  openai: { requests: ofOpenai('requests'), tokens: ofOpenai('tokens') },
  anthropic: { requests: ofAnthropic('requests'), tokens: ofAnthropic('tokens') },
}

/** OpenAI's notation: `120ms`, `6s`, `1m0s`. */
const durationOf = (ms: number): string => {
  if (ms < 1000) return `${Math.max(0, Math.ceil(ms))}ms`
  const seconds = Math.ceil(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
