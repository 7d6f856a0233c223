/** What tests stand on: real PostgreSQL, contexts, and requests through the front door. Each test makes its own tenant. */
import type { Permission } from '@cockpit/contract/permissions'
import { rolePermissions } from '@cockpit/contract/permissions'
import pg from 'pg'
import { inject } from 'vitest'
import type { Actor, Ctx } from './context.ts'
import { createDb, type Db, typesAsDeclared } from './db.ts'
import type { Authenticate, Bound } from './http.ts'
import { mountRoutes } from './http-routes.ts'
import { createHttpServer } from './http-server.ts'
import type { Witness } from './http-witness.ts'
import { newId } from './id.ts'
import { createLog } from './log.ts'

export const quietLog = createLog('silent')

export type TestDatabase = {
  readonly db: Db
  readonly connection: pg.PoolConfig
  /** As the owner of the tables, beyond all row-level security: for arranging and for looking. */
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>
  close(): Promise<void>
}

let shared: Promise<TestDatabase> | undefined

/** The database of this worker. Shared by all tests that run in it, so a test looks at its own tenant only. */
export const testDatabase = (): Promise<TestDatabase> => {
  shared ??= open(`worker_${process.env.VITEST_POOL_ID}`)
  return shared
}

/** The db of this worker. */
export const testDb = async (): Promise<Db> => (await testDatabase()).db

/** A database for one test that needs an untouched platform. Close it at the end. */
export const freshDatabase = (): Promise<TestDatabase> => open(newId('fresh', new Date()))

const open = async (name: string): Promise<TestDatabase> => {
  const cluster = { host: inject('postgresHost'), user: 'postgres' }
  const admin = new pg.Client({ ...cluster, database: 'postgres' })
  await admin.connect()
  const { rows } = await admin.query('select from pg_database where datname = $1', [name])
  if (rows.length === 0) await admin.query(`create database ${name} template template_cockpit strategy file_copy`)
  await admin.end()
  const connection = { ...cluster, database: name }
  const owner = new pg.Pool({ ...connection, max: 2, types: typesAsDeclared })
  const db = createDb({ connection, now: () => new Date(), log: quietLog })
  return {
    db,
    connection,
    query: async (text, values) => (await owner.query(text, values)).rows,
    async close() {
      await Promise.all([db.close(), owner.end()])
    },
  }
}

/** A context of an account admin of `accountId`; say what differs. */
export const testCtx = (
  accountId: string,
  differs: Partial<Ctx> & { permissions?: Iterable<Permission> } = {},
): Ctx => {
  const { permissions = rolePermissions.account_admin, ...rest } = differs
  const actor: Actor = {
    kind: 'user',
    id: newId('usr', new Date()),
    name: 'Test',
    permissions: new Set(permissions),
    delegated: new Map(),
    isPlatform: false,
    isSuperAdmin: false,
  }
  return {
    accountId,
    actor,
    requestId: newId('req', new Date()),
    ip: '127.0.0.1',
    userAgent: 'test',
    sessionId: null,
    authenticatedAt: null,
    impersonator: null,
    ...rest,
  }
}

/** A context of a super admin, in the platform or in the account given. */
export const superCtx = (accountId = 'platform', differs: Partial<Ctx> = {}): Ctx => {
  const ctx = testCtx(accountId, { permissions: rolePermissions.super_admin, ...differs })
  return { ...ctx, actor: { ...ctx.actor, isPlatform: true, isSuperAdmin: true } }
}

/** An account row of its own for one test; returns its id. */
export const testAccount = async ({ query }: TestDatabase, name = 'Acme'): Promise<string> => {
  const id = newId('acc', new Date())
  await query(
    'insert into accounts (account_id, name, credits_factor, created_at, updated_at) values ($1, $2, 1, now(), now())',
    [id, `${name} ${id}`],
  )
  return id
}

/** Names of the events of an account, oldest first. */
export const eventsOf = async ({ query }: TestDatabase, accountId: string): Promise<string[]> =>
  (await query<{ name: string }>('select name from events where account_id = $1 order by seq', [accountId])).map(
    ({ name }) => name,
  )

type Sent = {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test reads bodies freely; its expectations are the type
  body: any
  text: string
  headers: Record<string, string | string[] | number | undefined>
}

/** Sends requests through the real HTTP front as any context: `front.as(ctx).send('POST /v1/keys', { name })`. */
export const testFront = (bound: readonly Bound[], { witness }: { witness?: Witness } = {}) => {
  const server = createHttpServer({ log: quietLog, now: () => new Date() })
  const people = new Map<string, Ctx>()
  const authenticate: Authenticate = async ({ headers, accountId }) => {
    const ctx = people.get(String(headers.authorization))
    // a super admin reaches any account, others stay in their own
    return ctx ? { ...ctx, accountId: (ctx.actor.isSuperAdmin && accountId) || ctx.accountId, via: 'bearer' } : null
  }
  mountRoutes(server, bound, { authenticate, log: quietLog, ...(witness && { witness }) })
  const sender = (authorization?: string) => ({
    async send(line: string, body?: unknown, headers: Record<string, string> = {}): Promise<Sent> {
      const [method = '', url = ''] = line.split(' ')
      const answer = await server.inject({
        method: method as 'GET',
        url,
        headers: { ...(authorization && { authorization }), ...headers },
        ...(body !== undefined && { payload: body as object }),
      })
      const isJson = /^application\/(problem\+)?json/.test(String(answer.headers['content-type']))
      return {
        status: answer.statusCode,
        body: isJson ? answer.json() : null,
        text: answer.body,
        headers: answer.headers,
      }
    },
  })
  return {
    server,
    ...sender(),
    as(ctx: Ctx) {
      people.set(ctx.requestId, ctx)
      return sender(ctx.requestId)
    },
  }
}
