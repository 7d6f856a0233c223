import type { PasskeyAssertion, SignInChallenge } from '@cockpit/contract/mfa'
import { senderOf } from '@cockpit/policy'
import {
  type Clock,
  type Ctx,
  type Db,
  hashPassword,
  Problem,
  platformAccount,
  randomSecret,
  type Tx,
  verifyPassword,
} from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import type { Asks } from './asks.ts'
import type { Attempt, Attempts } from './attempts.ts'
import type { Failures } from './failures.ts'
import {
  accountsToEnter,
  failuresPerAddressMax,
  failuresPerFactorMax,
  ssoRequired,
  standingOf,
  suspended,
  within,
} from './model.ts'
import type { PasswordTries } from './password-tries.ts'
import { type Person, peopleRepository } from './people-repository.ts'
import type { FactorProof, SecondFactors } from './port.ts'
import type { RestrictionOf } from './restrictions.ts'
import type { LetsIn, RulesOf } from './rules.ts'
import type { OpenedSession, Sessions } from './sessions.ts'

type Deps = {
  db: Db
  now: Clock
  attempts: Attempts
  passwordTries: PasswordTries
  asks: Asks
  failures: Failures
  actorOf: ActorOf
  sessions: Sessions
  factors: SecondFactors
  rulesOf: RulesOf
  restrictionOf: RestrictionOf
  letsIn: LetsIn
}
/** `unproven`: what somebody who proves nothing is told by this way in. */
type Coming = { person: Person; methods: string[]; unproven: string }
type Entering = Pick<Ctx, 'actor' | 'accountId' | 'restriction'>
type Opening = {
  entering: Entering
  person: Person
  attempt: Attempt
  methods: string[]
  oldToken: string | null
  unproven: string
}

type EmailAndPassword = { email: string; password: string }

