/** Versions of things: the `ETag` of what a GET shows, and the `If-Match` that keeps a write from undoing another one. */

import { createHash } from 'node:crypto'
import { canonicalJson } from '@cockpit/contract/audit-chain'
import { addressesOf, isSingle, type Route } from '@cockpit/contract/kit'
import { sql } from 'kysely'
import type { Ctx } from './context.ts'
import { type Bound, type Input, parseInput, type RequestFacts } from './http.ts'
import { Problem } from './problem.ts'
import type { WriteGuard } from './write-guard.ts'

/** A read inside a transaction needs a connection of its own, and must not wait for one without end. */
const readWithinMs = 5_000
/** Fewer than there are connections, so that guarded writes cannot starve their own reads. */
const guardedAtOnce = 4

type Asked = { ctx: Ctx; params: unknown; request: RequestFacts }
type GuardedCall = { route: Route; path: string; ifMatch: string | undefined; asked: Asked }
export type Versions = {
  /** The ETag of what this route answers, where that is the thing itself. */
  etagOf(route: Route, path: string, value: unknown): string | null
  /** Does the work if what is there is what the caller has seen; `work` gets the guard that holds it to that. */
  whenUnchanged<T>(call: GuardedCall, work: (guard: WriteGuard | null) => Promise<T>): Promise<T>
}

export const createVersions = (bound: readonly Bound[]): Versions => {
  const readers = new Map<string, Bound>(
    bound
      .filter(({ route }) => isSingle(route))
      .flatMap((one) => addressesOf(one.route).map(({ path }) => [path, one])),
  )
  const turn = turns(guardedAtOnce)

  return {
    etagOf(route, path, value) {
      if (isSingle(route)) return etag(route, value)
      const shown = [readers.get(path), readers.get(`${path}/{id}`)].find((one) => one?.route.returns === route.returns)
      return shown ? etag(shown.route, value) : null
    },
    async whenUnchanged({ route, path, ifMatch, asked }, work) {
      if (ifMatch === undefined || !checked.has(route.method)) return work(null)
      const reader = readers.get(path)
      if (!reader)
        throw new Problem('write.changed_meanwhile', 'Nothing at this address has a version. Leave out If-Match.')
      const check = async () => refuseChanged(ifMatch, etag(reader.route, await read(reader, asked)))
      return turn(async () => {
        await check()
        return work(guardOf(`${asked.ctx.accountId}:${path}:${JSON.stringify(asked.params)}`, check))
      })
    },
  }
}

const checked = new Set(['PUT', 'PATCH', 'DELETE'])

/** What moves by itself, such as the time of the last use, is no part of the version. */
const etag = ({ drifts = [] }: Route, value: unknown): string => {
  const text = canonicalJson(isThing(value) ? without(value, drifts) : value)
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`
}
const isThing = (value: unknown): value is object =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
const without = (thing: object, names: readonly string[]) =>
  Object.fromEntries(Object.entries(thing).filter(([name]) => !names.includes(name)))

const refuseChanged = (ifMatch: string, now: string) => {
  const wanted = ifMatch.split(',').map((one) => one.trim())
  if (wanted.includes('*') || wanted.includes(now)) return
  throw new Problem('write.changed_meanwhile', 'Somebody changed this after you read it. Read it again, then repeat.', {
    headers: { etag: now },
  })
}

const read = async ({ route, handle }: Bound, { ctx, params, request }: Asked): Promise<unknown> => {
  const { guard: _, ...plain } = ctx
  const input = { ctx: plain, params: parseInput(route.params, params, 'path'), query: undefined, body: undefined }
  return route.returns.parse(await handle({ ...input, request, reply: silent } as unknown as Input<Route>))
}
const silent = { setCookie() {}, clearCookie() {}, header() {}, status() {} }

/**
 * Looks again inside the transaction that changes: by then it holds the rows it changed, so nobody else can change them
 * before it commits, and the lock makes two guarded writes of one thing wait for each other whatever rows they touch.
 */
const guardOf = (name: string, check: () => Promise<void>): WriteGuard => {
  let done = false
  return {
    async beforeCommit(trx) {
      if (done) return
      await sql`select pg_advisory_xact_lock(hashtextextended(${`if-match:${name}`}, 0))`.execute(trx)
      await soon(check())
    },
    committed() {
      done = true
    },
  }
}

const soon = async (work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const busy = new Problem('internal.unavailable', 'The database is busy. Try again.')
    timer = setTimeout(reject, readWithinMs, busy)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Lets so many through at once; the others wait in line. */
const turns = (most: number) => {
  let running = 0
  const line: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= most) await new Promise<void>((go) => line.push(go))
    else running++
    try {
      return await work()
    } finally {
      // a turn is handed on, or given back when nobody waits
      const next = line.shift()
      if (next) next()
      else running--
    }
  }
}
