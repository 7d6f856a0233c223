/** The calls that are open now: how many streams, whose time is up, and who must be waited for at the end. */
import type { Call } from './call.ts'

const tickMs = 100
const secondsKept = 10
const durationsKept = 512

export const createCalls = () => {
  // a list whose places are known to their calls: a Set under such churn keeps the dead reachable from its old tables
  const open: Call[] = []
  const streams = new Map<string, number>()
  const perSecond = new Array<number>(secondsKept).fill(0)
  const durations = new Float64Array(durationsKept)
  let finished = 0
  let second = 0
  let timer: NodeJS.Timeout | null = null
  let ticks = 0

  const tick = () => {
    const now = performance.now()
    for (const call of [...open]) {
      if (call.deadlineAt > now) continue
      call.deadlineAt = Number.POSITIVE_INFINITY
      call.onDeadline()
    }
    ticks++
    if (ticks % (1000 / tickMs) !== 0) return
    second = (second + 1) % secondsKept
    perSecond[second] = 0
  }

  const count = (accountId: string, by: 1 | -1) => {
    const left = (streams.get(accountId) ?? 0) + by
    if (left > 0) streams.set(accountId, left)
    else streams.delete(accountId)
  }

  return {
    size: () => open.length,
    start() {
      timer = setInterval(tick, tickMs)
      timer.unref()
    },
    stop() {
      if (timer) clearInterval(timer)
    },
    add(call: Call): void {
      call.place = open.push(call) - 1
    },
    streaming(call: Call): void {
      if (call.account) count(call.account.slice.account.id, 1)
    },
    streamed(call: Call): void {
      if (call.account) count(call.account.slice.account.id, -1)
    },
    done(call: Call): void {
      if (call.place < 0) return
      const last = open.pop()
      if (last && last !== call) {
        open[call.place] = last
        last.place = call.place
      }
      call.place = -1
      perSecond[second] = (perSecond[second] ?? 0) + 1
      durations[finished % durationsKept] = call.tookMs ?? call.elapsedMs()
      finished++
    },
    /** Accounts with open streams, and how many. */
    streamsByAccount: (): ReadonlyMap<string, number> => streams,
    activeStreams(accountId: string | null): number {
      if (accountId !== null) return streams.get(accountId) ?? 0
      let sum = 0
      for (const some of streams.values()) sum += some
      return sum
    },
    stats() {
      const known = durations.slice(0, Math.min(finished, durationsKept)).sort()
      const whole = perSecond.reduce((sum, some, at) => (at === second ? sum : sum + some), 0)
      return {
        activeCalls: open.length,
        activeStreams: this.activeStreams(null),
        requestsPerSecond: whole / (secondsKept - 1),
        p50Ms: known[Math.floor(known.length / 2)] ?? null,
      }
    },
    /** Resolves when no call is open, or when the time is up: then with false. */
    async idle(timeoutMs: number): Promise<boolean> {
      const deadline = performance.now() + timeoutMs
      while (open.length > 0 && performance.now() < deadline) await new Promise((resume) => setTimeout(resume, 20))
      return open.length === 0
    },
    each(visit: (call: Call) => void): void {
      for (const call of [...open]) visit(call)
    },
  }
}
export type Calls = ReturnType<typeof createCalls>
