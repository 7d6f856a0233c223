/** One process: the database it needs, the roles it plays, the port it listens on, and an orderly end. */
import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import path from 'node:path'
import { contract } from '@cockpit/contract'
import { environmentHelp } from '@cockpit/contract/environment'
import apiReference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import { type App, createApp } from './app.ts'
import { type Config, ConfigError } from './config.ts'
import type { Entrance } from './entrance.ts'
import { healthHandlers, type Part } from './health.ts'
import { createListener } from './listener.ts'
import { mountMetrics } from './metrics.ts'
import {
  type Clock,
  createDb,
  createHttpServer,
  type Db,
  type Jobs,
  type Log,
  loadSecretKey,
  migrate,
  mountProtocol,
  mountRoutes,
  openApi,
  type Postgres,
  startJobs,
  startPostgres,
} from './platform/index.ts'
import { serveSinglePageApp } from './platform/single-page-app.ts'

/** How long calls in flight may take to finish after the process was told to stop. */
const drainTimeoutMs = 30_000

export type Running = {
  /** Where it listens, e.g. `http://127.0.0.1:4000`. */
  url: string
  /** Where people reach it. */
  publicUrl: string
  /** The one-time code while there is no administrator. */
  setupCode: string | null
  stop(): Promise<void>
}

export type StartOptions = {
  config: Config
  environment: NodeJS.ProcessEnv
  version: string
  consoleDir: string
  migrations: URL
  now: Clock
  log: Log
}

