import type { IdentityClaims } from '@cockpit/policy'
import { type Clock, type Ctx, type Db, Problem, platformAccount, sha256Hex, systemCtx } from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import type { Failures } from './failures.ts'
import { accountsToEnter, standingOf, within } from './model.ts'
import { onlyAccountOf } from './only-account.ts'
import { peopleRepository } from './people-repository.ts'
import type { IdentityResolution, SignedIn } from './resolution/service.ts'
import type { LetsIn } from './rules.ts'
import type { OpenedSession, Proof, Sessions } from './sessions.ts'
import { sessionRepository } from './sessions-repository.ts'

type Deps = {
  db: Db
  now: Clock
  resolution: IdentityResolution
  actorOf: ActorOf
  sessions: Sessions
  letsIn: LetsIn
  failures: Pick<Failures, 'note'>
}

export type Arrival = {
  claims: IdentityClaims
  /** The account that set up the provider; null for that of the installation. */
  issuerAccount: string | null
  accountHint: string | null
  oldToken: string | null
  proof: Proof
}
export type Arrived =
  | ({
      kind: 'arrived'
      accountId: string | null
      role: string | null
      choices: number
      /** The e-mail they came with is theirs for every account. */
      provesEmail: boolean
    } & OpenedSession)
  | {
      kind: 'refused'
      reason: 'no_account' | 'email_of_another' | 'not_vouched' | 'no_seat' | 'suspended' | 'other_person' | 'address'
      detail: string
    }

const refused = (reason: (Arrived & { kind: 'refused' })['reason'], detail: string): Arrived => ({
  kind: 'refused',
  reason,
  detail,
})

/** Sign-in of people whom an identity provider vouches for. */
export const createOutside = ({ db, now, resolution, actorOf, sessions, letsIn, failures }: Deps) => {
  const standingFor = async (ctx: Ctx, { person, accountId }: SignedIn, onlyAccount: string | null) =>
    db.platform(ctx, async (tx) => {
      const memberships = within(onlyAccount, await peopleRepository(tx).memberships(person.id))
      const standing = standingOf(memberships, accountId)
      const comesFromThere = await letsIn(tx, accountsToEnter(memberships), ctx.ip)
      return { standing, comesFromThere, actor: await actorOf(tx, person, standing) }
    })

  return {
    /** Finds or makes the person and begins their session. */
    async signIn(ctx: Ctx, arrival: Arrival): Promise<Arrived> {
      const { claims, issuerAccount, accountHint, oldToken, proof } = arrival
      // until it is known who comes, it is Cockpit that makes people and memberships
      const known = await db.platform({ ...ctx, actor: systemCtx('sign-in').actor }, (tx) =>
        resolution.signInWith(tx, claims, { accountHint, issuerAccount }),
      )
      if (known.kind === 'refused') return refused(known.reason, known.detail)
      const onlyAccount = known.restrictedTo
      const { standing, comesFromThere, actor } = await standingFor(ctx, known, onlyAccount)
      const { id: userId, email } = known.person
      if (standing.suspended || (!standing.platform && !standing.home)) {
        await failures.note(ctx, { userId }, 'suspended')
        return refused('suspended', `${email} has no account that is not suspended.`)
      }
      if (!comesFromThere) {
        await failures.note(ctx, { userId }, 'network')
        return refused('address', `${email} came from ${ctx.ip}, which is not allowed.`)
      }
      const accountId = standing.home?.accountId ?? null
      const opened = await db.platform({ ...ctx, actor, accountId: accountId ?? platformAccount }, (tx) =>
        sessions.open(tx, oldToken, { ...proof, onlyAccount }),
      )
      const choices = standing.accounts.length + (standing.platform ? 1 : 0)
      const role = standing.home?.role ?? null
      return { kind: 'arrived', ...opened, accountId, role, choices, provesEmail: known.provesEmail }
    },

    /** The holder of a session was vouched for again; somebody else is not taken for them. */
    async confirm(
      ctx: Ctx,
      { claims, issuerAccount, oldToken, sessionId }: Omit<Arrival, 'proof' | 'accountHint'> & { sessionId: string },
    ): Promise<Arrived> {
      const holder = await db.platform(ctx, async (tx) => {
        const session = oldToken === null ? null : await sessionRepository(tx).byTokenHash(sha256Hex(oldToken), now())
        const issuer = issuerAccount === null ? claims.issuer : `${issuerAccount} ${claims.issuer}`
        const userId = await resolution.personOf(tx, { issuer, subject: claims.subject })
        const person = userId === null ? null : await peopleRepository(tx).byId(userId)
        if (!session || !person || session.id !== sessionId || session.user_id !== person.id) return null
        const standing = standingOf(within(session.only_account, await peopleRepository(tx).memberships(person.id)))
        return { home: standing.home, actor: await actorOf(tx, person, standing) }
      })
      if (!holder) return refused('other_person', 'Whoever signed in is not the holder of this session, or it ended.')
      const { home, actor } = holder
      const own = { ...ctx, actor, sessionId, accountId: home?.accountId ?? platformAccount }
      const token = await db.platform(own, (tx) => sessions.confirm(tx, sessionId, 'sso'))
      return {
        kind: 'arrived',
        token,
        ctx: own,
        accountId: home?.accountId ?? null,
        role: home?.role ?? null,
        choices: 1,
        provesEmail: false,
      }
    },

    /**
     * An account's provider vouches for somebody in that account only, so a session of it must not leave a passkey or a
     * code behind that opens the others.
     */
    async refuseLastingProof(ctx: Ctx): Promise<void> {
      if ((await db.platform(ctx, onlyAccountOf)) === null) return
      throw new Problem(
        'access.denied',
        'You came in by the identity provider of your account, which asks for your second factor itself. Sign in without it to change those you have here.',
      )
    },

    /** By which provider the holder of a session came. */
    cameBy: (ctx: Ctx) =>
      db.platform(ctx, async (tx) => (ctx.sessionId ? sessionRepository(tx).cameBy(ctx.sessionId) : null)),
  }
}
export type Outside = ReturnType<typeof createOutside>
