/** Work that outlives a request or happens by the clock, on pg-boss in the schema `jobs` of the same database. */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { type JobResult, PgBoss, type Job as Queued } from 'pg-boss'
import type { z } from 'zod'
import { type Log, reasonOf } from './log.ts'

/** One kind of work. `run` may happen twice for one job: a process that dies has its jobs given to another. */
export type JobKind<T extends object> = {
  /** `<noun>.<verb>`, e.g. `usage.rollup` */
  name: string
  input: z.ZodType<T>
  run(input: T, signal: AbortSignal): Promise<void>
  /** Also runs by this clock, in UTC, with `input`. */
  schedule?: { cron: string; input: T }
}
/** A kind whose input is still to be parsed; `job` makes one. */
export type AnyJob = Pick<JobKind<object>, 'name' | 'schedule'> & {
  run(input: unknown, signal: AbortSignal): Promise<void>
}

export type Jobs = {
  /** Puts one job in line. Of jobs with the same `onceKey` that still wait, one is kept. */
  send<T extends object>(kind: JobKind<T>, input: T, options?: { onceKey?: string; startAfter?: Date }): Promise<void>
  /** Waits for running jobs, but not for long, and lets go. */
  stop(): Promise<void>
}
export type JobsOptions = {
  connection: pg.PoolConfig
  log: Log
  jobs: readonly AnyJob[]
  /** False in processes that only put jobs in line. */
  work?: boolean
}

// with its defaults pg-boss does eight jobs a second, and the jobs of a killed process wait for a quarter of an hour
const queue = { notify: true, heartbeatSeconds: 10, retryLimit: 3, retryDelay: 5, retryBackoff: true, policy: 'short' }
const pace = { batchSize: 20, burstWhenBatchFull: true, notifyPollingIntervalSeconds: 30, perJobResults: true } as const
const stopTimeoutMs = 20_000

/** Makes a kind ready for the line: what comes out of it is parsed before it runs. */
export const job = <T extends object>(kind: JobKind<T>): AnyJob => ({
  ...kind,
  run: (input, signal) => kind.run(kind.input.parse(input), signal),
})

export const startJobs = async ({ connection, log, jobs, work = true }: JobsOptions): Promise<Jobs> => {
  const boss = new PgBoss({
    ...own(connection),
    schema: 'jobs',
    max: 4,
    useListenNotify: true,
    monitorIntervalSeconds: 5,
  })
  boss.on('error', (error) => log.warn(reasonOf(error), 'job queue disturbed'))
  await boss.start()
  for (const kind of jobs) {
    await boss.createQueue(kind.name, queue)
    if (!work) continue
    await boss.work(kind.name, pace, (batch: Queued[]) => Promise.all(batch.map((one) => settle(kind, one, log))))
    if (kind.schedule) await boss.schedule(kind.name, kind.schedule.cron, kind.schedule.input, { tz: 'UTC' })
  }
  return {
    async send({ name, input: schema }, input, { onceKey = randomUUID(), startAfter } = {}) {
      await boss.send(name, schema.parse(input), { singletonKey: onceKey, ...(startAfter && { startAfter }) })
    },
    stop: () => boss.stop({ graceful: true, timeout: stopTimeoutMs }),
  }
}

/** Jobs of a batch succeed and fail each for itself; a failed one is tried again later. */
const settle = async (kind: AnyJob, { id, data, signal, retryCount }: Queued, log: Log): Promise<JobResult> => {
  try {
    await kind.run(data, signal)
    return { id, status: 'completed' }
  } catch (error) {
    log.error({ err: error, job: kind.name, id, retryCount }, 'job failed')
    return { id, status: 'failed', output: { message: error instanceof Error ? error.message : String(error) } }
  }
}

/** What pg-boss takes of a connection: it brings a pool of its own. */
const own = ({ connectionString, host, port, user, password, database, ssl }: pg.PoolConfig) =>
  Object.fromEntries(
    Object.entries({ connectionString, host, port, user, password, database, ssl }).filter(
      ([, value]) => value !== undefined,
    ),
  )
