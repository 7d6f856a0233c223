import type { Session } from '@cockpit/contract/identity'
import {
  type Clock,
  type Ctx,
  type Db,
  hashPassword,
  newId,
  Problem,
  platformAccount,
  randomSecret,
  sha256Hex,
  type Tx,
  verifyPassword,
} from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import type { Attempts } from './attempts.ts'
import {
  failuresPerAddressMax,
  failuresPerEmailMax,
  sessionAbsoluteMs,
  sessionIdleMs,
  standingOf,
  suspended,
} from './model.ts'
import { peopleRepository } from './people-repository.ts'
import { type SessionRow, sessionRepository } from './sessions-repository.ts'

type SessionDeps = { db: Db; now: Clock; attempts: Attempts; actorOf: ActorOf }
/** The secret for the cookie, and the context of the person who is signed in from now on. */
export type OpenedSession = { token: string; ctx: Ctx }

/** How somebody proved who they are. */
export type Proof = {
  /** As in RFC 8176: `pwd`, `otp`, `hwk` … */
  methods: readonly string[]
  /** `local`, or the name of the identity provider. */
  provider: string
  authenticatedAt: Date
  /** The login at the provider that this session stands on, and ends with. */
  idpSession?: { issuer: string; subject: string; sid: string | null }
  /** Set when the provider speaks for one account only; the session reaches no other. */
  onlyAccount?: string | null
}

export const createSessions = ({ db, now, attempts, actorOf }: SessionDeps) => {
  // an unknown e-mail costs the same time as a wrong password, so the time tells nobody who is here
  let nobodysHash: Promise<string> | undefined
  const hashOfNobody = () => {
    nobodysHash ??= hashPassword(randomSecret())
    return nobodysHash
  }

  /** What somebody does with their own sessions and password stands in the story of the account they act in. */
  const told = async (tx: Tx, event: string, subject: { type: string; id: string; name: string }) => {
    const { home } = standingOf(await peopleRepository(tx).memberships(tx.ctx.actor.id))
    await tx.emit(event, { subject, accountId: home?.accountId ?? platformAccount })
  }

  const end = async (tx: Tx, id: string): Promise<boolean> => {
    const { id: userId, name } = tx.ctx.actor
    const ended = await sessionRepository(tx).end(userId, id, now())
    if (ended) await told(tx, 'session.ended', { type: 'session', id, name })
    return ended
  }

  const byPassword = (): Proof => ({ methods: ['pwd'], provider: 'local', authenticatedAt: now() })

  /** Begins a session of the actor, with a new secret; a session that this browser had before ends. */
  const open = async (tx: Tx, oldToken: string | null, proof = byPassword()): Promise<OpenedSession> => {
    const { ctx } = tx
    const at = now()
    const token = randomSecret()
    const id = newId('ses', at)
    const sessions = sessionRepository(tx)
    const old = oldToken && (await sessions.byTokenHash(sha256Hex(oldToken), at))
    if (old) await sessions.end(old.user_id, old.id, at)
    await sessions.insert({
      id,
      token_hash: sha256Hex(token),
      user_id: ctx.actor.id,
      created_at: at,
      last_seen_at: at,
      expires_at: new Date(at.getTime() + sessionAbsoluteMs),
      ip: ctx.ip,
      user_agent: ctx.userAgent,
      authenticated_at: proof.authenticatedAt,
      methods: [...proof.methods],
      provider: proof.provider,
      idp_issuer: proof.idpSession?.issuer ?? null,
      idp_subject: proof.idpSession?.subject ?? null,
      idp_sid: proof.idpSession?.sid ?? null,
      only_account: proof.onlyAccount ?? null,
    })
    await peopleRepository(tx).seen(ctx.actor.id, at)
    await tx.emit('session.created', { subject: { type: 'session', id, name: ctx.actor.name } })
    return { token, ctx: { ...ctx, sessionId: id, authenticatedAt: proof.authenticatedAt } }
  }

  return {
    open,

    async signIn(ctx: Ctx, { email, password }: { email: string; password: string }, oldToken: string | null) {
      const attempt = await attempts.begin(ctx, [
        { subject: `email:${email}`, failuresMax: failuresPerEmailMax },
        { subject: `ip:${ctx.ip}`, failuresMax: failuresPerAddressMax },
      ])
      const { person, memberships } = await db.platform(ctx, async (tx) => {
        const person = await peopleRepository(tx).byEmail(email)
        return { person, memberships: person ? await peopleRepository(tx).memberships(person.id) : [] }
      })
      const isRight = await verifyPassword(person?.passwordHash ?? (await hashOfNobody()), password)
      if (!person?.passwordHash || !isRight) throw new Problem('auth.failed', 'The e-mail or the password is wrong.')
      const standing = standingOf(memberships)
      if (standing.suspended) throw suspended()
      const accountId = standing.platform ? platformAccount : (standing.home?.accountId ?? platformAccount)
      const actor = await db.platform(ctx, (tx) => actorOf(tx, person, standing))
      return db.platform({ ...ctx, actor, accountId }, async (tx) => {
        await attempts.succeeded(tx, attempt)
        return open(tx, oldToken)
      })
    },

    signOut: (ctx: Ctx) =>
      db.platform(ctx, async (tx) => {
        if (ctx.sessionId) await end(tx, ctx.sessionId)
      }),

    list: (ctx: Ctx): Promise<Session[]> =>
      db.platform(ctx, async (tx) => {
        const rows = await sessionRepository(tx).of(ctx.actor.id, now())
        return rows.map((row) => present(row, ctx.sessionId))
      }),

    end: (ctx: Ctx, id: string) =>
      db.platform(ctx, async (tx) => {
        if (!(await end(tx, id))) throw new Problem('session.not_found', 'You have no such session.')
      }),

    async changePassword(ctx: Ctx, { current, next }: { current: string; next: string }) {
      const person = await db.platform(ctx, (tx) => peopleRepository(tx).byId(ctx.actor.id))
      if (!person?.passwordHash) throw new Problem('access.denied', 'Only a person with a password can change it.')
      // a stolen session must not become a place to guess the password
      const attempt = await attempts.begin(ctx, [
        { subject: `email:${person.email}`, failuresMax: failuresPerEmailMax },
      ])
      if (!(await verifyPassword(person.passwordHash, current)))
        throw new Problem('auth.failed', 'This is not your current password.')
      const passwordHash = await hashPassword(next)
      await db.platform(ctx, async (tx) => {
        await attempts.succeeded(tx, attempt)
        await peopleRepository(tx).setPasswordHash(person.id, passwordHash)
        await sessionRepository(tx).endOthers(person.id, ctx.sessionId, now())
        await told(tx, 'user.password_changed', { type: 'user', id: person.id, name: person.name })
      })
    },
  }
}
export type Sessions = ReturnType<typeof createSessions>

const present = (row: SessionRow, currentId: string | null): Session => ({
  id: row.id,
  createdAt: row.created_at.toISOString(),
  lastSeenAt: row.last_seen_at.toISOString(),
  expiresAt: new Date(Math.min(row.expires_at.getTime(), row.last_seen_at.getTime() + sessionIdleMs)).toISOString(),
  ip: row.ip,
  userAgent: row.user_agent,
  current: row.id === currentId,
})
