import type { AuditHold, AuditRetention } from '@cockpit/contract/audit'
import type { PageQuery } from '@cockpit/contract/kit'
import {
  type Clock,
  type Ctx,
  type Db,
  type Log,
  newId,
  Problem,
  refuseOutlasting,
  systemCtx,
  type Tx,
} from '../../platform/index.ts'
import type { Checkpoints } from './checkpoints.ts'
import { checkpointRepository } from './checkpoints-repository.ts'
import { retentionRepository } from './retention-repository.ts'

type Deps = { db: Db; now: Clock; log: Log; checkpoints: Checkpoints }
const dayMs = 86_400_000
/** Whatever removes for good and the holds of an account take turns: a hold that was answered is one that holds. */
export const holdTurn = 'audit.retention'
export const isHeld = (tx: Tx, accountId: string): Promise<boolean> => retentionRepository(tx).isHeld(accountId)

export const createRetention = ({ db, now, log, checkpoints }: Deps) => {
  const cutoffOf = (days: number) => new Date(now().getTime() - days * dayMs)

  /** What a number of days would remove at the next run. */
  const effectOf = async (tx: Tx, accountId: string, days: number | null): Promise<AuditRetention> => {
    const repository = retentionRepository(tx)
    const covering = days === null ? null : await checkpointRepository(tx).lastBefore(accountId, cutoffOf(days))
    const removable = Math.max(0, (covering?.seq ?? 0) - (await repository.prunedSeq(accountId)))
    return { days, held: await repository.isHeld(accountId), removable }
  }

  /**
   * Three short steps, and the order is the proof: the anchor is signed and written outside before anything goes, and an
   * anchor for events that are still there does no harm.
   */
  const pruneOne = async (accountId: string, days: number) => {
    const ctx = systemCtx('audit', accountId)
    const covering = await db.platform(ctx, async (tx) => {
      const { held, removable } = await effectOf(tx, accountId, days)
      return held || removable === 0 ? null : checkpointRepository(tx).lastBefore(accountId, cutoffOf(days))
    })
    if (!covering) return
    const anchor = checkpoints.signed('anchor', accountId, { seq: covering.seq, hash: covering.hash })
    await db.platform(ctx, (tx) => checkpointRepository(tx).insert([anchor]))
    await checkpoints.exportAll()
    await db.platform(ctx, async (tx) => {
      await tx.lock(holdTurn)
      if (await retentionRepository(tx).isHeld(accountId)) return
      const removed = await retentionRepository(tx).prune(accountId, covering.seq)
      await tx.emit('audit.pruned', {
        subject: { type: 'account', id: accountId, name: 'Audit log' },
        after: { removed, through: covering.seq, days },
      })
    })
  }

  return {
    get: (ctx: Ctx): Promise<AuditRetention> =>
      db.tenant(ctx, async (tx) => effectOf(tx, ctx.accountId, await retentionRepository(tx).days(ctx.accountId))),

    set: (ctx: Ctx, days: number | null, dryRun: boolean): Promise<AuditRetention> =>
      db.tenant(ctx, async (tx) => {
        const before = await retentionRepository(tx).days(ctx.accountId)
        if (!dryRun && before !== days) {
          if (days !== null && (before === null || days < before)) refuseOutlasting(ctx, ['audit.manage'], null)
          await retentionRepository(tx).setDays(ctx.accountId, days, now())
          await tx.emit('audit_retention.set', {
            subject: { type: 'audit_retention', id: ctx.accountId, name: 'Audit retention' },
            before: { days: before },
            after: { days },
          })
        }
        return effectOf(tx, ctx.accountId, days)
      }),

    listHolds: (ctx: Ctx, query: PageQuery) =>
      db.tenant(ctx, (tx) => retentionRepository(tx).holds(ctx.accountId, query)),

    hold: (ctx: Ctx, reason: string): Promise<AuditHold> =>
      db.tenant(ctx, async (tx) => {
        await tx.lock(holdTurn)
        const id = newId('ahld', now())
        const byPlatform = ctx.actor.isPlatform
        await retentionRepository(tx).insertHold(ctx.accountId, { id, reason, byPlatform, at: now() })
        await tx.emit('audit_hold.created', {
          subject: { type: 'audit_hold', id, name: reason },
          after: { reason, byPlatform },
        })
        return (await retentionRepository(tx).hold(ctx.accountId, id)) ?? missing(id)
      }),

    release: (ctx: Ctx, id: string): Promise<AuditHold> =>
      db.tenant(ctx, async (tx) => {
        await tx.lock(holdTurn)
        const hold = (await retentionRepository(tx).hold(ctx.accountId, id)) ?? missing(id)
        if (hold.byPlatform && !ctx.actor.isPlatform)
          throw new Problem(
            'audit_hold.of_platform',
            'The platform placed this hold, and only the platform releases it.',
          )
        if (hold.releasedAt) return hold
        refuseOutlasting(ctx, ['audit.manage'], null) // what is removed then does not come back
        await retentionRepository(tx).release(ctx.accountId, id, now())
        await tx.emit('audit_hold.released', {
          subject: { type: 'audit_hold', id, name: hold.reason },
          before: { reason: hold.reason },
        })
        return (await retentionRepository(tx).hold(ctx.accountId, id)) ?? missing(id)
      }),

    /** Removes what is older than each account keeps, as far as it is signed for and nothing holds it. */
    async run(signal?: AbortSignal): Promise<void> {
      for (const { accountId, days } of await db.platform(systemCtx('audit'), (tx) =>
        retentionRepository(tx).limited(),
      )) {
        if (signal?.aborted) return
        await pruneOne(accountId, days).catch((error: unknown) =>
          log.error({ err: error, accountId }, 'audit events not pruned; tried again at the next run'),
        )
      }
    },
  }
}
export type Retention = ReturnType<typeof createRetention>

const missing = (id: string): never => {
  throw new Problem('audit_hold.not_found', `No legal hold '${id}'.`)
}
