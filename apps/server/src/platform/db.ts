/** The two doors to the database. A repository is built from a Tx, so no query escapes its transaction or its tenant. */
import { Kysely, PostgresDialect, type RawBuilder, sql, type Transaction } from 'kysely'
import pg from 'pg'
import type { Clock } from './clock.ts'
import type { Ctx } from './context.ts'
import { createTelling, type EventStory } from './events.ts'
import { createListener } from './listener.ts'
import { type Log, reasonOf } from './log.ts'
import type { DB } from './tables.ts'

export type { DB } from './tables.ts'

export type Tx = {
  readonly ctx: Ctx
  readonly sql: Transaction<DB>
  /** Tells the event of a change; it is written with the change, when the work is done. */
  emit(name: string, story: EventStory): Promise<void>
  /** Waits until no other transaction of this account holds `name`, and holds it until the end of this one. */
  lock(name: string): Promise<void>
}

export type Db = {
  /** One transaction that sees and writes the rows of `ctx.accountId` only. */
  tenant<T>(ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T>
  /** One transaction across all accounts: for routes of super admins, sign-in and the program's own work. */
  platform<T>(ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Calls `heard` with the payload of each notification; after a lost connection calls `missed`, as some may be lost. */
  listen(channel: string, heard: (payload: string) => void, missed?: () => void): Promise<() => void>
  ping(): Promise<void>
  close(): Promise<void>
}

export type DbOptions = { connection: pg.PoolConfig; now: Clock; log: Log; connectionsMax?: number }

export const createDb = ({ connection, now, log, connectionsMax = 20 }: DbOptions): Db => {
  const pool = new pg.Pool({ ...connection, max: connectionsMax, types: typesAsDeclared })
  const connections = watch(pool, log)
  const kysely = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) })
  const listener = createListener({ connection, log })

  const transaction = <T>(role: string, ctx: Ctx, work: (tx: Tx) => Promise<T>) =>
    onceAgainAfterConflict(() =>
      kysely.transaction().execute(async (trx) => {
        await sql`select set_config('role', ${role}, true), set_config('app.account_id', ${ctx.accountId}, true)`.execute(
          trx,
        )
        const telling = createTelling(trx, ctx, now)
        const result = await work({
          ctx,
          sql: trx,
          emit: async (name, story) => telling.emit(name, story),
          async lock(name) {
            await sql`select pg_advisory_xact_lock(hashtextextended(${`${ctx.accountId}:${name}`}, 0))`.execute(trx)
          },
        })
        if (telling.changed()) await ctx.guard?.beforeCommit(trx)
        await telling.write()
        return { result, changed: telling.changed() }
      }),
    ).then(({ result, changed }) => {
      if (changed) ctx.guard?.committed()
      return result
    })

  return {
    tenant: (ctx, work) => transaction('cockpit_app', ctx, work),
    platform: (ctx, work) => transaction('cockpit_platform', ctx, work),
    listen: listener.listen,
    async ping() {
      await sql`select 1`.execute(kysely)
    },
    async close() {
      await listener.close()
      await kysely.destroy()
      await connections.closed()
    },
  }
}

const closeTimeoutMs = 2_000

/** Which connections a pool holds. It says that it has ended when it has only asked them to. */
const watch = (pool: pg.Pool, log: Log) => {
  const open = new Set<pg.PoolClient>()
  let noneLeft = () => {}
  // a connection that the server ends, idle or in use, must not end the process; the connection itself says why
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    open.add(client)
    client.on('error', (error) => log.warn(reasonOf(error), 'database connection lost'))
  })
  pool.on('remove', (client) => {
    open.delete(client)
    if (open.size === 0) noneLeft()
  })
  return {
    closed: () =>
      new Promise<void>((resolve) => {
        if (open.size === 0) return resolve()
        const timer = setTimeout(resolve, closeTimeoutMs)
        noneLeft = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  }
}

/** A value for a jsonb column. Without it the driver sends an array as a PostgreSQL array, which jsonb refuses. */
export const jsonb = <T>(value: T): RawBuilder<T> => sql<T>`${JSON.stringify(value)}::jsonb`

export const isUniqueViolation = (error: unknown, constraint: string): boolean =>
  error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === constraint

/** bigint columns arrive as bigint: credits and prices exceed what a number holds exactly. */
export const typesAsDeclared: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 && format !== 'binary' ? BigInt : pg.types.getTypeParser(oid, format),
}

const onceAgainAfterConflict = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const conflict = error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01')
    if (!conflict) throw error
    return work()
  }
}
