/** What copies of calls said beside the answers that callers got: noted by gateways, told with the route. */
import type { ShadowReport } from '@cockpit/contract/routing'
import { z } from 'zod'
import { type AnyJob, type Clock, type Ctx, type Db, job, type Log, systemCtx } from '../../platform/index.ts'
import { missing } from './catalog.ts'
import { modelRepository } from './repository.ts'
import { shadowRepository } from './shadow-repository.ts'

type Told = { id: string; durationMs: number; outputTokens: number; creditMicros: bigint }
/** One call and its copy. */
export type ShadowPair = {
  accountId: string
  modelId: string
  at: Date
  copyModel: string
  verdict: 'same' | 'different' | 'failed'
  original: Told
  copy: Told
}

const keptMs = 30 * 86_400_000
const everyMs = 1_000
/** What comes faster than it can be written is not compared. */
const waitingMax = 1_000

export const createShadows = ({ db, now, log }: { db: Db; now: Clock; log: Log }) => {
  let waiting: ShadowPair[] = []
  let timer: NodeJS.Timeout | null = null

  const write = async () => {
    timer = null
    const pairs = waiting
    waiting = []
    for (const accountId of new Set(pairs.map((pair) => pair.accountId)))
      await db.tenant(systemCtx('shadow answers', accountId), (tx) =>
        shadowRepository(tx).insert(pairs.filter((pair) => pair.accountId === accountId).map(rowOf)),
      )
  }

  const prune: AnyJob = job({
    name: 'models.prune-shadow-answers',
    input: z.object({}),
    run: () =>
      db.platform(systemCtx('shadow answers'), (tx) => shadowRepository(tx).prune(new Date(now().getTime() - keptMs))),
    schedule: { cron: '47 3 * * *', input: {} },
  })

  return {
    prune,
    report: (ctx: Ctx, id: string): Promise<ShadowReport> =>
      db.tenant(ctx, async (tx) => {
        const model = (await modelRepository(tx).find(id, [])) ?? missing()
        return shadowRepository(tx).report(model.id)
      }),
    /** Neither waits nor fails: figures about calls are no calls. */
    note(pair: ShadowPair): void {
      if (waiting.length >= waitingMax) return
      waiting.push(pair)
      timer ??= setTimeout(
        () => void write().catch((error: unknown) => log.warn({ err: error }, 'shadow answers are not noted')),
        everyMs,
      )
      timer.unref()
    },
  }
}

const rowOf = ({ modelId, at, copyModel, verdict, original, copy }: ShadowPair) => ({
  model_id: modelId,
  original_id: original.id,
  copy_id: copy.id,
  at,
  copy_model: copyModel,
  verdict,
  original_ms: original.durationMs,
  copy_ms: copy.durationMs,
  original_tokens: original.outputTokens,
  copy_tokens: copy.outputTokens,
  original_micros: original.creditMicros,
  copy_micros: copy.creditMicros,
})
