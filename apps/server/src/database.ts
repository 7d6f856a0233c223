/** A database that may be away when a process starts: a gateway then serves from the last snapshot until it is back. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from './config.ts'
import { hasSnapshot } from './gateway/index.ts'
import { type Db, type Log, reasonOf } from './platform/index.ts'

const patienceMs = 5_000
const againAfterMs = 1_000

/** Whether the database answers; throws where nothing can be done without it. */
export const reached = async (db: Db, { config, log }: { config: Config; log: Log }): Promise<boolean> => {
  if (!config.databaseUrl || !config.roles.has('gateway') || !hasSnapshot(config.dataDir))
    return db.ping().then(() => true)
  const late = pause(patienceMs, undefined, { ref: false }).then(() => {
    throw new Error(`no answer within ${patienceMs} ms`)
  })
  try {
    await Promise.race([db.ping(), late])
    return true
  } catch (error) {
    log.warn(reasonOf(error), 'the database does not answer; the gateway serves from its last snapshot until it does')
    return false
  }
}

/** Prepares as soon as the database answers, and does then what has waited for it. Returns how to give up. */
export const whenReached = (
  db: Db,
  log: Log,
  prepare: () => Promise<void>,
  work: () => Promise<void>,
): (() => Promise<void>) => {
  const stopping = new AbortController()
  const running = (async () => {
    let said = ''
    for (;;) {
      await pause(againAfterMs, undefined, { signal: stopping.signal })
      try {
        await db.ping()
        await prepare()
        break
      } catch (error) {
        // once for each reason, and not every second
        const { reason } = reasonOf(error)
        if (reason !== said) log.warn({ reason }, 'the database is not back yet')
        said = reason
      }
    }
    await work()
    log.info('the database is back; everything that needs it works again')
  })().catch((error: unknown) => {
    if (!stopping.signal.aborted) log.error({ err: error }, 'the work that needs the database did not start')
  })
  return async () => {
    stopping.abort()
    await running
  }
}
