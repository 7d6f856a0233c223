import { join } from 'node:path'
import type { Log } from '../../platform/index.ts'
import type { GatewayConfig } from '../config.ts'
import type { UsagePort } from '../ports.ts'
import { claimDirectory, forget, inherit, ownerOf } from './inherit.ts'
import { createJournal, type Entry, type Journal } from './journal.ts'
import { createShipper } from './shipper.ts'

const takeOverEveryMs = 10_000

type Deps = {
  dataDir: string
  processId: string
  usage: UsagePort
  log: Log
  config: Pick<
    GatewayConfig,
    'segmentBytesMax' | 'shipSoonMs' | 'shipEveryMs' | 'shipRecordsMax' | 'tailBytesMax' | 'tailRunsMax'
  >
  onShipped: (leases: ReadonlyMap<string, number>) => void
  /** All usage of a process that died is booked. */
  onInherited: (processId: string) => Promise<unknown>
}

export const createMeter = ({ dataDir, processId, usage, log, config, onShipped, onInherited }: Deps) => {
  const walDir = join(dataDir, 'wal')
  const dir = claimDirectory(walDir, processId)
  const journal: Journal = createJournal({
    dir,
    segmentBytesMax: config.segmentBytesMax,
    log,
    onWritten: (run) => shipper.take(run),
  })
  const shipper = createShipper({
    dir,
    port: usage,
    log,
    recordsMax: config.shipRecordsMax,
    soonMs: config.shipSoonMs,
    everyMs: config.shipEveryMs,
    tailBytesMax: config.tailBytesMax,
    tailRunsMax: config.tailRunsMax,
    onInherited: (from) => onInherited(ownerOf(from)),
    forget,
    journal: () => journal,
    onShipped,
  })
  let timer: NodeJS.Timeout | null = null

  const takeOver = () => {
    try {
      const found = inherit(walDir, dir)
      if (found.length > 0) log.info({ processes: found.length }, 'taking over usage of processes that died')
      shipper.inherit(found)
    } catch (error) {
      log.error({ err: error }, 'usage of processes that died cannot be taken over')
    }
  }

  return {
    /** Begins with what dead processes left, and looks now and then for those that die later. */
    start() {
      takeOver()
      timer = setInterval(takeOver, takeOverEveryMs)
      timer.unref()
    },
    /** Writes a record; `end` runs once it is on disk, which is when the caller may see the end of the answer. */
    append: (entry: Entry, end: () => void): void => journal.append(entry, end),
    /** True while nothing can be written: a call that cannot be recorded must not be made. */
    failing: () => journal.failing(),
    /** Has the ledger book every record up to now; false when it did not. */
    catchUp(): Promise<boolean> {
      journal.flush()
      return shipper.catchUp()
    },
    backlog: () => shipper.backlog(),
    async drain(timeoutMs: number): Promise<boolean> {
      if (timer) clearInterval(timer)
      journal.flush()
      const complete = await shipper.drain(timeoutMs)
      journal.close()
      if (complete) forget(dir)
      return complete
    },
  }
}
export type Meter = ReturnType<typeof createMeter>
