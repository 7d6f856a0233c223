import type { TracePlan } from '@cockpit/contract/usage-record'
import type { Log } from '../../platform/index.ts'
import type { UsagePort } from '../ports.ts'
import type { Journal, Position, Run } from './journal.ts'
import type { StoredRecord } from './line.ts'
import { createSegments } from './segments.ts'

const waitMaxMs = 5_000
const plansRemembered = 10_000

type Deps = {
  dir: string
  port: UsagePort
  log: Log
  recordsMax: number
  /** The first records after a pause leave this soon, so that whoever watches sees them at once. */
  soonMs: number
  /** Under steady load batches leave this often: a few large ones cost far less than many small ones. */
  everyMs: number
  /** All that a dead process left is booked. */
  onInherited: (dir: string) => Promise<unknown>
  /** What is kept in memory for shipping. Of what waits beyond the bytes only the place is known, beyond the runs nothing. */
  tailBytesMax: number
  tailRunsMax: number
  forget: (dir: string) => void
  journal: () => Journal
  /** Told of each lease that shipped records name, how many did. */
  onShipped: (leases: ReadonlyMap<string, number>) => void
}

/** Carries written records to the ledger in batches, forever if need be, and acknowledges what arrived. */
export const createShipper = (deps: Deps) => {
  const { dir, port, log, recordsMax, soonMs, everyMs, journal } = deps
  const own = createSegments(dir, log, { check: false })
  /** Directories of dead processes, shipped before anything else. */
  const waitingDirs: string[] = []
  const shippedPlans = new Set<string>()
  let tail: Run[] = []
  let tailRecords = 0
  let tailBytes = 0
  /** How many runs at the front of the tail are being shipped. */
  let flying = 0
  let fromFile = false
  let acked: Position = { segment: 1, offset: 0 }
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> | null = null
  let failures = 0
  let stopped = false
  let lastRunAt = Number.NEGATIVE_INFINITY

  const ship = async (accountId: string, plans: readonly TracePlan[], lines: Buffer) => {
    await port.ship({ accountId, plans: plans.filter((plan) => !shippedPlans.has(plan.id)), lines })
    if (shippedPlans.size > plansRemembered) shippedPlans.clear()
    for (const plan of plans) shippedPlans.add(plan.id)
  }

  /** Records read back from a file. */
  const shipStored = async (plans: readonly TracePlan[], records: readonly StoredRecord[]) => {
    for (const [accountId, own] of Map.groupBy(records, (record) => record.accountId)) {
      const lines = Buffer.from(own.map(({ line }) => `${line}\n`).join(''))
      await ship(
        accountId,
        plans.filter((plan) => plan.accountId === accountId),
        lines,
      )
    }
    const leases = new Map<string, number>()
    for (const { holdId } of records) if (holdId !== null) leases.set(holdId, (leases.get(holdId) ?? 0) + 1)
    deps.onShipped(leases)
  }

  const shipInherited = async () => {
    for (let next = waitingDirs[0]; next !== undefined; next = waitingDirs[0]) {
      const segments = createSegments(next, log, { check: true })
      for (const segment of await segments.list()) {
        const from = await segments.acknowledged(segment)
        for await (const batch of segments.batches(segment, from, Number.MAX_SAFE_INTEGER, recordsMax)) {
          await shipStored(batch.plans, batch.records)
          await segments.acknowledge(segment, batch.end)
        }
        await segments.remove(segment)
      }
      // before its files go: a failure is tried again, and a second time changes nothing
      await deps.onInherited(next)
      deps.forget(next)
      waitingDirs.shift()
    }
  }

  /** One batch, and more only while they are full: what came meanwhile gathers for the next. */
  const shipTail = async () => {
    do {
      const batch = firstOf(tail, recordsMax)
      flying = batch.length
      try {
        for (const [accountId, runs] of Map.groupBy(batch, (run) => run.accountId))
          await ship(accountId, plansOf(runs), await own.bytesOf(runs))
        for (const { leases } of batch) deps.onShipped(leases)
        if (!fromFile) tail = tail.slice(batch.length)
        batch.forEach(drop)
      } finally {
        flying = 0
        // the tail was given up meanwhile, except for this part of it
        if (fromFile) batch.forEach(drop)
      }
      const last = batch.at(-1)
      if (last) await acknowledge(last.end)
    } while (tailRecords >= recordsMax && !fromFile)
  }

  const drop = (run: Run) => {
    if (run.records === 0) return
    tailRecords -= run.records
    run.records = 0
    giveUpBytes(run)
  }

  const giveUpBytes = (run: Run) => {
    if (run.chunk) tailBytes -= run.to - run.from
    journal().forget(run)
  }

  /** Reads back what did not fit in memory, until nothing is left that is not in memory. */
  const shipFile = async () => {
    while (fromFile) {
      const { segment, offset } = acked
      const written = journal().position()
      const to = segment === written.segment ? written.offset : Number.MAX_SAFE_INTEGER
      for await (const batch of own.batches(segment, offset, to, recordsMax)) {
        await shipStored(batch.plans, batch.records)
        await acknowledge({ segment, offset: batch.end })
      }
      // only a segment that was complete when reading began has been read whole
      if (segment < written.segment) await acknowledge({ segment: segment + 1, offset: 0 })
      else if (isAt(acked, journal().position())) fromFile = false
    }
  }

  const acknowledge = async (position: Position) => {
    for (let old = acked.segment; old < position.segment; old++) await own.remove(old)
    acked = position
    await own.acknowledge(position.segment, position.offset)
  }

  const run = async () => {
    lastRunAt = performance.now()
    try {
      await shipInherited()
      await shipFile()
      await shipTail()
      failures = 0
    } catch (error) {
      failures++
      const stalled = failures === 1 || failures % 60 === 0
      if (stalled) log.error({ err: error, failures }, 'usage is not shipped; it waits in the write-ahead file')
    }
  }

  const pending = () => tail.length > 0 || fromFile || waitingDirs.length > 0

  const soon = (afterMs: number) => {
    if (stopped) return
    timer ??= setTimeout(() => {
      timer = null
      void shipNow().then(() => {
        if (pending()) soon(failures > 0 ? Math.min(waitMaxMs, soonMs * 2 ** failures) : untilDue())
      })
    }, afterMs)
  }

  const untilDue = () => {
    if (fromFile || waitingDirs.length > 0 || tailRecords >= recordsMax) return 0
    return Math.max(soonMs, everyMs - (performance.now() - lastRunAt))
  }

  const shipNow = (): Promise<void> => {
    running ??= run().finally(() => {
      running = null
    })
    return running
  }

  return {
    inherit(dirs: readonly string[]) {
      waitingDirs.push(...dirs.filter((dir) => !waitingDirs.includes(dir)))
      if (pending()) soon(0)
    },
    take(run: Run) {
      if (fromFile) return journal().forget(run)
      tail.push(run)
      tailRecords += run.records
      tailBytes += run.to - run.from
      if (tailBytes > deps.tailBytesMax) giveUpBytes(run)
      if (tail.length > deps.tailRunsMax) {
        fromFile = true
        tail.slice(flying).forEach(drop)
        tail = []
      }
      if (tailRecords >= recordsMax && failures === 0) void shipNow()
      if (!timer) soon(untilDue())
    },
    /** Ships all that was written so far, at once; false when the ledger took not all of it. */
    async catchUp(): Promise<boolean> {
      const goal = tail.at(-1)?.end
      while (!stopped && (fromFile || (goal && isBefore(acked, goal)))) {
        await shipNow()
        if (failures > 0) return false
      }
      return !stopped
    },
    /** At least as many when it is more than is remembered. */
    backlog: () => (fromFile ? Math.max(1, deps.tailRunsMax) : tailRecords),
    /** Ships what is left within the time; true when nothing remained. */
    async drain(timeoutMs: number): Promise<boolean> {
      const deadline = performance.now() + timeoutMs
      // also while what is booked is being acknowledged: the directory is removed afterwards
      while ((pending() || running) && performance.now() < deadline) {
        await Promise.race([shipNow(), pause(deadline - performance.now())])
        if (failures > 0 && pending()) await pause(Math.min(200, deadline - performance.now()))
      }
      stopped = true
      if (timer) clearTimeout(timer)
      return !pending()
    },
  }
}

const isAt = (a: Position, b: Position) => a.segment === b.segment && a.offset === b.offset

const isBefore = (a: Position, b: Position) => a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset)

/** The oldest runs, up to about this many records. */
const firstOf = (runs: readonly Run[], recordsMax: number): Run[] => {
  let records = 0
  let count = 0
  for (; count < runs.length && records < recordsMax; count++) records += runs[count]?.records ?? 0
  return runs.slice(0, count)
}

const plansOf = (runs: readonly Run[]): TracePlan[] => [
  ...new Map(runs.flatMap(({ plans }) => plans.map((plan) => [plan.id, plan]))).values(),
]

const pause = (ms: number) =>
  new Promise<void>((resume) => {
    setTimeout(resume, Math.max(0, ms)).unref()
  })
