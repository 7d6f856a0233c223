/** The client without the contract's value: for browsers, which know the contract as types and a small route table. */
import type { Route } from '@cockpit/contract/kit'
import type { z } from 'zod'
import { problemOf, unreachable } from './problem.ts'
import { eventsOf } from './sse.ts'

export { ApiProblem, type FieldError } from './problem.ts'

type In<T> = T extends z.ZodType ? z.input<T> : never
type Given<R extends Route> = { [K in 'params' | 'query' | 'body' as R[K] extends z.ZodType ? K : never]: In<R[K]> }
/** `{}` fits where every field may be absent, and then the whole part may be. */
type OptionalParts<T> = { [K in keyof T as object extends T[K] ? K : never]?: T[K] } & {
  [K in keyof T as object extends T[K] ? never : K]: T[K]
}
export type Args<R extends Route> = OptionalParts<Given<R>>
export type Output<R extends Route> = z.output<R['returns']>
type Answer<R extends Route> = R extends { stream: true } ? AsyncIterable<Output<R>> : Promise<Output<R>>

export type CallOptions = {
  signal?: AbortSignal | undefined
  headers?: Record<string, string>
  /** Names a write: sent again with the same name within 24 hours it answers the first answer and changes nothing. */
  idempotencyKey?: string
  /** The ETag of what was read: the write is refused with `write.changed_meanwhile` when something else is there now. */
  ifMatch?: string | undefined
  /** Is given the headers of the answer, such as `etag` and `idempotency-replayed`. */
  answered?: (headers: Headers) => void
}
type Call<R extends Route> =
  object extends Args<R>
    ? (args?: Args<R>, options?: CallOptions) => Answer<R>
    : (args: Args<R>, options?: CallOptions) => Answer<R>

export type Nouns = Record<string, Record<string, Route>>
export type Client<C extends Nouns> = { [N in keyof C]: { [K in keyof C[N]]: Call<C[N][K]> } }

/** All a call needs to know of a route at run time. A contract is one; so is a cut-down copy of it. */
export type RouteTable = Record<
  string,
  Record<string, { method: string; path: string; stream?: boolean; file?: string }>
>

export type ClientOptions = {
  /** Origin and prefix, e.g. `https://cockpit.example`; empty in a browser on the same origin. */
  baseUrl?: string
  fetch?: typeof fetch
  /** Headers of every call, e.g. `authorization`; a function is asked anew each time. */
  headers?: Record<string, string> | (() => Record<string, string>)
  /** Is given each JSON answer as the caller gets it, with its headers. */
  received?: (answer: unknown, headers: Headers) => void
}

type LooseArgs = { params?: Record<string, string>; query?: Record<string, unknown>; body?: unknown }
type LooseCall = (args?: LooseArgs, options?: CallOptions) => Promise<unknown> | AsyncIterable<unknown>

export const clientOf = <C extends Nouns>(table: RouteTable, options: ClientOptions = {}): Client<C> => {
  const send = sender(options)
  const callOf = (route: RouteTable[string][string]): LooseCall =>
    route.stream
      ? (args = {}, call = {}) => stream(() => send(route, args, call))
      : async (args = {}, call = {}) => {
          const response = await send(route, args, call)
          if (response.status === 204) return undefined
          if (route.file) return response.text()
          const answer: unknown = await response.json()
          options.received?.(answer, response.headers)
          return answer
        }
  return mapValues(table, (routes) => mapValues(routes, callOf)) as unknown as Client<C>
}

const sender =
  ({ baseUrl = '', fetch: send = fetch, headers = {} }: ClientOptions) =>
  async (route: RouteTable[string][string], args: LooseArgs, call: CallOptions): Promise<Response> => {
    const response = await send(baseUrl + urlOf(route.path, args), {
      method: route.method,
      headers: {
        accept: route.stream ? 'text/event-stream' : (route.file ?? 'application/json'),
        ...(args.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(typeof headers === 'function' ? headers() : headers),
        ...(call.idempotencyKey ? { 'idempotency-key': call.idempotencyKey } : {}),
        ...(call.ifMatch ? { 'if-match': call.ifMatch } : {}),
        ...call.headers,
      },
      body: args.body === undefined ? null : JSON.stringify(args.body),
      signal: call.signal ?? null,
    }).catch((cause: unknown) => {
      throw call.signal?.aborted ? cause : unreachable(cause)
    })
    if (!response.ok) throw await problemOf(response)
    call.answered?.(response.headers)
    return response
  }

async function* stream(open: () => Promise<Response>): AsyncGenerator<unknown, void, undefined> {
  const response = await open()
  if (response.body) yield* eventsOf(response.body)
}

const urlOf = (path: string, { params = {}, query = {} }: LooseArgs): string => {
  const filled = path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(params[key] ?? ''))
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) =>
      value === undefined || value === null ? [] : [[key, String(value)]],
    ),
  ).toString()
  return search ? `${filled}?${search}` : filled
}

const mapValues = <A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
