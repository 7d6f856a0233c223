import { z } from 'zod'
import { type AnyJob, type Db, job, type Log } from '../../platform/index.ts'
import type { Hearing } from './hearing.ts'
import type { Reconcile } from './reconcile.ts'
import { workChannel } from './runs-repository.ts'
import type { RunWorker } from './worker.ts'

type Parts = { db: Db; log: Log; now: () => Date; runs: RunWorker; reconcile: Reconcile; hearing: Hearing }

/**
 * The work of this room, in processes that work: at once when it is announced, and every minute for what a lost
 * notification or a dead process left behind.
 */
export const createZitadelWork = ({ db, log, now, runs, reconcile, hearing }: Parts) => {
  let stopping = new AbortController()
  let stopListening: (() => void) | null = null
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> | null = null
  let again = false

  const everythingThatWaits = async () => {
    while (!stopping.signal.aborted) {
      const did = (await runs.next(stopping.signal)) || (await reconcile.next())
      if (!did) break
    }
    clearTimeout(timer)
    const due = stopping.signal.aborted ? null : await reconcile.nextDue()
    if (due) timer = setTimeout(wake, Math.min(Math.max(due.getTime() - now().getTime(), 50), 60_000)).unref()
  }

  /** One at a time in this process; what is announced meanwhile is looked for once more. */
  const drain = (): Promise<void> => {
    if (working) {
      again = true
      return working
    }
    working = (async () => {
      do {
        again = false
        await everythingThatWaits()
      } while (again && !stopping.signal.aborted)
    })().finally(() => {
      working = null
    })
    return working
  }
  const wake = () => void drain().catch((error: unknown) => log.error({ err: error }, 'work for Zitadel disturbed'))

  const scheduled = (name: string, cron: string, run: () => Promise<unknown>): AnyJob =>
    job({ name, input: z.object({}), run: async () => void (await run()), schedule: { cron, input: {} } })

  return {
    drain,
    async start() {
      stopping = new AbortController()
      stopListening = await db.listen(workChannel, wake, wake)
      wake()
    },
    async stop() {
      stopListening?.()
      stopListening = null
      stopping.abort()
      clearTimeout(timer)
      await working?.catch(() => {})
    },
    jobs: [
      scheduled('zitadel.work', '* * * * *', drain),
      scheduled('zitadel.poll', '* * * * *', hearing.poll),
      scheduled('zitadel.compare', '23 * * * *', reconcile.everything),
      scheduled('zitadel.forget', '41 3 * * *', hearing.forget),
    ],
  }
}
