import { type FileHandle, open, readdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TracePlan } from '@cockpit/contract/usage-record'
import type { Log } from '../../platform/index.ts'
import { type Run, segmentName } from './journal.ts'
import { readLine, type StoredRecord } from './line.ts'

const pieceBytes = 1 << 20
const LF = 10

export type Batch = { plans: TracePlan[]; records: StoredRecord[]; end: number; last: boolean }

/** Segments on disk: who is there, how far they are acknowledged, and their records in batches. */
export const createSegments = (dir: string, log: Log, { check }: { check: boolean }) => {
  /** What the lines of a batch are gathered in. Kept, because fresh memory for every batch is what fills the heap soonest. */
  let gathered = Buffer.alloc(0)

  const gather = (parts: readonly Buffer[]): Buffer => {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (gathered.length < length) gathered = Buffer.allocUnsafeSlow(length + (length >> 1))
    let at = 0
    for (const part of parts) at += part.copy(gathered, at)
    return gathered.subarray(0, length)
  }

  const ackPath = (segment: number) => join(dir, `${segmentName(segment)}.ack`)
  return {
    async list(): Promise<number[]> {
      const names = await readdir(dir)
      return names
        .flatMap((name) => (/^\d{6,}\.log$/.test(name) ? [Number.parseInt(name, 10)] : []))
        .sort((a, b) => a - b)
    },
    /** Losing an acknowledgement is harmless: the records are shipped again and count once. */
    async acknowledged(segment: number): Promise<number> {
      const text = await readFile(ackPath(segment), 'utf8').catch(() => '0')
      return /^\d+$/.test(text) ? Number(text) : 0
    },
    acknowledge: (segment: number, offset: number) => writeFile(ackPath(segment), String(offset), { mode: 0o600 }),
    async remove(segment: number): Promise<void> {
      await unlink(join(dir, segmentName(segment))).catch(() => {})
      await unlink(ackPath(segment)).catch(() => {})
    },
    /** The lines of runs, from memory where they still are. Valid until the next runs are asked for. */
    async bytesOf(runs: readonly Run[]): Promise<Buffer> {
      // before anything is waited for: what is in memory now need not be later
      const parts = runs.map(({ chunk, from, to }) => chunk?.bytes.subarray(from, to) ?? null)
      if (parts.every((part) => part !== null)) return gather(parts)
      const read: Buffer[] = []
      for (const [at, run] of runs.entries()) read.push(parts[at] ?? (await readRun(dir, run)))
      return gather(read)
    },
    /** Records that end after `from`, at most `recordsMax` a batch, each batch with the plans it names. */
    async *batches(segment: number, from: number, to: number, recordsMax: number): AsyncGenerator<Batch> {
      const plans = new Map<string, TracePlan>()
      let records: StoredRecord[] = []
      let end = from
      for await (const { text, offset } of linesOf(join(dir, segmentName(segment)), to)) {
        const line = readLine(text, check)
        if (line.kind === 'broken') log.error({ dir, segment, offset }, 'write-ahead line is damaged and left out')
        if (line.kind === 'plan') plans.set(line.plan.id, line.plan)
        if (offset <= from) continue
        end = offset
        if (line.kind === 'record') records.push(line)
        if (records.length < recordsMax) continue
        yield { plans: plansOf(records, plans), records, end, last: false }
        records = []
      }
      yield { plans: plansOf(records, plans), records, end, last: true }
    },
  }
}
export type Segments = ReturnType<typeof createSegments>

const plansOf = (records: readonly StoredRecord[], plans: ReadonlyMap<string, TracePlan>): TracePlan[] =>
  [...new Set(records.map((record) => record.planId))].flatMap((id) => plans.get(id) ?? [])

/** Whole lines of a file up to an offset, each with the offset behind it. */
async function* linesOf(path: string, to: number): AsyncGenerator<{ text: string; offset: number }> {
  const file = await open(path, 'r')
  try {
    let held = Buffer.alloc(0)
    let offset = 0
    let position = 0
    while (position < to) {
      const piece = await readPiece(file, position, Math.min(pieceBytes, to - position))
      if (piece.length === 0) return
      position += piece.length
      held = held.length === 0 ? piece : Buffer.concat([held, piece])
      let start = 0
      for (let at = held.indexOf(LF); at >= 0; at = held.indexOf(LF, start)) {
        yield { text: held.toString('utf8', start, at), offset: offset + at + 1 }
        start = at + 1
      }
      offset += start
      held = held.subarray(start)
    }
  } finally {
    await file.close()
  }
}

const readRun = async (dir: string, { from, to, end }: Run): Promise<Buffer> => {
  const file = await open(join(dir, segmentName(end.segment)), 'r')
  try {
    const length = to - from
    const bytes = await readPiece(file, end.offset - length, length)
    if (bytes.length < length) throw new Error(`segment ${end.segment} is shorter than what was written to it`)
    return bytes
  } finally {
    await file.close()
  }
}

const readPiece = async (file: FileHandle, position: number, length: number): Promise<Buffer<ArrayBuffer>> => {
  const piece = Buffer.allocUnsafe(length)
  const { bytesRead } = await file.read(piece, 0, length, position)
  return piece.subarray(0, bytesRead)
}
