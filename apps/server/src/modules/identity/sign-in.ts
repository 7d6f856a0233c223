import {
  type Ctx,
  type Db,
  hashPassword,
  Problem,
  platformAccount,
  randomSecret,
  verifyPassword,
} from '../../platform/index.ts'
import type { ActorOf } from './actor.ts'
import type { Attempts } from './attempts.ts'
import { failuresPerAddressMax, failuresPerEmailMax, ssoRequired, standingOf, suspended, within } from './model.ts'
import { peopleRepository } from './people-repository.ts'
import type { OpenedSession, Sessions } from './sessions.ts'

type Deps = { db: Db; attempts: Attempts; actorOf: ActorOf; sessions: Sessions }

/** Sign-in with e-mail and password. */
export const createSignIn = ({ db, attempts, actorOf, sessions }: Deps) => {
  // an unknown e-mail costs the same time as a wrong password, so the time tells nobody who is here
  let nobodysHash: Promise<string> | undefined
  const hashOfNobody = () => {
    nobodysHash ??= hashPassword(randomSecret())
    return nobodysHash
  }

  return async (
    ctx: Ctx,
    { email, password }: { email: string; password: string },
    oldToken: string | null,
  ): Promise<OpenedSession> => {
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
    const counting = within(null, memberships)
    const standing = standingOf(counting)
    const insists = ssoRequired(memberships, counting)
    if (insists) throw insists
    if (standing.suspended) throw suspended()
    const accountId = standing.platform ? platformAccount : (standing.home?.accountId ?? platformAccount)
    const actor = await db.platform(ctx, (tx) => actorOf(tx, person, standing))
    return db.platform({ ...ctx, actor, accountId }, async (tx) => {
      await attempts.succeeded(tx, attempt)
      return sessions.open(tx, oldToken)
    })
  }
}
