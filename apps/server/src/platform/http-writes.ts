/** The rules of every write: a named one happens once, and one that names a version changes nothing else. */
import { type Route, takesIdempotencyKey } from '@cockpit/contract/kit'
import type { Ctx } from './context.ts'
import type { RequestFacts } from './http.ts'
import type { Versions } from './http-versions.ts'
import type { Idempotency, KeptAnswer } from './idempotency.ts'
import type { Log } from './log.ts'
import { Problem } from './problem.ts'
import { allOf, type WriteGuard } from './write-guard.ts'

export type WriteCall = {
  route: Route
  /** The address it came by, of those the route has. */
  path: string
  ctx: Ctx
  params: unknown
  query: unknown
  body: unknown
  request: RequestFacts
  /** Whether the answer holds more than its value, which nobody may get twice: a cookie. */
  isPersonal: () => boolean
}
export type Rules = { versions: Versions; idempotency?: Idempotency | undefined; log: Log }
export type Answered = KeptAnswer & { replayed?: true }

/** Calls `perform` under the rules, with the context that carries them into the transactions of the room. */
export const underRules = async (
  { versions, idempotency, log }: Rules,
  call: WriteCall,
  perform: (ctx: Ctx) => Promise<KeptAnswer>,
): Promise<Answered> => {
  const { route, path, ctx, params, query, body, request } = call
  const ifMatch = headerOf(request, 'if-match')
  const work = (own: readonly WriteGuard[]) =>
    versions.whenUnchanged({ route, path, ifMatch, asked: { ctx, params, request } }, (version) => {
      const guards = [...(version ? [version] : []), ...own]
      return perform(guards.length > 0 ? { ...ctx, guard: allOf(guards) } : ctx)
    })

  const key = takesIdempotencyKey(route) ? headerOf(request, 'idempotency-key') : undefined
  if (key === undefined || !idempotency) return work([])
  refuseBadKey(key)
  const begun = await idempotency.begin(ctx, {
    route: `${route.method} ${route.path}`,
    key,
    content: [params, query, body],
  })
  if ('kept' in begun) return { ...begun.kept, replayed: true }
  const { attempt } = begun
  // a key that cannot be noted or freed must not turn an answer into a failure
  const told = (error: unknown) => log.warn({ err: error, requestId: ctx.requestId }, 'idempotency key not settled')
  try {
    const answer = await work([attempt.guard])
    await (call.isPersonal() ? attempt.drop() : attempt.keep(answer)).catch(told)
    return answer
  } catch (error) {
    await attempt.drop().catch(told)
    throw error
  }
}

const headerOf = ({ headers }: RequestFacts, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

const refuseBadKey = (key: string) => {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return
  const detail = 'must be 1 to 255 visible ASCII characters'
  throw new Problem('input.invalid', `The header Idempotency-Key ${detail}`, {
    errors: [{ pointer: '/idempotency-key', detail }],
  })
}
