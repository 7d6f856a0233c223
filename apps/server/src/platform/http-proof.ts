import type { Route } from '@cockpit/contract/kit'
import { type Clock, systemClock } from './clock.ts'
import type { Ctx, TokenProof } from './context.ts'
import { tellDenied, type Witness } from './http-witness.ts'
import { Problem } from './problem.ts'

/** How long after a proof a browser session may do dangerous things. */
export const stepUpWithinMs = 15 * 60_000

/** The clock of an identity provider may be this far ahead. */
export const aheadMaxMs = 60_000

/** What is dangerous by what is sent is refused like what always is. */
export const admitDangerous = (
  ctx: Ctx,
  call: Parameters<typeof tellDenied>[2],
  { witness, now }: { witness?: Witness; now?: Clock },
) => {
  try {
    if (ctx.impersonator)
      throw new Problem('impersonation.forbidden', 'Nobody does this while they see the product as somebody else.')
    requireProof(ctx, now)
  } catch (error) {
    tellDenied(witness, ctx, call, error)
    throw error
  }
}

export const asksForProof = ({ stepUp }: Route, body: unknown) =>
  Array.isArray(stepUp) && stepUp.some((field) => (body as Record<string, unknown>)[field] !== undefined)

/**
 * A browser left open, or its stolen cookie, is not enough for what cannot be undone, nor is a token of a person where
 * their accounts say so. Programs have neither.
 */
export const requireProof = (
  {
    sessionId,
    authenticatedAt,
    tokenProof,
  }: Pick<Ctx, 'sessionId' | 'authenticatedAt'> & { tokenProof?: Ctx['tokenProof'] | undefined },
  now: Clock = systemClock,
) => {
  if (sessionId === null && !tokenProof) return
  const ageMs = authenticatedAt === null ? null : now().getTime() - authenticatedAt.getTime()
  // a provider that dates a proof ahead would keep it fresh for as long
  const isFresh = ageMs !== null && ageMs < stepUpWithinMs && ageMs > -aheadMaxMs
  if (tokenProof) return requireOfToken(tokenProof, isFresh)
  if (isFresh) return
  throw new Problem(
    'auth.step_up_required',
    'Confirm that it is you with POST /v1/auth/step-up, then repeat this call; GET /v1/auth/step-up says how.',
  )
}

const requireOfToken = ({ owesSecondFactor, hasSecondFactor }: TokenProof, isFresh: boolean) => {
  if (isFresh && (hasSecondFactor || !owesSecondFactor)) return
  const factor = owesSecondFactor ? ', and that it had a second factor (amr or acr)' : ''
  throw new Problem(
    'auth.step_up_required',
    `Sign in again at your identity provider and repeat this call with a token that says when that was (auth_time, at most 15 minutes ago)${factor}. Programs use a service account.`,
  )
}
