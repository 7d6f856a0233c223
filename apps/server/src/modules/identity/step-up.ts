import type { StepUpOptions } from '@cockpit/contract/identity'
import { type Ctx, type Db, Problem, stepUpWithinMs, type Tx } from '../../platform/index.ts'
import type { Attempts } from './attempts.ts'
import type { Passwords } from './passwords.ts'
import { peopleRepository } from './people-repository.ts'
import type { Sessions } from './sessions.ts'

type Deps = { db: Db; attempts: Attempts; passwords: Passwords; sessions: Sessions }

/** The holder of a session proves again who they are, so that they may do dangerous things for a while. */
export const createStepUp = ({ db, attempts, passwords, sessions }: Deps) => {
  const options = async (tx: Tx, authenticatedAt: Date | null): Promise<StepUpOptions> => {
    const person = await peopleRepository(tx).byId(tx.ctx.actor.id)
    const freshUntil = authenticatedAt && new Date(authenticatedAt.getTime() + stepUpWithinMs).toISOString()
    return { methods: person?.passwordHash ? ['password'] : [], freshUntil }
  }

  return {
    options: (ctx: Ctx) => db.platform(ctx, (tx) => options(tx, ctx.authenticatedAt)),

    async confirm(ctx: Ctx, { password }: { password: string }): Promise<{ token: string; options: StepUpOptions }> {
      const { sessionId } = ctx
      if (!sessionId) throw new Problem('access.denied', 'Only a browser session is confirmed; a key needs no proof.')
      const { attempt } = await passwords.prove(ctx, password)
      return db.platform(ctx, async (tx) => {
        await attempts.succeeded(tx, attempt)
        const token = await sessions.confirm(tx, sessionId, 'pwd')
        return { token, options: await options(tx, attempt.at) }
      })
    },
  }
}
export type StepUp = ReturnType<typeof createStepUp>
