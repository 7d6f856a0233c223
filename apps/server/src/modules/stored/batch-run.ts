import type { BatchStatus } from '@cockpit/contract/stored'
import { type Clock, type Db, newId, type Sealing, systemCtx, type Tx } from '../../platform/index.ts'
import { readInput } from './batch-input.ts'
import {
  type BatchRow,
  dialectOf,
  Holder,
  type LineEnd,
  type LineRow,
  lineContext,
  ownerOf,
  subjectOf,
} from './batch-model.ts'
import { createPace } from './batch-pace.ts'
import { batchRepository, lineRepository } from './batch-repository.ts'
import { openaiResult } from './batch-results.ts'
import type { Batches } from './batches.ts'
import type { Files } from './files.ts'
import type { BatchCalls } from './port.ts'

export type RunDeps = {
  db: Db
  now: Clock
  secrets: Pick<Sealing, 'seal' | 'open'>
  files: Files
  batches: Batches
  calls: BatchCalls
  sleep: (ms: number) => Promise<unknown>
}
/** What the process that works on it knows of it: how it stands, and whether it is still its to work on. */
export type Claim = { status(): string; isLost(): boolean }

const callsAtOnce = 8
const takenAtOnce = 64
const attemptsMax = 6
const firstPauseMs = 1_000
const pauseMaxMs = 60_000
const lookMs = 500
const readAtOnce = 100

