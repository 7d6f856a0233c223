import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { TracePlan } from '@cockpit/contract/usage-record'
import { makeDirectory } from '../../platform/directory.ts'
import type { Log } from '../../platform/index.ts'
import { type Chunk, createChunks } from './chunks.ts'
import { planLine } from './line.ts'

const retryWriteMs = 500

export const segmentName = (number: number) => `${String(number).padStart(6, '0')}.log`

/** Where a record ends: everything up to there can be acknowledged together. */
export type Position = { segment: number; offset: number }

/** A record to be written: its line, and what has to be known of it without reading that. */
export type Entry = { accountId: string; holdId: string | null; plan: TracePlan; line: string }

/**
 * Records of one account that follow each other, by where their bytes stand in memory as in the file. Bytes and not an
 * object for each record: what waits for a second would otherwise burden the garbage collector.
 */
export type Run = {
  readonly accountId: string
  /** Null once its bytes were given up: they are in the file before `end`. */
  chunk: Chunk | null
  readonly from: number
  to: number
  records: number
  readonly plans: TracePlan[]
  /** Of each lease or hold that the records name, how many do. */
  readonly leases: Map<string, number>
  end: Position
}

type Deps = {
  dir: string
  segmentBytesMax: number
  log: Log
  /** Called once the records are in the file. */
  onWritten: (run: Run) => void
}

/**
 * The write-ahead file. Records of one turn of the event loop share one write, and their answers end after it; from
 * then on a killed process loses none of them. Nothing is forced to the platter: the ledger has each record a second later,
 * and a write that waits for a busy disk would hold up every call.
 */
export const createJournal = ({ dir, segmentBytesMax, log, onWritten }: Deps) => {
  makeDirectory(dir)
  const chunks = createChunks()
  let segment = 1
  let fd = openSync(join(dir, segmentName(segment)), 'w', 0o600)
  /** Up to where the file is written, and how far beyond it what waits will reach. */
  let offset = 0
  let ahead = 0
  let known = new Set<string>()
  let chunk = chunks.take(0)
  /** The bytes of each chunk that are not written yet, in order. */
  let unwritten: { chunk: Chunk; from: number; to: number }[] = []
  let runs: Run[] = []
  let run: Run | null = null
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
      known = new Set()
    } catch (error) {
      log.warn({ err: error }, 'no new write-ahead segment; the old one grows')
    }
  }

  const flush = () => {
    scheduled = false
    if (unwritten.length > 0 && !write()) return releaseAnswers()
    const written = runs
    runs = []
    run = null
    for (const one of written) onWritten(one)
    releaseAnswers()
  }

  const write = (): boolean => {
    try {
      let at = offset
      for (const { chunk, from, to } of unwritten) {
        writeWhole(fd, chunk.bytes, from, to, at)
        at += to - from
      }
      offset = at
      ahead = 0
      for (const part of unwritten) chunks.release(part.chunk)
      unwritten = []
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
    append({ accountId, holdId, plan, line }: Entry, end: () => void): void {
      if (!known.has(plan.id)) {
        known.add(plan.id)
        add(planLine(plan))
        run = null
      }
      const from = add(line)
      if (run === null || run.accountId !== accountId || run.chunk !== chunk) run = begin(accountId, from)
      run.to = chunk.used
      run.records++
      run.end = { segment, offset: offset + ahead }
      if (run.plans.at(-1) !== plan && !run.plans.includes(plan)) run.plans.push(plan)
      if (holdId !== null) run.leases.set(holdId, (run.leases.get(holdId) ?? 0) + 1)
      ends.push(end)
      schedule()
    },
    failing: () => failing,
    position: (): Position => ({ segment, offset }),
    /** The bytes of a run are not needed in memory any more. */
    forget(run: Run): void {
      if (run.chunk) chunks.release(run.chunk)
      run.chunk = null
    },
    flush,
    close() {
      flush()
      closeSync(fd)
    },
  }

  function begin(accountId: string, from: number): Run {
    const fresh: Run = {
      accountId,
      chunk,
      from,
      to: from,
      records: 0,
      plans: [],
      leases: new Map(),
      end: { segment, offset },
    }
    chunks.hold(chunk)
    runs.push(fresh)
    return fresh
  }

  /** Lines are encoded where they will be written and shipped from. Returns where this one begins. */
  function add(line: string): number {
    // UTF-8 takes at most three bytes for a unit of UTF-16
    const bytesMax = line.length * 3 + 1
    if (chunk.used + bytesMax > chunk.bytes.length) chunk = chunks.take(bytesMax)
    const from = chunk.used
    const written = chunk.bytes.write(line, from)
    chunk.bytes[from + written] = LF
    chunk.used = from + written + 1
    ahead += written + 1
    const last = unwritten.at(-1)
    if (last?.chunk === chunk) last.to = chunk.used
    else {
      chunks.hold(chunk)
      unwritten.push({ chunk, from, to: chunk.used })
    }
    return from
  }
}
export type Journal = ReturnType<typeof createJournal>

const LF = 10

/** At the known offset, so that the rest of a write cut short by a full disk is overwritten and not doubled. */
const writeWhole = (fd: number, bytes: Buffer, from: number, to: number, offset: number) => {
  let done = from
  while (done < to) done += writeSync(fd, bytes, done, to - done, offset + done - from)
}
