import { afterAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type JobKind, job, startJobs } from './index.ts'
import { freshDatabase, quietLog } from './testing.ts'

const database = await freshDatabase()
afterAll(() => database.close())

const done: number[] = []
const failing = new Set([13])
const count: JobKind<{ n: number }> = {
  name: 'test.count',
  input: z.object({ n: z.number() }),
  async run({ n }) {
    if (failing.has(n)) throw new Error('unlucky')
    done.push(n)
  },
}
const start = (work: boolean) => startJobs({ connection: database.connection, log: quietLog, jobs: [job(count)], work })

test('jobs are taken up at once, fail each for itself, and wait while nobody works', async () => {
  const sender = await start(false)
  await sender.send(count, { n: 1 })
  await sender.send(count, { n: 2 }, { onceKey: 'two' })
  await sender.send(count, { n: 2 }, { onceKey: 'two' })
  expect(done).toEqual([])

  const worker = await start(true)
  await vi.waitFor(() => expect(done.sort()).toEqual([1, 2]), 10_000)
  const from = performance.now()
  await Promise.all([13, 14, 15].map((n) => sender.send(count, { n })))
  await vi.waitFor(() => expect(done).toEqual(expect.arrayContaining([14, 15])), 10_000)
  expect(performance.now() - from).toBeLessThan(2000)
  expect(done).not.toContain(13)
  await vi.waitFor(async () => {
    const states = await database.query(
      `select state, count(*)::int as n from jobs.job where name = 'test.count' group by 1 order by 1`,
    )
    expect(states).toEqual([
      { state: 'retry', n: 1 },
      { state: 'completed', n: 4 },
    ])
  })
  await expect(sender.send(count, { n: 'x' as unknown as number })).rejects.toThrow()
  await Promise.all([sender.stop(), worker.stop()])
})

test('a schedule is kept in the database', async () => {
  const daily: JobKind<{ n: number }> = {
    ...count,
    name: 'test.daily',
    schedule: { cron: '0 3 * * *', input: { n: 5 } },
  }
  const jobs = await startJobs({ connection: database.connection, log: quietLog, jobs: [job(daily)] })
  expect(await database.query('select name, cron, timezone, data from jobs.schedule')).toEqual([
    { name: 'test.daily', cron: '0 3 * * *', timezone: 'UTC', data: { n: 5 } },
  ])
  await jobs.stop()
})
