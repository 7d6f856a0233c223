import { type Ctx, type Db, Problem, type Tx } from '../../platform/index.ts'
import type { Attempts, Counted } from './attempts.ts'
import { type Entrusted, memberOf } from './entrusted.ts'
import { failuresPerEmailMax, failuresPerFactorMax } from './model.ts'
import { emailOf, ofEmail, ofEmailFrom } from './password-tries.ts'
import { type Person, peopleRepository } from './people-repository.ts'

type Deps = { db: Db; attempts: Attempts; entrusted: Entrusted }

/** What of a person is counted, and locks when it failed too often: at large, or from an address they are known to use. */
export const countedOf = async (
  tx: Tx,
  attempts: Pick<Attempts, 'lockedSubjects'>,
  { id, email }: Pick<Person, 'id' | 'email'>,
): Promise<Counted[]> => {
  const from = await attempts.lockedSubjects(tx, ofEmailFrom(email), failuresPerEmailMax)
  return [
    { subject: ofEmail(email), failuresMax: failuresPerEmailMax },
    ...from.map((sender) => ({ subject: ofEmailFrom(email, sender), failuresMax: failuresPerEmailMax })),
    { subject: `factor:${id}`, failuresMax: failuresPerFactorMax },
  ]
}

/** The lock that too many failures put on a person, as the admins of their account see and release it. */
export const createLocks = ({ db, attempts, entrusted }: Deps) => {
  return {
    of: (ctx: Ctx, userId: string): Promise<Date | null> =>
      db.platform(ctx, async (tx) => {
        const { person } = await memberOf(tx, ctx.accountId, userId)
        return attempts.lockedUntil(tx, await countedOf(tx, attempts, person))
      }),

    /** Who of the account is locked out. */
    idsIn: (ctx: Ctx): Promise<string[]> =>
      db.platform(ctx, async (tx) => {
        const locked = await attempts.lockedSubjects(tx, ofEmail(''), failuresPerEmailMax)
        const emails = [...new Set(locked.map(emailOf))]
        const ids = await attempts.lockedSubjects(tx, 'factor:', failuresPerFactorMax)
        return peopleRepository(tx).among(ctx.accountId, { emails, ids })
      }),

    /** Whoever releases locks at will could let somebody guess for ever, so not for people of others. */
    release: (ctx: Ctx, userId: string) =>
      db.platform(ctx, async (tx) => {
        const person = await entrusted(tx, ctx.accountId, userId, { by: ctx.actor, act: 'release their lock' })
        const counted = await countedOf(tx, attempts, person)
        const until = await attempts.lockedUntil(tx, counted)
        if (!until) throw new Problem('lock.not_found', 'This person is not locked.')
        await attempts.forgive(tx, counted)
        const subject = { type: 'user', id: userId, name: person.name }
        await tx.emit('user.unlocked', { subject, before: { until: until.toISOString() } })
      }),
  }
}
export type Locks = ReturnType<typeof createLocks>
