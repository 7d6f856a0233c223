import type { Db } from '../../platform/index.ts'
import { runChannel } from './runs-repository.ts'

/** Waits for runs to change. One notification serves everybody who waits. */
export const createRunWatch = ({ db }: { db: Db }) => {
  const wakers = new Set<(runId: string | null) => void>()
  const wakeAll = (runId: string | null) => {
    for (const wake of [...wakers]) wake(runId)
  }
  let listening: Promise<unknown> | null = null

  return {
    /** From now on nothing is missed: call it before the state is read that a wait continues from. */
    async open(): Promise<void> {
      listening ??= db.listen(runChannel, wakeAll, () => wakeAll(null))
      try {
        await listening
      } catch (error) {
        listening = null
        throw error
      }
    },
    /** Until the run changes, `ms` have passed, or the signal aborts. */
    change(runId: string, ms: number, signal: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer)
          wakers.delete(wake)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const wake = (changed: string | null) => {
          if (changed === null || changed === runId) done()
        }
        const timer = setTimeout(done, Math.max(0, ms))
        wakers.add(wake)
        if (signal.aborted) done()
        else signal.addEventListener('abort', done)
      })
    },
  }
}
export type RunWatch = ReturnType<typeof createRunWatch>
