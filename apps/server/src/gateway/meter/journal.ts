import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { TracePlan, UsageRecord } from '@cockpit/contract/usage-record'
import type { Log } from '../../platform/index.ts'
import { planLine, recordStart, type StoredRecord } from './line.ts'

const scratchBytes = 1 << 17
const retryWriteMs = 500

export const segmentName = (number: number) => `${String(number).padStart(6, '0')}.log`

/** Where a record ends: everything up to there can be acknowledged together. */
export type Position = { segment: number; offset: number }
/** A record on disk. Its text and not its object: what waits for a second would otherwise burden the garbage collector. */
export type Written = StoredRecord & { plan: TracePlan; end: Position }

type Deps = {
  dir: string
  segmentBytesMax: number
  log: Log
  /** Called for each record once it is in the file. */
  onWritten: (written: Written) => void
}

/**
 * The write-ahead file. Records of one turn of the event loop share one write, and their answers end after it; from
 * then on a killed process loses none of them. Nothing is forced to the platter: the ledger has each record a second later,
 * and a write that waits for a busy disk would hold up every call.
 */
export const createJournal = ({ dir, segmentBytesMax, log, onWritten }: Deps) => {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  let segment = 1
  let fd = openSync(join(dir, segmentName(segment)), 'w', 0o600)
  let offset = 0
  let plans = new Set<string>()
  // lines are encoded where they will be written from; joined strings would be copied twice more
  let scratch = Buffer.allocUnsafe(scratchBytes)
  let bytes = 0
  let waiting: Written[] = []
  let ends: (() => void)[] = []
  let scheduled = false
  let failing = false

  const rotate = () => {
    if (offset < segmentBytesMax) return
    try {
      const next = openSync(join(dir, segmentName(segment + 1)), 'w', 0o600)
      closeSync(fd)
      fd = next
      segment++
      offset = 0
      plans = new Set()
    } catch (error) {
      log.warn({ err: error }, 'no new write-ahead segment; the old one grows')
    }
  }

  const flush = () => {
    scheduled = false
    if (bytes > 0 && !write()) return releaseAnswers()
    const written = waiting
    waiting = []
    for (const item of written) onWritten(item)
    releaseAnswers()
  }

  const write = (): boolean => {
    try {
      writeWhole(fd, scratch, bytes, offset)
      offset += bytes
      bytes = 0
      if (scratch.length > scratchBytes) scratch = Buffer.allocUnsafe(scratchBytes)
      failing = false
      rotate()
      return true
    } catch (error) {
      if (!failing) log.error({ err: error }, 'write-ahead file cannot be written; new calls are refused')
      failing = true
      setTimeout(schedule, retryWriteMs).unref()
      return false
    }
  }

  // while the disk is full, answers already paid for still reach their callers; their lines wait in memory
  const releaseAnswers = () => {
    const due = ends
    ends = []
    for (const end of due) end()
  }

  const schedule = () => {
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  }

  return {
    append(record: UsageRecord, plan: TracePlan, end: () => void): void {
      if (!plans.has(plan.id)) {
        plans.add(plan.id)
        add(planLine(plan), '\n')
      }
      const { accountId, hold, planId } = record
      const stored = {
        accountId,
        leaseId: hold?.kind === 'lease' ? hold.id : null,
        planId,
        json: JSON.stringify(record),
      }
      add(recordStart(stored), stored.json, '\n')
      waiting.push({ ...stored, plan, end: { segment, offset: offset + bytes } })
      ends.push(end)
      schedule()
    },
    failing: () => failing,
    position: (): Position => ({ segment, offset }),
    flush,
    close() {
      flush()
      closeSync(fd)
    },
  }

  function add(...parts: string[]) {
    for (const part of parts) {
      // UTF-8 takes at most three bytes for a unit of UTF-16
      const room = bytes + part.length * 3
      if (room > scratch.length) scratch = Buffer.concat([scratch.subarray(0, bytes)], room * 2)
      bytes += scratch.write(part, bytes)
    }
  }
}
export type Journal = ReturnType<typeof createJournal>

/** At the known offset, so that the rest of a write cut short by a full disk is overwritten and not doubled. */
const writeWhole = (fd: number, bytes: Buffer, length: number, offset: number) => {
  let done = 0
  while (done < length) done += writeSync(fd, bytes, done, length - done, offset + done)
}
