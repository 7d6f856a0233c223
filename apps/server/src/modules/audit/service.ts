import { type Ctx, type Db, platformAccount } from '../../platform/index.ts'
import { auditRepository, type EventQuery } from './repository.ts'

export const createAudit = ({ db }: { db: Db }) => ({
  /** The events of one account; of every account and the platform for a super admin who chose none. */
  list(ctx: Ctx, query: EventQuery) {
    const everywhere = ctx.accountId === platformAccount && ctx.actor.isSuperAdmin
    return (everywhere ? db.platform : db.tenant)(ctx, (tx) => auditRepository(tx).page(query))
  },
})
export type Audit = ReturnType<typeof createAudit>
