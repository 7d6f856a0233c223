/** How often each of many may come: a bucket of tries for each, that fills as time goes by. In this process alone. */
import type { Clock } from './clock.ts'

export type Pace = {
  /** Milliseconds until they may come again; 0 when they may now, which this counts. */
  take(who: string): number
}

type Limits = {
  perSecond: number
  /** So many at once, after a rest. */
  burst: number
  /** So many are remembered; whoever was away long enough is as good as new, and forgotten first. */
  knownMax?: number
}

/** Lets them come, or throws what `refusal` makes of the whole seconds until they may. */
export const admitAtPace = (pace: Pace, who: string, refusal: (afterSeconds: string) => Error): void => {
  const waitMs = pace.take(who)
  if (waitMs > 0) throw refusal(String(Math.ceil(waitMs / 1000)))
}

const hair = 1e-6

export const createPace = (now: Clock, { perSecond, burst, knownMax = 20_000 }: Limits): Pace => {
  const known = new Map<string, { left: number; at: number }>()
  const forgetOne = () => {
    const [oldest] = known.keys()
    if (oldest !== undefined) known.delete(oldest)
  }
  return {
    take(who) {
      const at = now().getTime()
      const was = known.get(who) ?? { left: burst, at }
      const left = Math.min(burst, was.left + (Math.max(0, at - was.at) * perSecond) / 1000)
      const isLet = left >= 1 - hair
      // whoever came last stands last, so the first in the map is the one who has been away longest
      known.delete(who)
      known.set(who, { left: isLet ? left - 1 : left, at })
      if (known.size > knownMax) forgetOne()
      // what fills in fractions is a hair from whole
      return isLet ? 0 : Math.ceil(((1 - left) * 1000) / perSecond - hair)
    },
  }
}
