import { join } from 'node:path'
import type { TracePlan, UsageRecord } from '@cockpit/contract/usage-record'
import type { Log } from '../../platform/index.ts'
import type { GatewayConfig } from '../config.ts'
import type { UsagePort } from '../ports.ts'
import { claimDirectory, forget, inherit, ownerOf } from './inherit.ts'
import { createJournal, type Journal } from './journal.ts'
import { createShipper } from './shipper.ts'

type Deps = {
  dataDir: string
  processId: string
  usage: UsagePort
  log: Log
  config: Pick<GatewayConfig, 'segmentBytesMax' | 'shipSoonMs' | 'shipEveryMs' | 'shipRecordsMax'>
  onRecord: (record: UsageRecord) => void
  onShipped: (leaseIds: readonly string[]) => void
  /** All usage of a process that died is booked. */
  onInherited: (processId: string) => Promise<unknown>
}

export const createMeter = ({ dataDir, processId, usage, log, config, onRecord, onShipped, onInherited }: Deps) => {
  const walDir = join(dataDir, 'wal')
  const dir = claimDirectory(walDir, processId)
  const inherited = inherit(walDir, dir)
  if (inherited.length > 0) log.info({ processes: inherited.length }, 'taking over usage of processes that died')
  const journal: Journal = createJournal({
    dir,
    segmentBytesMax: config.segmentBytesMax,
    log,
    onWritten: (written) => shipper.take(written),
  })
  const shipper = createShipper({
    dir,
    port: usage,
    log,
    recordsMax: config.shipRecordsMax,
    soonMs: config.shipSoonMs,
    everyMs: config.shipEveryMs,
    inherited,
    onInherited: (from) => onInherited(ownerOf(from)),
    forget,
    journal: () => journal,
    onShipped,
  })
  return {
    start: () => shipper.start(),
    /** Writes a record; `end` runs once it is on disk, which is when the caller may see the end of the answer. */
    append(record: UsageRecord, plan: TracePlan, end: () => void): void {
      journal.append(record, plan, end)
      onRecord(record)
    },
    /** True while nothing can be written: a call that cannot be recorded must not be made. */
    failing: () => journal.failing(),
    backlog: () => shipper.backlog(),
    async drain(timeoutMs: number): Promise<boolean> {
      journal.flush()
      const complete = await shipper.drain(timeoutMs)
      journal.close()
      if (complete) forget(dir)
      return complete
    },
  }
}
export type Meter = ReturnType<typeof createMeter>
