import { type BreakGlassSession, breakGlassMinutesMax, type OpenBreakGlass } from '@cockpit/contract/break-glass'
import { plainBreakGlassCode } from '@cockpit/contract/break-glass-code'
import { isAllowedFrom, loopback, networksOf, senderOf } from '@cockpit/policy'
import {
  type Actor,
  type Clock,
  type Ctx,
  type Db,
  newId,
  Problem,
  platformAccount,
  randomSecret,
  safeEqual,
  sha256Hex,
  type Tx,
} from '../../../platform/index.ts'
import type { Attempts } from '../attempts.ts'
import { breakGlassFailuresPerAddressMax } from '../model.ts'
import type { RightsOf } from '../port.ts'
import type { LetsIn } from '../rules.ts'
import type { OpenedSession } from '../sessions.ts'
import { sessionRepository } from '../sessions-repository.ts'
import { type BreakGlassRow, breakGlassRepository } from './repository.ts'

type Deps = { db: Db; now: Clock; seal: string | null; attempts: Attempts; rightsOf: RightsOf; letsIn: LetsIn }

/** What the cookie of such a session begins with, so that no other session costs a look here. */
export const breakGlassTokenPrefix = 'bgl_'

/**
 * A super admin without a person, for when nobody can sign in. Needs nothing but the database: no identity provider, no
 * mail, no password. The seal in the environment decides: without it there is no such way in, and taking it away or
 * replacing it ends the session that it opened.
 */
export const createBreakGlass = ({ db, now, seal, attempts, rightsOf, letsIn }: Deps) => {
  const fingerprint = seal === null ? null : sha256Hex(seal)

  const actorOf = async (tx: Tx, id: string): Promise<Actor> => {
    const who = { kind: 'break_glass', id } as const
    const rights = await rightsOf(tx, { ...who, accountId: platformAccount, roles: ['super_admin'] })
    return { ...who, name: 'Break-glass administrator', ...rights, isPlatform: true, isSuperAdmin: true }
  }

  const proven = async (ctx: Ctx, code: string) => {
    const subject = `break_glass:${senderOf(ctx.ip)}`
    const counted = { subject, failuresMax: breakGlassFailuresPerAddressMax, shared: true } as const
    const attempt = await attempts.begin(ctx, [counted])
    if (seal === null || !safeEqual(`sha256:${sha256Hex(plainBreakGlassCode(code))}`, seal))
      throw new Problem('auth.failed', 'This is not the break-glass code of this installation.')
    return attempt
  }

  const tell = (tx: Tx, event: string, { id, reason, expires_at }: Told) =>
    tx.emit(event, { subject: { type: 'break_glass', id, name: 'Break-glass' }, after: { reason, endsAt: expires_at } })

  const newSession = (ctx: Ctx, { reason, minutes }: OpenBreakGlass) => {
    const at = now()
    const token = `${breakGlassTokenPrefix}${randomSecret()}`
    const row = {
      id: newId('bgl', at),
      seal_fingerprint: fingerprint ?? '',
      token_hash: sha256Hex(token),
      reason,
      opened_at: at,
      authenticated_at: at,
      expires_at: new Date(at.getTime() + minutes * 60_000),
      ip: ctx.ip,
      user_agent: ctx.userAgent,
    }
    return { token, row }
  }

  return {
    isSealed: seal !== null,
    minutesMax: breakGlassMinutesMax,
    actorOf,

    /** The session of a cookie, while the seal that opened it is the one in force. */
    async byToken(tx: Tx, token: string) {
      if (!token.startsWith(breakGlassTokenPrefix)) return null
      const found = await breakGlassRepository(tx).openByToken(sha256Hex(token), now())
      return found?.row.seal_fingerprint === fingerprint ? found : null
    },

    /** What was given out in such a session counts as long as it lasts. */
    async actorNow(tx: Tx, id: string): Promise<Actor | null> {
      const row = await breakGlassRepository(tx).openById(id, now())
      return row && row.seal_fingerprint === fingerprint ? actorOf(tx, id) : null
    },

    async open(ctx: Ctx, input: OpenBreakGlass, oldToken: string | null): Promise<OpenedSession> {
      const attempt = await proven(ctx, input.code)
      const { token, row } = newSession(ctx, input)
      const actor = await db.platform(ctx, (tx) => actorOf(tx, row.id))
      const breakGlass = { reason: row.reason, endsAt: row.expires_at }
      const own = { ...ctx, actor, accountId: platformAccount, breakGlass, sessionId: row.id }
      return db.platform(own, async (tx) => {
        // before the code is spent: nobody should spend it where the session then reaches nothing
        if (!(await admits(tx, letsIn))) throw fromElsewhere(ctx.ip)
        await tx.lock('break_glass') // of two browsers at once, one has used it
        await refuseUsed(tx, row.seal_fingerprint)
        await breakGlassRepository(tx).insert(row)
        await endSessionOfBrowser(tx, oldToken, row.opened_at)
        await attempts.succeeded(tx, attempt)
        await tell(tx, 'break_glass.opened', row)
        return { token, ctx: { ...own, authenticatedAt: row.authenticated_at } }
      })
    },

    /** The holder gave the code again, for a dangerous act. It renews nothing else. */
    async confirm(ctx: Ctx, code: string): Promise<{ token: string; at: Date }> {
      const attempt = await proven(ctx, code)
      const token = `${breakGlassTokenPrefix}${randomSecret()}`
      return db.platform(ctx, async (tx) => {
        const id = ctx.sessionId ?? ''
        await breakGlassRepository(tx).confirm(id, sha256Hex(token), attempt.at)
        await attempts.succeeded(tx, attempt)
        const subject = { type: 'break_glass', id, name: 'Break-glass' }
        await tx.emit('session.confirmed', { subject, after: { method: 'break_glass' } })
        return { token, at: attempt.at }
      })
    },

    /** The caller's own session, or whichever is open. Answers how many that were. */
    end: (ctx: Ctx, id: string | null): Promise<number> =>
      db.platform(ctx, async (tx) => {
        const ended = await breakGlassRepository(tx).end(id, now())
        for (const row of ended) await tell(tx, 'break_glass.ended', row)
        return ended.length
      }),

    sessions: (ctx: Ctx): Promise<BreakGlassSession[]> =>
      db.platform(ctx, async (tx) => {
        const seen = await breakGlassRepository(tx).acknowledgedUpTo(ctx.actor.id)
        return (await breakGlassRepository(tx).latest()).map((row) => present(row, { seen, now: now() }))
      }),

    acknowledge: (ctx: Ctx, upTo: Date): Promise<void> =>
      db.platform(ctx, async (tx) => {
        // nobody knows today of what is opened tomorrow
        const until = new Date(Math.min(upTo.getTime(), now().getTime()))
        await breakGlassRepository(tx).acknowledge(ctx.actor.id, until, now())
        const subject = { type: 'break_glass', id: ctx.actor.id, name: ctx.actor.name }
        await tx.emit('break_glass.acknowledged', { subject, after: { upTo: until } })
      }),
  }
}
export type BreakGlass = ReturnType<typeof createBreakGlass>
type Told = Pick<BreakGlassRow, 'id' | 'reason' | 'expires_at'>

