/** What changes nothing and still must be known: refused attempts, and looks at sensitive data. */
import type { Route } from '@cockpit/contract/kit'
import type { FastifyRequest } from 'fastify'
import type { Ctx } from './context.ts'
import { Problem } from './problem.ts'

/** Who writes down what changes nothing and still must be known. */
export type Witness = {
  /** An attempt was refused. Neither waits nor fails: a flood of them must not slow the refusals. */
  denied(ctx: Ctx, attempt: Attempt): void
  /** Sensitive data is about to be shown; it is not, unless this resolves. */
  looked(ctx: Ctx, look: Look): Promise<void>
}
export type Look = { route: Route; params: Readonly<Record<string, string>> }
/** `claimed`: who the caller said they are, where nobody proved it. */
export type Attempt = Pick<Look, 'params'> & {
  route: { method: string; path: string; summary: string }
  problem: Problem
  claimed: string | null
}

type Call = { route: Route; request: FastifyRequest; body: unknown }

/** Handles a call; a refusal is told, and so is a look at sensitive data before anything of it leaves. */
export const witnessed = async (
  witness: Witness | undefined,
  call: Call & { ctx: Ctx },
  handle: () => Promise<unknown> | AsyncIterable<unknown>,
) => {
  try {
    const answer = await handle()
    if (call.route.sensitive) await witness?.looked(call.ctx, { route: call.route, params: paramsOf(call.request) })
    return answer
  } catch (error) {
    tellDenied(witness, call.ctx, call, error)
    throw error
  }
}

export const tellDenied = (witness: Witness | undefined, ctx: Ctx, { route, request, body }: Call, error: unknown) => {
  if (!witness || !(error instanceof Problem) || !isDenial(error, request)) return
  const claimed = (body as { email?: unknown } | null)?.email
  const said = typeof claimed === 'string' ? claimed : null
  witness.denied(ctx, { route, params: paramsOf(request), problem: error, claimed: said })
}

const paramsOf = (request: FastifyRequest) => request.params as Record<string, string>

/** Forbidden, or not let in though something was shown. Who sends nothing at all has not tried anything. */
const isDenial = ({ status, code }: Problem, request: FastifyRequest): boolean => {
  if (code === 'auth.required') return request.headers.authorization !== undefined
  return status === 403 || code === 'auth.failed' || code === 'auth.locked'
}
