import type { RequestDetail } from '@cockpit/contract/usage'

/** Who a part of a call waits for. */
export type Share = 'gateway' | 'provider' | 'stream'

type Timed = Pick<RequestDetail['spans'][number], 'name' | 'startMs' | 'durationMs'>

const ofProvider = /^(attempt \d+|first byte|hedge|continued|pass through|mcp server)$/

export const shareOf = ({ name }: Pick<Timed, 'name'>): Share =>
  name === 'stream' ? 'stream' : ofProvider.test(name) ? 'provider' : 'gateway'

/**
 * How much of the time each took. What several did at once counts once, for the provider before the stream; what is left is
 * the gateway's, its waits between attempts included.
 */
export const sharesOf = (spans: readonly Timed[], totalMs: number): Record<Share, number> => {
  const provider = covered(spans.filter((span) => shareOf(span) === 'provider'))
  const both = covered(spans.filter((span) => shareOf(span) !== 'gateway'))
  return { gateway: Math.max(0, totalMs - both), provider, stream: both - provider }
}

const covered = (spans: readonly Timed[]): number => {
  let sum = 0
  let until = 0
  for (const { startMs, durationMs } of spans.toSorted((a, b) => a.startMs - b.startMs)) {
    const end = startMs + durationMs
    sum += Math.max(0, end - Math.max(until, startMs))
    until = Math.max(until, end)
  }
  return sum
}

/** From the end of the last part until what it cost was on record; null where nothing was timed. */
export const settleOf = (spans: readonly Timed[], totalMs: number): { startMs: number; durationMs: number } | null => {
  if (spans.length === 0) return null
  const startMs = Math.max(...spans.map((span) => span.startMs + span.durationMs))
  return startMs > totalMs ? null : { startMs, durationMs: totalMs - startMs }
}
