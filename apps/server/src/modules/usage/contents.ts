import type { ContentErasure, ContentPolicy, KeptContent } from '@cockpit/contract/kept-content'
import { z } from 'zod'
import {
  type Clock,
  type Ctx,
  changesOf,
  type Db,
  job,
  Problem,
  refuseOutlasting,
  systemCtx,
  type Tx,
} from '../../platform/index.ts'
import { holdTurn, isHeld } from '../audit/index.ts'
import { contentsRepository, limitedContents } from './contents.repository.ts'
import { usageRepository } from './repository.ts'

const dayMs = 86_400_000
/** So many texts leave at once: a hold must not wait long for its turn. */
const expiredAtOnce = 2_000

export const createContents = ({ db, now }: { db: Db; now: Clock }) => {
  const told = async (tx: Tx, accountId: string): Promise<KeptContent> => {
    const repository = contentsRepository(tx, accountId)
    const { requests, oldest } = await repository.sums()
    return {
      kept: await usageRepository(tx).keepsContent(),
      ...(await repository.policy()),
      held: await isHeld(tx, accountId),
      requests,
      oldestAt: oldest?.toISOString() ?? null,
    }
  }

  /** Whether more may be left. */
  const expireSome = (accountId: string, days: number): Promise<boolean> =>
    db.platform(systemCtx('usage', accountId), async (tx) => {
      await tx.lock(holdTurn)
      if (await isHeld(tx, accountId)) return false
      const before = new Date(now().getTime() - days * dayMs)
      const erased = await contentsRepository(tx, accountId).expire(before, expiredAtOnce)
      if (erased > 0) await tx.emit('kept_content.expired', { subject: subjectOf(accountId), after: { erased, days } })
      return erased === expiredAtOnce
    })

  const run = async (): Promise<void> => {
    for (const { accountId, days } of await db.platform(systemCtx('usage'), limitedContents))
      while (await expireSome(accountId, days));
  }

  return {
    get: (ctx: Ctx): Promise<KeptContent> => db.tenant(ctx, (tx) => told(tx, ctx.accountId)),

    set: (ctx: Ctx, policy: ContentPolicy): Promise<KeptContent> =>
      db.tenant(ctx, async (tx) => {
        await tx.lock('contents') // of two first changes at once, none must be lost
        const repository = contentsRepository(tx, ctx.accountId)
        const before = await repository.policy()
        const changes = changesOf(before, policy)
        if (changes) {
          if (policy.days !== null && (before.days === null || policy.days < before.days))
            refuseOutlasting(ctx, ['audit.manage'], null)
          await repository.setPolicy(policy, now())
          await tx.emit('kept_content.set', { subject: subjectOf(ctx.accountId), ...changes })
        }
        return told(tx, ctx.accountId)
      }),

    erase: (ctx: Ctx, { userId, before }: ContentErasure): Promise<{ erased: number }> =>
      db.tenant(ctx, async (tx) => {
        refuseOutlasting(ctx, ['audit.manage'], null)
        await tx.lock(holdTurn)
        if (await isHeld(tx, ctx.accountId))
          throw new Problem('kept_content.held', 'A legal hold keeps the texts of requests; release it first.')
        const erased = await contentsRepository(tx, ctx.accountId).erase({
          userId,
          before: before === undefined ? undefined : new Date(before),
        })
        await tx.emit('kept_content.erased', { subject: subjectOf(ctx.accountId), after: { userId, before, erased } })
        return { erased }
      }),

    /** What gateways must know; nothing where texts are kept as they are. */
    async slice(tx: Tx): Promise<true | undefined> {
      return (await contentsRepository(tx, tx.ctx.accountId).policy()).masked || undefined
    },

    run,
    job: job({ name: 'usage.expire-contents', input: z.object({}), run, schedule: { cron: '41 * * * *', input: {} } }),
  }
}
export type Contents = ReturnType<typeof createContents>

const subjectOf = (id: string) => ({ type: 'kept_content', id, name: 'Texts of requests' })
