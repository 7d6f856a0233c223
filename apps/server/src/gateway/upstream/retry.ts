import type { Failure } from './failure.ts'

export type NextStep = { kind: 'retry'; afterMs: number } | { kind: 'next' } | { kind: 'give_up' }

type Situation = {
  failure: Failure
  /** Attempts made on this deployment, this one included. */
  tries: number
  maxRetries: number
  hasNext: boolean
  waitMaxMs: number
  /** 0 to 1. */
  chance: number
}

const firstWaitMs = 500
const waitDoublesMax = 4

/** Again here, on to the next deployment, or the end? Pure. */
export const decideNext = ({ failure, tries, maxRetries, hasNext, waitMaxMs, chance }: Situation): NextStep => {
  const onward: NextStep = failure.elsewhere && hasNext ? { kind: 'next' } : { kind: 'give_up' }
  if (!failure.retryable || tries > maxRetries) return onward
  const afterMs = failure.retryAfterMs ?? backOff(tries, chance)
  // a provider that is full says so for all: another one answers sooner than the wait ends
  if (hasNext && (failure.status === 429 || afterMs > waitMaxMs / 2)) return onward
  return afterMs > waitMaxMs ? onward : { kind: 'retry', afterMs }
}

/** Doubles with each try; up to a quarter is taken off, so that callers refused together do not return together. */
const backOff = (tries: number, chance: number): number =>
  Math.round(firstWaitMs * 2 ** Math.min(tries - 1, waitDoublesMax) * (1 - chance / 4))
