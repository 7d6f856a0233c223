import type { Session } from '@cockpit/contract/identity'
import { type Clock, type Ctx, type Db, Problem, type Tx } from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import { belongsAlone, type Entrusted, isAbove, memberOf } from './entrusted.ts'
import type { KeepWayIn } from './keep-way-in.ts'
import { type Membership, within } from './model.ts'
import { type OpenSession, type OpenSessions, present } from './open-sessions.ts'
import type { Person } from './people-repository.ts'
import type { SecondFactors } from './port.ts'
import { endTokensOf } from './sessions.ts'
import { sessionRepository } from './sessions-repository.ts'

type Deps = {
  db: Db
  now: Clock
  actorOf: ActorOf
  openSessions: OpenSessions
  entrusted: Entrusted
  factors: SecondFactors
  keepWayIn: KeepWayIn['keepWayIn']
}

/**
 * How the people of an account are signed in, as its admins see and end it. Of somebody who belongs to other accounts too
 * that is only what reaches no other: the rest concerns those as much.
 */
export const createMemberSessions = (deps: Deps) => {
  const { db, now, actorOf, openSessions, entrusted, factors, keepWayIn } = deps

  const openHere = async (tx: Tx, userId: string): Promise<Here> => {
    const { accountId, actor } = tx.ctx
    const { person, memberships } = await memberOf(tx, accountId, userId)
    const isHere = (among: readonly Membership[]) => among.some((m) => m.accountId === accountId)
    const isWhole = actor.isSuperAdmin || belongsAlone(memberships, accountId)
    const reachesHere = ({ row }: OpenSession) =>
      isWhole ? isHere(within(row.only_account, memberships)) : row.only_account === accountId
    return { person, memberships, isWhole, open: (await openSessions.of(tx, userId)).filter(reachesHere) }
  }

  const refuseAbove = async (tx: Tx, { person, memberships }: Here) => {
    const { accountId, actor: by } = tx.ctx
    if (await isAbove(tx, { person, memberships, accountId, by }, actorOf))
      throw new Problem('access.denied', 'This person may do more than you, so you cannot end their sessions.')
  }

  /** False when it ended by itself meanwhile. */
  const endOne = async (tx: Tx, person: Person, id: string, reason: string): Promise<boolean> => {
    const ended = await sessionRepository(tx).end(person.id, id, now())
    if (ended) await tx.emit('session.ended', { subject: { type: 'session', id, name: person.name }, reason })
    return ended
  }

  return {
    list: (ctx: Ctx, userId: string): Promise<Session[]> =>
      db.platform(ctx, async (tx) => {
        const { open } = await openHere(tx, userId)
        return open.map((one) => present(one, ctx.sessionId))
      }),

    end: (ctx: Ctx, userId: string, id: string) =>
      db.platform(ctx, async (tx) => {
        const here = await openHere(tx, userId)
        await refuseAbove(tx, here)
        const { person, open } = here
        const isOpen = open.some(({ row }) => row.id === id)
        if (!isOpen || !(await endOne(tx, person, id, byAdmin)))
          throw new Problem('session.not_found', 'This person has no such session here.')
      }),

    endAll: (ctx: Ctx, userId: string): Promise<number> =>
      db.platform(ctx, async (tx) => {
        const here = await openHere(tx, userId)
        await refuseAbove(tx, here)
        const { person, open, isWhole } = here
        let ended = 0
        for (const { row } of open.filter(({ row }) => row.id !== ctx.sessionId))
          if (await endOne(tx, person, row.id, byAdmin)) ended += 1
        if (isWhole) await endTokensOf(tx, userId, { at: now(), name: person.name, reason: byAdmin })
        return ended
      }),

    resetFactors: (ctx: Ctx, userId: string) =>
      db.platform(ctx, async (tx) => {
        const asked = { by: ctx.actor, act: 'reset their second factors' }
        const person = await entrusted(tx, ctx.accountId, userId, asked)
        const held = await factors.of(tx, userId)
        if (held.length === 0) throw new Problem('second_factor.not_found', 'This person has no second factor here.')
        const otherwise = 'Make a link for a new password and let it be used'
        await keepWayIn(tx, userId, otherwise, () => factors.forget(tx, userId))
        const subject = { type: 'user', id: userId, name: person.name }
        await tx.emit('user.factors_reset', { subject, before: { factors: held } })
      }),
  }
}
type Here = {
  person: Person
  memberships: readonly Membership[]
  /** All there is of them is for this account to see. */
  isWhole: boolean
  open: OpenSession[]
}
export type MemberSessions = ReturnType<typeof createMemberSessions>

const byAdmin = 'Ended by an administrator.'
