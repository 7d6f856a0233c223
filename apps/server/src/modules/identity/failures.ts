import { type SignInFailureReason, signInFailureDays } from '@cockpit/contract/sign-in-failures'
import { z } from 'zod'
import {
  type AnyJob,
  type Clock,
  type Ctx,
  type Db,
  job,
  newId,
  Problem,
  platformAccount,
  systemCtx,
  type Tx,
} from '../../platform/index.ts'
import type { Attempts } from './attempts.ts'
import { type FailureFilter, failureRepository } from './failures-repository.ts'
import { countedOf } from './locks.ts'
import { failureWindowMs, standingOf } from './model.ts'
import { type Person, peopleRepository } from './people-repository.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const perMinute = { emailMax: 20, ipMax: 60, allMax: 1_200 }
const userAgentMax = 400

/** Who tries to come in: by the address they typed, or, after a first step, by whose that was. */
type Who = { email: string } | { userId: string }
/** What they gave, which a refusal without a reason says was wrong. */
type Gave = 'password' | 'factor'

/** Sign-ins that failed, for those who look after people. The answer to whoever fails never tells what is written here. */
export const createFailures = ({ db, now, attempts }: { db: Db; now: Clock; attempts: Attempts }) => {
  /** The failure that locks a person out is told, once for each lock, so that they learn of it. */
  const tellLocked = async (tx: Tx, person: Person | null, who: Who) => {
    // asked of nobody too, so that the time tells no one who is here
    const counted = await countedOf(tx, attempts, { id: '', email: '', ...who, ...person })
    const until = await attempts.lockedUntil(tx, counted)
    if (!until || !person) return
    // many who fail at once must not each tell it
    await tx.lock(`locked:${person.id}`)
    const accountId = standingOf(await peopleRepository(tx).memberships(person.id)).home?.accountId ?? platformAccount
    const since = new Date(now().getTime() - failureWindowMs)
    if (await failureRepository(tx).wasToldLocked(accountId, person.id, since)) return
    const subject = { type: 'user', id: person.id, name: person.name }
    await tx.emit('user.locked', { subject, accountId, after: { until: until.toISOString() } })
  }

  const write = async (tx: Tx, who: Who, reasonFor: (person: Person | null) => SignInFailureReason) => {
    const people = peopleRepository(tx)
    const person = await ('email' in who ? people.byEmail(who.email) : people.byId(who.userId))
    const email = 'email' in who ? who.email : person?.email
    if (email === undefined) return null
    const { ip, userAgent } = tx.ctx
    const at = now()
    await failureRepository(tx).insert(
      {
        ...{ id: newId('sif', at), at, email, ip, userAgent: userAgent?.slice(0, userAgentMax) ?? null },
        ...{ userId: person?.id ?? null, reason: reasonFor(person) },
      },
      { since: new Date(at.getTime() - minuteMs), ...perMinute },
    )
    return person
  }
  const platformTx = <T>(ctx: Ctx, work: (tx: Tx) => Promise<T>) =>
    db.platform({ ...ctx, accountId: platformAccount }, work)

  return {
    /** Lets somebody try, and writes down why they were refused. */
    async noting<T>(ctx: Ctx, who: Who, gave: Gave, attempt: () => Promise<T>): Promise<T> {
      try {
        return await attempt()
      } catch (error) {
        const problem = error instanceof Problem ? error : null
        if (problem && isRefusal(problem))
          await platformTx(ctx, async (tx) => {
            const person = await write(tx, who, (person) => reasonOf(problem, gave, person))
            if (problem.code === 'auth.failed') await tellLocked(tx, person, who)
          })
        throw error
      }
    },

    /** Somebody whom an identity provider vouches for was not let in. */
    async note(ctx: Ctx, who: Who, reason: SignInFailureReason): Promise<void> {
      await platformTx(ctx, (tx) => write(tx, who, () => reason))
    },

    list: (ctx: Ctx, query: FailureFilter & { limit: number; after?: string | undefined }) =>
      db.platform(ctx, (tx) => {
        const isPlatform = ctx.accountId === platformAccount
        const sight = {
          accountId: isPlatform ? null : ctx.accountId,
          nobodys: isPlatform && ctx.actor.isSuperAdmin,
        }
        return failureRepository(tx).page(sight, query)
      }),

    prune: job({
      name: 'sign_in_failures.prune',
      input: z.object({}),
      async run() {
        const before = new Date(now().getTime() - signInFailureDays * dayMs)
        await db.platform(systemCtx('sign-in'), (tx) => failureRepository(tx).forgetBefore(before))
      },
      schedule: { cron: '47 * * * *', input: {} },
    }) satisfies AnyJob,
  }
}
export type Failures = ReturnType<typeof createFailures>

const reasonsOfCodes: Readonly<Record<string, SignInFailureReason>> = {
  'auth.locked': 'locked',
  'account.suspended': 'suspended',
  'auth.sso_required': 'sso_required',
  'network.not_allowed': 'network',
}
const isRefusal = ({ code }: Problem) => code === 'auth.failed' || code in reasonsOfCodes

const reasonOf = (problem: Problem, gave: Gave, person: Person | null): SignInFailureReason => {
  const told = reasonsOfCodes[(problem.reason ?? problem).code]
  if (told) return told
  if (gave === 'factor') return 'second_factor'
  if (!person) return 'unknown'
  return person.passwordHash ? 'wrong_password' : 'no_password'
}
