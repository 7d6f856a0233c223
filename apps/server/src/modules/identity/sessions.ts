import type { Session } from '@cockpit/contract/identity'
import {
  type Clock,
  type Ctx,
  type Db,
  newId,
  Problem,
  platformAccount,
  randomSecret,
  sha256Hex,
  type Tx,
} from '../../platform/index.ts'
import { standingOf } from './model.ts'
import { onlyAccountOf } from './only-account.ts'
import { type OpenSessions, present } from './open-sessions.ts'
import { peopleRepository } from './people-repository.ts'
import { resolutionRepository } from './resolution/repository.ts'
import { sessionRepository } from './sessions-repository.ts'

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

type Deps = { db: Db; now: Clock; openSessions: OpenSessions }

export const createSessions = ({ db, now, openSessions }: Deps) => {
  /** What somebody does with their own sessions and password stands in the story of the account they act in. */
  const told = async (
    tx: Tx,
    event: string,
    { of = tx.ctx.actor.id, ...story }: { of?: string; subject: Subject; after?: object; reason?: string },
  ) => {
    const { home } = standingOf(await peopleRepository(tx).memberships(of))
    await tx.emit(event, { ...story, accountId: home?.accountId ?? platformAccount })
  }

  const end = async (tx: Tx, id: string, onlyAccount: string | null = null): Promise<boolean> => {
    const { id: userId, name } = tx.ctx.actor
    const ended = await sessionRepository(tx).end(userId, id, now(), onlyAccount)
    if (ended) await told(tx, 'session.ended', { subject: { type: 'session', id, name } })
    return ended
  }

  const endAllOf = async (
    tx: Tx,
    userId: string,
    {
      except = null,
      onlyAccount = null,
      reason,
    }: { except?: string | null; onlyAccount?: string | null; reason: string },
  ): Promise<number> => {
    const open = new Set((await openSessions.of(tx, userId)).map(({ row }) => row.id))
    // one that nobody used for too long ends as well, or it would be back as soon as a limit is loosened
    const all = await sessionRepository(tx).endAll(userId, now(), { exceptId: except, onlyAccount })
    const ended = all.filter((id) => open.has(id))
    const name = (await peopleRepository(tx).byId(userId))?.name ?? userId
    // tokens end for all accounts or for none
    if (onlyAccount === null) await endTokensOf(tx, userId, { at: now(), name, reason })
    for (const id of ended) {
      const subject = { type: 'session', id, name }
      await told(tx, 'session.ended', { of: userId, subject, reason })
    }
    return ended.length
  }

  return {
    told,

    /** Begins a session of the actor, with a new secret; a session that this browser had before ends. */
    async open(tx: Tx, oldToken: string | null, proof: Proof = byPassword(now())): Promise<OpenedSession> {
      const { ctx } = tx
      const at = now()
      const token = randomSecret()
      const id = newId('ses', at)
      const limits = (await openSessions.limitsFor(tx, ctx.actor.id))(proof.onlyAccount ?? null)
      const sessions = sessionRepository(tx)
      const old = oldToken && (await sessions.byTokenHash(sha256Hex(oldToken), at))
      if (old) await sessions.end(old.user_id, old.id, at)
      await sessions.insert({
        id,
        token_hash: sha256Hex(token),
        user_id: ctx.actor.id,
        created_at: at,
        last_seen_at: at,
        expires_at: new Date(at.getTime() + limits.absoluteMs),
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
    },

    /** The session of `ctx` was proven again just now, and gets a new secret with it. */
    async confirm(tx: Tx, id: string, method: string): Promise<string> {
      const token = randomSecret()
      await sessionRepository(tx).confirm(id, { hash: sha256Hex(token), method, at: now() })
      const { name } = tx.ctx.actor
      await told(tx, 'session.confirmed', { subject: { type: 'session', id, name }, after: { method } })
      return token
    },

    /**
     * Ends what a person has open, in the transaction of the change that is the reason for it. Answers how many sessions
     * that were.
     */
    endAllOf,

    /**
     * Sessions of the actor that a password alone opened end, but the one they act in: whoever knew the password only is
     * not to stay beside a second factor.
     */
    async endByPasswordAlone(tx: Tx, reason: string): Promise<void> {
      const { actor, sessionId } = tx.ctx
      const open = await openSessions.of(tx, actor.id)
      for (const { row } of open) {
        const isWeak = row.idp_issuer === null && row.methods.every((method) => method === 'pwd')
        if (!isWeak || row.id === sessionId || !(await sessionRepository(tx).end(actor.id, row.id, now()))) continue
        await told(tx, 'session.ended', { subject: { type: 'session', id: row.id, name: actor.name }, reason })
      }
    },

    /** Whoever sees the product as somebody else ends their own session. */
    signOut: ({ impersonator, ...ctx }: Ctx) =>
      db.platform(
        {
          ...ctx,
          actor: { ...ctx.actor, ...(impersonator && { id: impersonator.id, name: impersonator.name }) },
          impersonator: null,
        },
        async (tx) => {
          if (ctx.sessionId) await end(tx, ctx.sessionId)
        },
      ),

    list: (ctx: Ctx): Promise<Session[]> =>
      db.platform(ctx, async (tx) => {
        const onlyAccount = await onlyAccountOf(tx)
        const open = await openSessions.of(tx, ctx.actor.id)
        return open
          .filter(({ row }) => onlyAccount === null || row.only_account === onlyAccount)
          .map((one) => present(one, ctx.sessionId))
      }),

    endOthers: (ctx: Ctx): Promise<number> =>
      db.platform(ctx, async (tx) =>
        endAllOf(tx, ctx.actor.id, {
          except: ctx.sessionId,
          onlyAccount: await onlyAccountOf(tx),
          reason: 'Ended from another session of the person.',
        }),
      ),

    end: (ctx: Ctx, id: string) =>
      db.platform(ctx, async (tx) => {
        if (!(await end(tx, id, await onlyAccountOf(tx))))
          throw new Problem('session.not_found', 'You have no such session.')
      }),
  }
}
export type Sessions = ReturnType<typeof createSessions>
type Subject = { type: string; id: string; name: string }

/** Tokens of an identity provider that somebody holds count as sessions: those issued until now open nothing any more. */
export const endTokensOf = async (
  tx: Tx,
  userId: string,
  { at, name, reason }: { at: Date; name: string; reason: string },
) => {
  if (!(await resolutionRepository(tx).hasIdentity(userId))) return
  await peopleRepository(tx).endTokens(userId, at)
  const subject = { type: 'user', id: userId, name }
  // gateways learn it from the slice of every account the person is in
  for (const { accountId } of await peopleRepository(tx).memberships(userId))
    await tx.emit('user.tokens_ended', { subject, accountId, reason })
}

const byPassword = (at: Date): Proof => ({ methods: ['pwd'], provider: 'local', authenticatedAt: at })
