import { type Clock, type Ctx, type Db, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import { attemptRepository } from './attempts-repository.ts'
import { failureWindowMs } from './model.ts'

/**
 * What is counted, and how many failures of it the window bears. `shared` is what many people have together, such as an
 * address: that one of them is who they say excuses no failure of another.
 */
export type Counted = { subject: string; failuresMax: number; shared?: true }
export type Attempt = { at: Date; counted: readonly Counted[] }

/**
 * The lock-out. An attempt counts as failed from the moment it begins and is forgiven when it succeeds, so that many at
 * once get no more tries than one after the other.
 */
export const createAttempts = ({ db, now }: { db: Db; now: Clock }) => ({
  begin: (ctx: Ctx, counted: readonly Counted[], refusal = locked): Promise<Attempt> =>
    db.platform({ ...ctx, accountId: platformAccount }, async (tx) => {
      const at = now()
      const attempts = attemptRepository(tx)
      await attempts.forgetBefore(new Date(at.getTime() - failureWindowMs))
      for (const { subject, failuresMax } of counted) {
        await tx.lock(`sign_in:${subject}`)
        const since = await attempts.nthNewest(subject, failuresMax)
        if (since) throw refusal(new Date(since.getTime() + failureWindowMs), at)
      }
      for (const { subject } of counted) await attempts.insert(subject, at)
      return { at, counted }
    }),

  /** Forgives this attempt, and every earlier failure of what is theirs alone: who came in is who they say. */
  async succeeded(tx: Tx, { at, counted }: Attempt) {
    const attempts = attemptRepository(tx)
    for (const { subject, shared } of counted) await attempts.forget(subject, shared ? at : undefined)
  },

  /** Until when one of these is locked, if any is. */
  async lockedUntil(tx: Tx, counted: readonly Counted[]): Promise<Date | null> {
    const ends: number[] = []
    for (const { subject, failuresMax } of counted) {
      const since = await attemptRepository(tx).nthNewest(subject, failuresMax)
      if (since) ends.push(since.getTime() + failureWindowMs)
    }
    const until = Math.max(...ends)
    return until > now().getTime() ? new Date(until) : null
  },

  /** What is locked now of subjects that begin so, without that beginning. */
  async lockedSubjects(tx: Tx, begin: string, failuresMax: number): Promise<string[]> {
    const since = new Date(now().getTime() - failureWindowMs)
    const found = await attemptRepository(tx).withFailures(begin, failuresMax, since)
    return found.map((subject) => subject.slice(begin.length))
  },

  async forgive(tx: Tx, counted: readonly Counted[]) {
    for (const { subject } of counted) await attemptRepository(tx).forget(subject)
  },
})
export type Attempts = ReturnType<typeof createAttempts>

const locked = (until: Date, now: Date) => {
  const seconds = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000))
  const minutes = Math.ceil(seconds / 60)
  return new Problem(
    'auth.locked',
    `Too many failed attempts; try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}, at ${until.toISOString()}.`,
    { headers: { 'retry-after': String(seconds) } },
  )
}