export const startServer = async (options: StartOptions): Promise<Running> => {
  const { config, log, now } = options
  const closers: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closers.splice(0).reverse())
      await close().catch((error: unknown) => log.error({ err: error }, 'a part did not stop cleanly'))
  }
  try {
    const door = createListener(now)
    const { server: listener, entrance } = door
    const address = await listen(listener, config)
    closers.push(() => closed(listener))
    const { connection, postgres } = await openDatabase(config, log)
    if (postgres) closers.push(() => postgres.stop())
    const db = createDb({ connection, now, log })
    closers.push(() => db.close())
    await db.ping()
    entrance.waitsFor('migrations', 'are running')
    await migrate(connection, options.migrations)
    entrance.waitsFor('jobs', 'are not started yet')
    const publicUrl = config.publicUrl ?? address
    const app = createApp({
      config,
      db,
      kek: loadSecretKey({ configured: config.secretKey ?? undefined, dataDir: config.dataDir }),
      now,
      log,
      facts: facts(options, publicUrl),
    })
    await app.verifySecretKey()
    await startRoles(app, { ...options, connection, db, listener, entrance, hears: door.hears, publicUrl, closers })
    return { url: address, publicUrl, setupCode: config.roles.has('api') ? await app.openSetup() : null, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const openDatabase = async (
  { databaseUrl, dataDir, roles }: Config,
  log: Log,
): Promise<{ connection: pg.PoolConfig; postgres: Postgres | null }> => {
  if (databaseUrl) return { connection: { connectionString: databaseUrl }, postgres: null }
  if (roles.size < 3)
    throw new ConfigError(
      '--role splits Cockpit over several processes, which share an external PostgreSQL: set DATABASE_URL.',
    )
  const postgres = await startPostgres({ dataDir: path.join(dataDir, 'postgres'), log })
  return { connection: postgres.connection, postgres }
}

type Stage = StartOptions & {
  connection: pg.PoolConfig
  db: Db
  listener: Server
  entrance: Entrance
  /** Takes the first bytes of a connection. */
  hears(socket: Socket, bytes: Buffer): void
  publicUrl: string
  closers: (() => Promise<unknown>)[]
}

const startRoles = async (app: App, stage: Stage) => {
  const { config, closers, connection, log, entrance } = stage
  // before anybody asks, so that no process believes a provider that was turned off
  await app.followIssuers()
  if (config.roles.has('worker')) {
    await app.prepareUsage()
    const jobs: Jobs = await startJobs({ connection, log, jobs: app.jobs })
    closers.push(() => jobs.stop())
    app.auditDelivery.start()
    closers.push(() => app.auditDelivery.stop())
    await app.publishing.start()
    closers.push(() => app.publishing.stop())
    await app.zitadelWork.start()
    closers.push(() => app.zitadelWork.stop())
  }
  closers.push(() => app.witness.stop())
  const http = await controlPlane(app, stage)
  closers.push(() => http.close())
  closers.push(async () => {
    entrance.waitsFor('process', 'is stopping')
  })
  entrance.waitsFor('snapshot', 'is not loaded yet')
  // explanations of the API decide over the same snapshot, so it follows the feed as well
  await app.gateway.start({ serve: config.roles.has('gateway') })
  // the last to come is the first to go: while calls finish, everything behind them still works and health says so
  closers.push(() => app.gateway.drain(drainTimeoutMs))
  if (config.roles.has('gateway')) app.gateway.standBefore(stage.listener, stage.hears)
  entrance.handle = (request, response) => {
    if (config.roles.has('gateway') && app.gateway.handle(request, response)) return
    http.routing(request, response)
  }
}

const controlPlane = async (app: App, stage: Stage): Promise<FastifyInstance> => {
  const { config, log, now, publicUrl, consoleDir, version } = stage
  const server = createHttpServer({
    ...{ log, now },
    https: publicUrl.startsWith('https:'),
    trustedProxies: config.trustedProxies,
  })
  const isApi = config.roles.has('api')
  const health = healthHandlers(readiness(app, stage))
  mountRoutes(server, [...health, ...(isApi ? app.bound : app.callerBound)], {
    authenticate: app.authenticate,
    admitsFrom: app.admitsFrom,
    witness: app.witness,
    idempotency: app.idempotency,
    log,
    publicUrl,
    now,
  })
  mountMetrics(server, { token: config.metricsToken, gateway: () => app.gateway.metrics() })
  if (isApi) {
    for (const protocol of app.protocols) mountProtocol(server, protocol, log)
    const document = openApi(contract, { version, sessionCookie: app.sessionCookie, publicUrl })
    server.get('/openapi.json', async () => document)
    await server.register(async (scope) => {
      scope.addHook('onSend', async (_request, reply) => {
        reply.header('content-security-policy', referencePolicy)
      })
      await scope.register(apiReference, {
        routePrefix: '/docs',
        configuration: {
          url: '/openapi.json',
          title: 'Cockpit API',
          favicon: '/favicon.svg',
          withDefaultFonts: false,
          telemetry: false,
          agent: { disabled: true },
          hideClientButton: true,
        },
      })
    })
    if (existsSync(path.join(consoleDir, 'index.html')))
      await serveSinglePageApp(server, consoleDir, ['/v1/', '/scim/', '/health/', '/docs/'])
    else
      log.warn(
        { consoleDir },
        'the console is not built; run "npm start" or build it with "node tools/launch.mjs tools/build-console.ts"',
      )
  }
  await server.ready()
  return server
}

/** The reference is one bundled script that writes its own styles; it talks to this origin only. */
const referencePolicy =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"

const readiness = (app: App, { db, config }: Stage): Part[] => [
  { name: 'database', wrong: () => db.ping().then(() => null) },
  ...(config.roles.has('gateway') ? [{ name: 'gateway', wrong: () => app.gateway.notReady().join(', ') || null }] : []),
]

const listen = (server: Server, { host, port }: Config) =>
  new Promise<string>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new ConfigError(
              `PORT ${port} on ${host} is taken by another program; set PORT to a free one, for example PORT=${port + 1}.`,
            )
          : error,
      ),
    )
    server.listen({ host, port }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address ? address.port : port
      const shown =
        host === '0.0.0.0' || host === '::' || host === '127.0.0.1'
          ? 'localhost'
          : host.includes(':')
            ? `[${host}]`
            : host
      resolve(`http://${shown}:${bound}`)
    })
  })

const closed = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

const facts = ({ config, environment, version, now }: StartOptions, publicUrl: string) => ({
  version,
  database: config.databaseUrl ? ('external' as const) : ('embedded' as const),
  roles: [...config.roles],
  publicUrl,
  creditsFactor: config.creditsFactor,
  masterKeySet: config.masterKey !== null,
  secretKey: { id: '', source: config.secretKey ? ('environment' as const) : ('file' as const) },
  startedAt: now(),
  environment: environmentHelp().map(({ name, description }) => ({
    name,
    description,
    secret: /(KEY|TOKEN|SECRET|BREAK_GLASS)$/.test(name),
    value: environment[name],
  })),
})
