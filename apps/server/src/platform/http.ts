/** Turns contract routes into handlers with exact types. Knows no framework: http-routes.ts mounts what is bound here. */
import type { Restriction, Route } from '@cockpit/contract/kit'
import type { z } from 'zod'
import type { Actor, BreakGlass, Ctx, Login } from './context.ts'
import { Problem } from './problem.ts'
import { unstorableIn } from './unstorable.ts'
import { type FieldError, fieldErrors, inWords } from './wrong-input.ts'

export type CookieOptions = {
  path?: string
  httpOnly?: boolean
  secure?: boolean
  sameSite?: 'strict' | 'lax' | 'none'
  maxAge?: number
  expires?: Date
}

/** What a handler may know of the request beside its parsed input. `signal` aborts when the client is gone. */
export type RequestFacts = {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly cookies: Readonly<Record<string, string | undefined>>
  readonly ip: string
  readonly signal: AbortSignal
  /** The body as it came, where the route asks for it. */
  readonly rawBody: Buffer | null
}

/** What a handler may add to the answer beside its value. */
export type ReplyExtras = {
  setCookie(name: string, value: string, options?: CookieOptions): void
  clearCookie(name: string, options?: CookieOptions): void
  header(name: string, value: string): void
  /** The other status that the route names. */
  status(code: number): void
}

type Out<T> = T extends z.ZodType ? z.output<T> : undefined
export type Input<R extends Route> = {
  ctx: Ctx
  params: Out<R['params']>
  query: Out<R['query']>
  body: Out<R['body']>
  request: RequestFacts
  reply: ReplyExtras
}
type Returned<R extends Route> = R extends { stream: true } | { file: string }
  ? AsyncIterable<z.input<R['returns']>> | Promise<AsyncIterable<z.input<R['returns']>>>
  : Promise<z.input<R['returns']>>
export type Handlers<R extends Record<string, Route>> = { [K in keyof R]: (input: Input<R[K]>) => Returned<R[K]> }
export type Bound = {
  readonly name: string
  readonly route: Route
  readonly handle: (input: Input<Route>) => Promise<unknown> | AsyncIterable<unknown>
}

export const bind = <const R extends Record<string, Route>>(routes: R, handlers: Handlers<R>): Bound[] =>
  Object.entries(routes).map(([name, route]) => ({ name, route, handle: handlers[name] as unknown as Bound['handle'] }))

/** What the port `authenticate` is given. `accountId` is the account the client chose, and only ever a choice. */
export type Credentials = Omit<RequestFacts, 'signal' | 'rawBody'> & {
  readonly accountId: string | null
  readonly scope: Route['scope']
  /** It only asks who it is, so that an account that is no more is passed over. */
  readonly asksWho?: boolean
  /** A page asks by itself, with nobody at the screen: that is no use of a session. */
  readonly isUnattended?: boolean
}
/** Who it is, and the account they act in; 'platform' when a super admin chose none. */
export type Authenticated = {
  actor: Actor
  accountId: string
  sessionId: string | null
  authenticatedAt: Date | null
  impersonator: Ctx['impersonator']
  login?: Login
  breakGlass?: BreakGlass
  /** What they must do before this reaches anything else. */
  restriction?: Restriction | null
  /** They saw the product as somebody else, which is over, and their browser has not said that it knows. */
  maskIsOver?: true
  tokenProof?: Ctx['tokenProof']
  /** A cookie is sent by the browser whether the page may or not, so its unsafe requests must be same-origin. */
  via: 'cookie' | 'bearer'
}
export type Authenticate = (credentials: Credentials) => Promise<Authenticated | null>

/** Parses one part of the input, or explains every wrong field. Pointers start inside that part: `/name`, `/limits/rpm`. */
export const parseInput = (schema: z.ZodType | undefined, value: unknown, part: 'path' | 'query' | 'body'): unknown => {
  if (!schema) return undefined
  const unstorable = unstorableIn(value)
  if (unstorable) throw wrong(part, [unstorable])
  const result = schema.safeParse(value, { error: inWords })
  if (result.success) return result.data
  throw wrong(part, fieldErrors(result.error.issues))
}

/**
 * Whoever asks for a rehearsal in words that this address does not know wants nothing to happen. Other words in the query
 * are passed over, as links carry some of their own.
 */
export const refuseUnknownRehearsal = (schema: z.ZodType | undefined, query: object): void => {
  const known = schema && 'shape' in schema ? Object.keys(Object(schema.shape)) : []
  const name = Object.keys(query).find((one) => /^dry[-_]?run$/i.test(one) && !known.includes(one))
  if (name === undefined) return
  const detail = known.includes('dry_run') ? "is spelt 'dry_run'" : 'is not possible here'
  throw wrong('query', [{ pointer: `/${name}`, detail }])
}

const wrong = (part: string, errors: FieldError[]): Problem => {
  const [first] = errors
  const field = first?.pointer.slice(1).replaceAll('/', '.')
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return new Problem(
    'input.invalid',
    `${field ? `'${field}' in the ${part}` : `The ${part}`}: ${first?.detail}${more}`,
    { errors },
  )
}
