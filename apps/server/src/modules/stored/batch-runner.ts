import { createRounds, type Log, newId, systemCtx } from '../../platform/index.ts'
import type { BatchRow } from './batch-model.ts'
import { batchRepository, claimBatch } from './batch-repository.ts'
import { type Claim, createRun, type RunDeps } from './batch-run.ts'

type Deps = RunDeps & {
  log: Log
  /** How often batches that nobody works on are looked for. */
  everyMs?: number
  /** How long after a process died another takes over. */
  claimMs?: number
}

const batchesAtOnce = 4

/** Works on batches, several at once. Processes share them by claims that end by the clock. */
export const createBatchRunner = (deps: Deps) => {
  const { db, now, calls, log, everyMs = 500, claimMs = 10_000 } = deps
  const run = createRun(deps)
  const working = new Set<Promise<void>>()
  let stopping = false

  const until = () => new Date(now().getTime() + claimMs)

  const workOn = async (row: BatchRow, by: string): Promise<void> => {
    const ctx = systemCtx('batches', row.account_id)
    let known: BatchRow | undefined = row
    let keptAt = now().getTime()
    const keep = async () => {
      known = await db.tenant(ctx, (tx) => batchRepository(tx, row.account_id).keepClaim(row.id, by, until()))
      keptAt = now().getTime()
    }
    const heart = setInterval(() => {
      keep().catch((error: unknown) => log.warn({ err: error, batchId: row.id }, 'the claim of a batch was not kept'))
    }, claimMs / 10)
    const claim: Claim = {
      status: () => known?.status ?? row.status,
      isLost: () => stopping || known === undefined || now().getTime() - keptAt > claimMs,
    }
    try {
      // a batch that has just been validated goes on as it stands then
      await run(row, { ...claim, status: () => (claim.status() === 'validating' ? 'in_progress' : claim.status()) })
      await db.tenant(ctx, (tx) => batchRepository(tx, row.account_id).letGo(row.id, by))
    } catch (error) {
      log.error({ err: error, batchId: row.id }, 'a batch is left where it stands, until its claim ends')
    } finally {
      clearInterval(heart)
    }
  }

  /** Takes what it can; true when there may be more. */
  const round = async (): Promise<boolean> => {
    if (stopping || working.size >= batchesAtOnce || !calls.ready()) return false
    const by = newId('run', now())
    const row = await db.platform(systemCtx('batches'), (tx) => claimBatch(tx, now(), by, until()))
    if (!row) return false
    const one: Promise<void> = workOn(row, by).finally(() => working.delete(one))
    working.add(one)
    return true
  }

  const onFailure = (error: unknown) => log.warn({ err: error }, 'batches not looked through')
  const rounds = createRounds({ round, everyMs, onFailure })

  return {
    start(): void {
      stopping = false
      rounds.start()
    },
    /** Begins no further call, and lets go when those under way have ended. */
    async stop(): Promise<void> {
      stopping = true
      await rounds.stop()
      await Promise.all(working)
    },
  }
}