/** The list of the platform counts, and this machine is always in it. */
const admits = async (tx: Tx, letsIn: LetsIn): Promise<boolean> =>
  isAllowedFrom(networksOf(loopback), tx.ctx.ip) || letsIn(tx, [platformAccount], tx.ctx.ip)

const fromElsewhere = (ip: string | null) =>
  new Problem(
    'network.not_allowed',
    `The address ${ip} is in none of the networks of the platform; the code is still good from there, and from the machine itself.`,
  )

const refuseUsed = async (tx: Tx, fingerprint: string): Promise<void> => {
  const used = await breakGlassRepository(tx).bySeal(fingerprint)
  if (!used) return
  throw new Problem(
    'break_glass.used',
    `This code was used at ${used.opened_at.toISOString()}, and works once. Make a new one with 'cockpit break-glass seal'.`,
  )
}

/** A browser has one session at a time. */
const endSessionOfBrowser = async (tx: Tx, token: string | null, at: Date): Promise<void> => {
  const old = token && (await sessionRepository(tx).byTokenHash(sha256Hex(token), at))
  if (old) await sessionRepository(tx).end(old.user_id, old.id, at)
}

const present = (row: BreakGlassRow, { seen, now }: { seen: Date | null; now: Date }): BreakGlassSession => {
  const ends = row.ended_at ?? row.expires_at
  return {
    id: row.id,
    reason: row.reason,
    openedAt: row.opened_at.toISOString(),
    endsAt: ends.toISOString(),
    open: ends > now,
    ip: row.ip,
    userAgent: row.user_agent,
    acknowledged: seen !== null && row.opened_at <= seen,
  }
}