/** Sign-in of local people: a password, and a second factor where there is one; or a passkey alone. */
export const createSignIn = (deps: Deps) => {
  const { db, now, attempts, passwordTries, asks, failures, actorOf, sessions } = deps
  const { factors, rulesOf, restrictionOf, letsIn } = deps
  // an unknown e-mail costs the same time as a wrong password, so the time tells nobody who is here
  let nobodysHash: Promise<string> | undefined
  const hashOfNobody = () => {
    nobodysHash ??= hashPassword(randomSecret())
    return nobodysHash
  }
  const address = ({ ip }: Ctx) => ({
    ...{ subject: `ip:${senderOf(ip)}`, failuresMax: failuresPerAddressMax },
    shared: true as const,
  })

  /** Where the person stands, when an own sign-in may bring them there. */
  const standingFor = async (tx: Tx, userId: string, unproven: string) => {
    const memberships = await peopleRepository(tx).memberships(userId)
    // before anything else is said: from elsewhere a right proof looks like a wrong one
    if (!(await letsIn(tx, accountsToEnter(memberships), tx.ctx.ip))) throw fromElsewhere(tx.ctx, unproven)
    const counting = within(null, memberships)
    const insists = ssoRequired(memberships, counting)
    if (insists) throw insists
    const standing = standingOf(counting)
    if (standing.suspended) throw suspended()
    return standing
  }

  /** Whose session it would be: the person in the account that they come to, and what keeps them from the rest of it. */
  const whoEnters = async (tx: Tx, { person, methods, unproven }: Coming): Promise<Entering> => {
    const standing = await standingFor(tx, person.id, unproven)
    const accountId = standing.platform ? platformAccount : (standing.home?.accountId ?? platformAccount)
    const actor = await actorOf(tx, person, standing)
    const inForce = (await rulesOf(tx, [accountId]))([accountId])
    const restriction = await restrictionOf(tx, { person, actor, inForce, session: { methods, local: true } })
    return { accountId, actor, restriction }
  }

  /** As the person from now on, so that the story of the new session names them. */
  const open = (ctx: Ctx, opening: Opening): Promise<OpenedSession> => {
    const { entering, person, attempt, methods, oldToken, unproven } = opening
    return db.platform({ ...ctx, ...entering }, async (tx) => {
      // whoever chose another password meanwhile has ended the sessions that there were, and this one would stay
      const isByPassword = methods.includes('pwd')
      if (isByPassword && (await peopleRepository(tx).heldPasswordHash(person.id)) !== person.passwordHash)
        throw new Problem('auth.failed', unproven)
      await attempts.succeeded(tx, attempt)
      return sessions.open(tx, oldToken, { methods, provider: 'local', authenticatedAt: now() })
    })
  }

  const enter = async (ctx: Ctx, coming: Omit<Opening, 'entering'>): Promise<OpenedSession> => {
    const entering = await db.platform(ctx, (tx) => whoEnters(tx, coming))
    return open(ctx, { ...coming, entering })
  }

  const challengeFor = async (tx: Tx, userId: string): Promise<SignInChallenge | null> => {
    const methods = await factors.of(tx, userId)
    if (methods.length === 0) return null
    const { token, options, expiresAt } = await factors.begin(tx, 'second_factor', userId)
    return { challenge: token, methods, passkey: options, expiresAt: expiresAt.toISOString() }
  }

  const withPassword = async (
    ctx: Ctx,
    { email, password }: EmailAndPassword,
    oldToken: string | null,
  ): Promise<OpenedSession | SignInChallenge> => {
    const attempt = await attempts.begin(ctx, [await passwordTries(ctx, email), address(ctx)])
    const person = await db.platform(ctx, (tx) => peopleRepository(tx).byEmail(email))
    const isRight = await verifyPassword(person?.passwordHash ?? (await hashOfNobody()), password)
    if (!person?.passwordHash || !isRight) throw new Problem('auth.failed', unproven.password)
    const methods = ['pwd']
    const next = await db.platform(ctx, async (tx) => {
      const entering = await whoEnters(tx, { person, methods, unproven: unproven.password })
      const challenge = await challengeFor(tx, person.id)
      if (challenge) await attempts.succeeded(tx, attempt)
      return { entering, challenge }
    })
    const opening = { entering: next.entering, person, attempt, methods, oldToken, unproven: unproven.password }
    return next.challenge ?? open(ctx, opening)
  }

  /** The challenge proves that the password of `userId` was right. */
  const withFactor = async (
    ctx: Ctx,
    { userId, begunAt, challenge, proof }: { userId: string; begunAt: Date; challenge: string; proof: FactorProof },
    oldToken: string | null,
  ): Promise<OpenedSession> => {
    const counted = { subject: `factor:${userId}`, failuresMax: failuresPerFactorMax }
    const attempt = await attempts.begin(ctx, [counted, address(ctx)])
    // what a passkey signed is asked once; a mistyped code may be typed again
    const taken = proof.credential ? await db.platform(ctx, (tx) => factors.take(tx, 'second_factor', challenge)) : null
    const { person, method } = await db.platform(ctx, async (tx) => {
      const person = await peopleRepository(tx).byId(userId)
      // the password that the first step proved is theirs no more
      if (person?.passwordSince && person.passwordSince > begunAt) throw challengeGone()
      const method = person && (await factors.prove(tx, userId, proof, taken))
      if (!method) throw new Problem('auth.failed', unproven.factor)
      if (!taken && !(await factors.take(tx, 'second_factor', challenge))) throw challengeGone()
      return { person, method }
    })
    return enter(ctx, { person, attempt, methods: ['pwd', method, 'mfa'], oldToken, unproven: unproven.factor })
  }

  return {
    withPassword: (ctx: Ctx, given: EmailAndPassword, oldToken: string | null) =>
      failures.noting(ctx, { email: given.email }, 'password', () => withPassword(ctx, given, oldToken)),

    /** The second step. */
    async withSecondFactor(
      ctx: Ctx,
      { challenge, ...proof }: { challenge: string } & FactorProof,
      oldToken: string | null,
    ): Promise<OpenedSession> {
      const known = await db.platform(ctx, (tx) => factors.find(tx, 'second_factor', challenge))
      const userId = known?.userId
      if (!userId) throw challengeGone()
      const given = { userId, begunAt: known.begunAt, challenge, proof }
      return failures.noting(ctx, { userId }, 'factor', () => withFactor(ctx, given, oldToken))
    },

    /** Each is remembered until it is answered or too old, so nobody fills the memory with them. */
    async beginPasskey(ctx: Ctx) {
      await asks(ctx)
      return db.platform(ctx, async (tx) => {
        const { token, options } = await factors.begin(tx, 'sign_in', null)
        return { challenge: token, options: options ?? {} }
      })
    },

    /** A passkey is something one has, unlocked by something one knows or is: it needs no password beside it. */
    async withPasskey(
      ctx: Ctx,
      { challenge, credential }: { challenge: string; credential: PasskeyAssertion },
      oldToken: string | null,
    ): Promise<OpenedSession> {
      const attempt = await attempts.begin(ctx, [address(ctx)])
      const taken = await db.platform(ctx, (tx) => factors.take(tx, 'sign_in', challenge))
      if (!taken) throw challengeGone()
      const person = await db.platform(ctx, async (tx) => {
        const proven = await factors.byPasskey(tx, credential, taken)
        return proven && peopleRepository(tx).byId(proven.userId)
      })
      if (!person) throw new Problem('auth.failed', unproven.passkey)
      const opening = { person, attempt, methods: ['hwk', 'user', 'mfa'], oldToken, unproven: unproven.passkey }
      return failures.noting(ctx, { userId: person.id }, 'factor', () => enter(ctx, opening))
    },
  }
}
export type SignIn = ReturnType<typeof createSignIn>

export const challengeGone = () => new Problem('auth.challenge_gone', 'This try has expired or was used; begin again.')

const unproven = {
  password: 'The e-mail or the password is wrong.',
  factor: 'This does not prove that it is you.',
  passkey: 'This passkey is not known here.',
} as const

const fromElsewhere = ({ ip }: Ctx, told: string) =>
  new Problem('auth.failed', told, {
    reason: new Problem('network.not_allowed', `The proof was right, and the address ${ip} is not allowed.`),
  })
