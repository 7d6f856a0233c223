import {
  type SecurityEvent,
  type SecurityEventName,
  securityEventDays,
  securityEventNames,
  securityEventRoutes,
} from '@cockpit/contract/security-events'
import { bind, type Clock, type Ctx, type Db, type Tx } from '../../platform/index.ts'
import { auditRepository } from './repository.ts'

const dayMs = 24 * 60 * 60_000

/** Where the story of somebody's sign-in stands: in their accounts, under their own id and those of their sessions. */
export type TrailOf = (
  tx: Tx,
  userId: string,
  since: Date,
) => Promise<{ accountIds: readonly string[]; sessionIds: readonly string[] }>
type Deps = { db: Db; now: Clock; trailOf: TrailOf }

/** What a person may read of the audit log without any permission: what was done to their own sign-in. */
export const ownEventHandlers = ({ db, now, trailOf }: Deps) => {
  const list = (ctx: Ctx): Promise<SecurityEvent[]> =>
    db.platform(ctx, async (tx) => {
      const { id } = ctx.actor
      const since = new Date(now().getTime() - securityEventDays * dayMs)
      const { accountIds, sessionIds } = await trailOf(tx, id, since)
      const about = { accountIds, subjectIds: [id, ...sessionIds], names: securityEventNames, since }
      const events = await auditRepository(tx).about(about, { endedBy: id, limit: 20 })
      return events.map(({ actor, name, ip, ...event }) => {
        const isYou = actor.id === id
        return {
          ...{ id: event.id, at: event.at, name: name as SecurityEventName, reason: event.reason },
          by: actor.kind === 'system' ? null : { name: actor.name, isYou },
          // where an administrator sits is theirs to know
          ip: isYou ? ip : null,
        }
      })
    })
  return bind(securityEventRoutes, { list: async ({ ctx }) => ({ items: await list(ctx) }) })
}
