import type { StepUpOptions, StepUpProof } from '@cockpit/contract/identity'
import { type Ctx, type Db, Problem, stepUpWithinMs, type Tx } from '../../platform/index.ts'
import type { Attempts } from './attempts.ts'
import type { BreakGlass } from './break-glass/service.ts'
import { failuresPerFactorMax } from './model.ts'
import type { Passwords } from './passwords.ts'
import { peopleRepository } from './people-repository.ts'
import type { SecondFactors } from './port.ts'
import type { Sessions } from './sessions.ts'
import { sessionRepository } from './sessions-repository.ts'
import { challengeGone } from './sign-in.ts'

type Deps = {
  db: Db
  attempts: Attempts
  passwords: Passwords
  sessions: Sessions
  factors: SecondFactors
  breakGlass: BreakGlass
}

/** The holder of a session proves again who they are, so that they may do dangerous things for a while. */
export const createStepUp = ({ db, attempts, passwords, sessions, factors, breakGlass }: Deps) => {
  const options = async (tx: Tx, authenticatedAt: Date | null): Promise<StepUpOptions> => {
    const { id } = tx.ctx.actor
    const person = await peopleRepository(tx).byId(id)
    const own = person ? (await factors.of(tx, id)).filter((name) => name !== 'recovery') : []
    // whoever has a second factor has it so that the password alone is not enough
    const methods = own.length > 0 ? own : person?.passwordHash ? (['password'] as const) : []
    const freshUntil = authenticatedAt && new Date(authenticatedAt.getTime() + stepUpWithinMs).toISOString()
    if (tx.ctx.breakGlass) return { methods: ['break_glass'], freshUntil }
    const { sessionId } = tx.ctx
    const provider = sessionId === null ? null : await sessionRepository(tx).cameBy(sessionId)
    return { methods: [...(provider ? (['sso'] as const) : []), ...methods], freshUntil }
  }

  const sessionOf = ({ sessionId }: Ctx): string => {
    if (sessionId) return sessionId
    throw new Problem('access.denied', 'Only a browser session is confirmed; a key needs no proof.')
  }

  const byPassword = async (ctx: Ctx, password: string) => {
    const allowed = await db.platform(ctx, (tx) => options(tx, null))
    if (!allowed.methods.includes('password'))
      throw new Problem('auth.failed', 'Confirm with your second factor; the password alone is not enough.')
    const { attempt } = await passwords.prove(ctx, password)
    return { attempt, prove: async () => 'pwd' as string | null }
  }

  const byFactor = async (ctx: Ctx, { code, passkey }: StepUpProof) => {
    const { id } = ctx.actor
    const counted = { subject: `factor:${id}`, failuresMax: failuresPerFactorMax }
    const attempt = await attempts.begin(ctx, [counted])
    const taken = passkey ? await db.platform(ctx, (tx) => factors.take(tx, 'step_up', passkey.challenge)) : null
    if (passkey && taken?.userId !== id) throw challengeGone()
    const proof = { code, credential: passkey?.credential }
    return { attempt, prove: (tx: Tx) => factors.prove(tx, id, proof, taken) }
  }

  const byBreakGlass = async (ctx: Ctx, { breakGlassCode }: StepUpProof) => {
    if (breakGlassCode === undefined) throw new Problem('auth.failed', 'Confirm with the break-glass code.')
    const { token, at } = await breakGlass.confirm(ctx, breakGlassCode)
    return { token, options: await db.platform(ctx, (tx) => options(tx, at)) }
  }

  return {
    options: (ctx: Ctx) => db.platform(ctx, (tx) => options(tx, ctx.authenticatedAt)),

    beginPasskey: (ctx: Ctx) =>
      db.platform(ctx, async (tx) => {
        sessionOf(ctx)
        const { token, options } = await factors.begin(tx, 'step_up', ctx.actor.id)
        if (!options) throw new Problem('passkey.not_found', 'You have no passkey here.')
        return { challenge: token, options }
      }),

    async confirm(ctx: Ctx, proof: StepUpProof): Promise<{ token: string; options: StepUpOptions }> {
      const sessionId = sessionOf(ctx)
      if (ctx.breakGlass) return byBreakGlass(ctx, proof)
      const { attempt, prove } = await (proof.password === undefined
        ? byFactor(ctx, proof)
        : byPassword(ctx, proof.password))
      return db.platform(ctx, async (tx) => {
        const method = await prove(tx)
        if (!method) throw new Problem('auth.failed', 'This does not prove that it is you.')
        await attempts.succeeded(tx, attempt)
        const token = await sessions.confirm(tx, sessionId, method)
        return { token, options: await options(tx, attempt.at) }
      })
    },
  }
}
export type StepUp = ReturnType<typeof createStepUp>