/** Works on one batch from wherever it stands to its end, or until it must let go. Whatever it does may be done again. */
export const createRun = ({ db, now, secrets, files, batches, calls, sleep }: RunDeps) => {
  const inAccount = <T>({ account_id }: BatchRow, work: (tx: Tx) => Promise<T>) =>
    db.tenant(systemCtx('batches', account_id), work)
  const update = (row: BatchRow, fields: Parameters<ReturnType<typeof batchRepository>['update']>[1]) =>
    inAccount(row, (tx) => batchRepository(tx, row.account_id).update(row.id, fields))

  const validate = async (row: BatchRow): Promise<BatchRow> => {
    await inAccount(row, (tx) => lineRepository(tx, row).clear())
    let waiting: { customId: string; request: string }[] = []
    let total = 0
    const flush = async () => {
      const lines = waiting
      waiting = []
      await inAccount(row, (tx) => batches.insertLines(tx, row, lines, total))
      total += lines.length
    }
    const errors = await readInput(files.read(ownerOf(row), row.input_file_id ?? ''), row.endpoint, async (line) => {
      if (waiting.push(line) >= takenAtOnce) await flush()
    })
    await flush()
    if (errors.length === 0)
      return inAccount(row, async (tx) => {
        const at = batchRepository(tx, row.account_id)
        await at.updateWhile(row.id, ['validating'], { status: 'in_progress' })
        // it may have been cancelled meanwhile
        return at.update(row.id, { total, started_at: now() })
      })
    return inAccount(row, async (tx) => {
      await lineRepository(tx, row).clear()
      await tx.emit('stored_batch.ended', { subject: subjectOf(row), after: { status: 'failed' } })
      const ended = { status: 'failed', errors: JSON.stringify(errors), ended_at: now() }
      return batchRepository(tx, row.account_id).update(row.id, ended)
    })
  }

  const makeCall = async (row: BatchRow, place: number, pace: ReturnType<typeof createPace>): Promise<void> => {
    const line = await inAccount(row, (tx) => lineRepository(tx, row).start(place, newId('req', now()), now()))
    if (!line?.request_id || !line.started_at || line.sealed_request === null) return
    const answer = await calls.call({
      ...{ accountId: row.account_id, holder: Holder.parse(row.holder), endpoint: row.endpoint },
      body: secrets.open(line.sealed_request, lineContext(line)),
      ...{ id: line.request_id, at: line.started_at, reruns: line.runs - 1 },
    })
    const isOk = answer.status >= 200 && answer.status < 300
    // a limit passes by waiting, however long; what fails otherwise is tried a few times
    const isLimit = answer.status === 429 || answer.status === 503
    const again = !isOk && answer.isRetryable && (isLimit || line.attempts + 1 < attemptsMax)
    const pause = pauseMs(line, answer.retryAfterMs)
    if (again && isLimit) pace.limited(now().getTime(), Math.min(pause, Math.max(firstPauseMs, answer.retryAfterMs)))
    else pace.passed()
    await inAccount(row, (tx) => {
      const lines = lineRepository(tx, row)
      if (again) return lines.again(line, new Date(now().getTime() + pause))
      return lines.end(line, isOk ? 'succeeded' : 'errored', {
        http_status: answer.status,
        sealed_answer: secrets.seal(jsonOf(answer.body), lineContext(line)),
      })
    })
  }

  const makeCalls = async (row: BatchRow, claim: Claim): Promise<void> => {
    const running = new Set<Promise<void>>()
    const failures: unknown[] = []
    const pace = createPace(callsAtOnce)
    const begin = (place: number) => {
      const one: Promise<void> = makeCall(row, place, pace)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(one))
      running.add(one)
    }
    const goesOn = () =>
      mayWork(claim) && failures.length === 0 && claim.status() === 'in_progress' && now() < row.expires_at
    let due: { place: number }[] = []
    while (goesOn()) {
      if (due.length === 0) due = await inAccount(row, (tx) => lineRepository(tx, row).due(now(), takenAtOnce))
      for (const { place } of due.splice(0, pace.roomFor(running.size, now().getTime()))) begin(place)
      const paused = pace.pauseMs(now().getTime())
      if (running.size > 0) await Promise.race([...running, sleep(lookMs)])
      else if (paused > 0) await sleep(Math.min(lookMs, paused))
      else if (due.length === 0 && !(await waited(row))) break
    }
    await Promise.all(running)
    if (failures.length > 0) throw failures[0]
  }

  /** Waits a moment for calls that are to be made later; false where there are none. */
  const waited = async (row: BatchRow): Promise<boolean> => {
    const nextAt = await inAccount(row, (tx) => lineRepository(tx, row).nextAt())
    if (nextAt === null) return false
    await sleep(Math.min(lookMs, Math.max(0, nextAt.getTime() - now().getTime())))
    return true
  }

  /** While this process cannot make calls it lets go. */
  const mayWork = (claim: Claim): boolean => !claim.isLost() && calls.ready()

  /** Null where no line has ended so. */
  const writeFile = async (row: BatchRow, states: readonly LineEnd[], name: string): Promise<string | null> => {
    const owner = ownerOf(row)
    let draft: Awaited<ReturnType<Files['begin']>> = null
    for (let after = -1; ; ) {
      const lines = await inAccount(row, (tx) => lineRepository(tx, row).page(states, after, readAtOnce))
      const last = lines.at(-1)
      if (!last) break
      after = last.place
      draft ??= await files.begin(owner, `${row.id}_${name}.jsonl`, { whole: true })
      for (const line of lines) await draft?.write(openaiResult(line, secrets))
    }
    if (!draft) return null
    const facts = { purpose: 'batch_output', mediaType: 'application/jsonl', expiresAt: null }
    return (await draft.finish(facts)).id
  }

  const finish = async (row: BatchRow, status: BatchStatus): Promise<void> => {
    if (dialectOf(row) === 'openai') {
      const finalizing = row.finalizing_at ?? now()
      await update(row, { finalizing_at: finalizing, ...(status === 'completed' && { status: 'finalizing' }) })
      const output_file_id = row.output_file_id ?? (await writeFile(row, ['succeeded'], 'output'))
      await update(row, { output_file_id })
      const error_file_id = row.error_file_id ?? (await writeFile(row, ['errored', 'expired'], 'errors'))
      await update(row, { error_file_id })
    }
    await inAccount(row, async (tx) => {
      if (dialectOf(row) === 'openai') await lineRepository(tx, row).forgetAnswers()
      const { total, succeeded, errored } = await batchRepository(tx, row.account_id).update(row.id, {
        ...{ status, ended_at: now(), claimed_by: null, claimed_until: null },
      })
      await tx.emit('stored_batch.ended', { subject: subjectOf(row), after: { status, total, succeeded, errored } })
    })
  }

  return async (claimed: BatchRow, claim: Claim): Promise<void> => {
    let row = claimed
    if (row.status === 'validating') row = await validate(row)
    if (row.ended_at !== null || !mayWork(claim)) return
    await inAccount(row, (tx) => lineRepository(tx, row).takeOver())
    if (row.status === 'in_progress') await makeCalls(row, claim)
    if (!mayWork(claim)) return
    const { status } = (await inAccount(row, (tx) => batchRepository(tx, row.account_id).find(row.id))) ?? row
    const end = status === 'cancelling' ? 'cancelled' : 'expired'
    await inAccount(row, (tx) => lineRepository(tx, row).endWaiting(end === 'cancelled' ? 'canceled' : 'expired'))
    const current = (await inAccount(row, (tx) => batchRepository(tx, row.account_id).find(row.id))) ?? row
    await finish(current, status === 'cancelling' ? 'cancelled' : current.expired > 0 ? 'expired' : 'completed')
  }
}

const pauseMs = ({ attempts }: LineRow, askedMs: number): number =>
  Math.min(pauseMaxMs, Math.max(askedMs, firstPauseMs * 2 ** Math.min(attempts, 10)))

/** Some providers fail in words that are no JSON. */
const jsonOf = (body: string): string => {
  try {
    JSON.parse(body)
    return body
  } catch {
    return JSON.stringify({ error: { message: body.slice(0, 4_000) } })
  }
}
