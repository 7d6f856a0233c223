import {
  type AccessSettings,
  type Impersonation,
  impersonationPolicies,
  type NewImpersonation,
} from '@cockpit/contract/impersonations'
import type { PageQuery } from '@cockpit/contract/kit'
import { mayBeSeenBy } from '@cockpit/policy'
import { type Clock, type Ctx, type Db, newId, Problem, refuseOutlasting, type Tx } from '../../platform/index.ts'
import { partyRepository } from './assignments-repository.ts'
import { impersonationRepository } from './impersonations-repository.ts'
import type { RightsOf } from './rights.ts'

type Deps = { db: Db; now: Clock; rightsOf: RightsOf }

const lastsMs = 30 * 60_000

/** Seeing the product as somebody else: downwards only, for half an hour, with a reason, and never unnoticed. */
export const createImpersonations = ({ db, now, rightsOf }: Deps) => {
  const refuseUp = async (tx: Tx, userId: string) => {
    const roles = await partyRepository(tx).rolesOf(userId)
    if (roles.length === 0) throw new Problem('user.not_found', 'There is no such active person in this account.')
    const theirs = await rightsOf(tx, { kind: 'user', id: userId, accountId: tx.ctx.accountId, roles })
    const { isSuperAdmin, permissions } = tx.ctx.actor
    const above = isSuperAdmin ? [] : mayBeSeenBy(theirs, permissions)
    if (above.length > 0)
      throw new Problem('impersonation.above', `They may do what you may not: ${above.slice(0, 3).join(', ')}.`)
  }

  const refuseForbidden = async (tx: Tx, { writes }: NewImpersonation) => {
    const policy = await impersonationRepository(tx, now()).policy()
    if (policy === 'forbidden')
      throw new Problem('impersonation.not_allowed', 'This account lets nobody see the product as its people.')
    if (writes && policy === 'read_only')
      throw new Problem('impersonation.not_allowed', 'This account lets others look, and change nothing.')
  }

  const told = ({ subject, ticket, writes, expiresAt }: Impersonation) => ({ subject, ticket, writes, expiresAt })
  const subjectOf = ({ subject }: Impersonation) => ({ type: 'user', id: subject.id, name: subject.name })

  return {
    list: (ctx: Ctx, query: PageQuery) => db.tenant(ctx, (tx) => impersonationRepository(tx, now()).page(query)),

    /** People of the platform stand in another account than whom they look at, so this runs through the platform door. */
    start: (ctx: Ctx, input: NewImpersonation): Promise<Impersonation> =>
      db.platform(ctx, async (tx) => {
        const { sessionId, actor } = ctx
        if (sessionId === null || actor.kind !== 'user')
          throw new Problem('impersonation.not_allowed', 'Only a person in a browser can see the product as another.')
        if (input.userId === actor.id) throw new Problem('impersonation.not_allowed', 'You see it as yourself already.')
        if (await partyRepository(tx).isOfPlatform(input.userId))
          throw new Problem('impersonation.above', 'Nobody sees the product as a person of the platform.')
        await refuseUp(tx, input.userId)
        await refuseForbidden(tx, input)
        const at = now()
        const id = newId('imp', at)
        const masks = impersonationRepository(tx, at)
        await masks.insert({
          id,
          subject_id: input.userId,
          actor_id: actor.id,
          actor_name: actor.name,
          session_id: sessionId,
          reason: input.reason,
          ticket: input.ticket,
          writes: input.writes,
          started_at: at,
          expires_at: new Date(at.getTime() + lastsMs),
        })
        await masks.putOn(sessionId, id)
        const started = await masks.find(id)
        if (!started) throw new Error('an impersonation vanished in its own transaction')
        await tx.emit('impersonation.started', {
          subject: subjectOf(started),
          after: told(started),
          reason: input.reason,
        })
        return started
      }),

    stop: (ctx: Ctx) =>
      db.platform(ctx, async (tx) => {
        const masks = impersonationRepository(tx, now())
        if (ctx.sessionId === null) return
        const mask = (await masks.ofSession(ctx.sessionId))?.mask
        await masks.takeOff(ctx.sessionId)
        if (!mask) return
        await masks.end(mask.id)
        await tx.emit('impersonation.ended', {
          subject: subjectOf(mask),
          before: told(mask),
          accountId: mask.accountId,
        })
      }),

    mine: (ctx: Ctx) =>
      db.platform(ctx, async (tx) => ({ items: await impersonationRepository(tx, now()).noticesOf(ctx.actor.id) })),
    markSeen: (ctx: Ctx) => db.platform(ctx, (tx) => impersonationRepository(tx, now()).markSeen(ctx.actor.id)),

    settings: (ctx: Ctx): Promise<AccessSettings> =>
      db.tenant(ctx, async (tx) => ({ impersonation: await impersonationRepository(tx, now()).policy() })),

    setSettings: (ctx: Ctx, { impersonation }: AccessSettings): Promise<AccessSettings> =>
      db.tenant(ctx, async (tx) => {
        const masks = impersonationRepository(tx, now())
        await tx.lock('access_settings')
        const before = await masks.policy()
        if (before === impersonation) return { impersonation }
        const opens = impersonationPolicies.indexOf(impersonation) > impersonationPolicies.indexOf(before)
        if (opens) refuseOutlasting(ctx, ['access.write'], null)
        await masks.setPolicy(impersonation)
        const subject = { type: 'access_settings', id: ctx.accountId, name: 'Access settings' }
        await tx.emit('access_settings.updated', {
          subject,
          before: { impersonation: before },
          after: { impersonation },
        })
        if (impersonation === 'forbidden')
          for (const ended of await masks.endAll())
            await tx.emit('impersonation.ended', {
              subject: subjectOf(ended),
              before: told(ended),
              reason: 'Forbidden',
            })
        return { impersonation }
      }),
  }
}

/** What a session wears, for identity, in the transaction that finds out who sends a request. */
export const createMaskOf =
  ({ now }: { now: Clock }) =>
  (tx: Tx, sessionId: string) =>
    impersonationRepository(tx, now()).ofSession(sessionId)
