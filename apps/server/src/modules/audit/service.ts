import type { AuditEvent } from '@cockpit/contract/audit'
import { type Ctx, type Db, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import { auditRepository, type EventQuery } from './repository.ts'

export const createAudit = ({ db }: { db: Db }) => ({
  /** The events of one account; of every account and the platform for a super admin who chose none. */
  list: (ctx: Ctx, query: EventQuery) => seeing(db, ctx, (tx) => auditRepository(tx).page(query)),

  get: (ctx: Ctx, id: string): Promise<AuditEvent> =>
    seeing(db, ctx, async (tx) => {
      const event = await auditRepository(tx).find(id)
      if (!event) throw new Problem('audit_event.not_found', `No audit event '${id}'.`)
      return event
    }),
})
export type Audit = ReturnType<typeof createAudit>

const seeing = <T>(db: Db, ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T> =>
  ctx.accountId === platformAccount && ctx.actor.isPlatform ? db.platform(ctx, work) : db.tenant(ctx, work)
