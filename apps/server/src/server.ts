/** One process: the database it needs, the roles it plays, the port it listens on, and an orderly end. */
import path from 'node:path'
import { environmentHelp, type ProcessRole } from '@cockpit/contract/environment'
import { type App, createApp } from './app.ts'
import { type Config, ConfigError } from './config.ts'
import { controlPlane } from './control-plane.ts'
import { reached, whenReached } from './database.ts'
import { waiting } from './entrance.ts'
import { createListener } from './listener.ts'
import { createProcessFigures } from './metrics.ts'
import {
  type Clock,
  createDb,
  type Db,
  type Jobs,
  type Log,
  loadSecretKey,
  migrate,
  startJobs,
  startPostgres,
} from './platform/index.ts'
import { closed, listen } from './port.ts'
import type { Answer, Ask, Connection, Question } from './workers/messages.ts'

/** How long calls in flight may take to finish after the process was told to stop. */
const drainTimeoutMs = 30_000

export type Running = {
  /** Where it listens, e.g. `http://127.0.0.1:4000`. */
  url: string
  /** Where people reach it. */
  publicUrl: string
  connection: Connection
  /** The one-time code while there is no administrator. */
  setupCode: string | null
  /** What it answers when all processes of this Cockpit are asked. */
  answer(question: Question): Promise<Answer>
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

/** What differs where several processes share a port: which of the parts this one is. */
export type Part = {
  /** What it plays of the roles that are configured. */
  roles: ReadonlySet<ProcessRole>
  /** Where the installation is reached, when another process has opened the port. */
  address?: string
  /** Which of several processes it is; a worker learns it with its database. */
  place?: number
  /** It opens the port when it can serve, and not before. */
  listensLast?: boolean
  /** How it comes to a database; absent: it opens and migrates one itself. */
  openDatabase?: (address: string | null) => Promise<OpenedDatabase>
  /** Asks all that serve on this port, itself among them. */
  ask: Ask
}

type OpenedDatabase = {
  connection: Connection
  publicUrl?: string
  /** Which of several processes this is. */
  place?: number
  isMigrated: boolean
  stop: (() => Promise<void>) | null
}

export const startServer = async (options: StartOptions, part?: Part): Promise<Running> => {
  const { log, now } = options
  const config = { ...options.config, roles: part?.roles ?? options.config.roles }
  const closers: (() => Promise<unknown>)[] = []
  const stopAll = async () => {
    for (const close of closers.splice(0).reverse())
      await close().catch((error: unknown) => log.error({ err: error }, 'a part did not stop cleanly'))
  }
  // whoever asks again, as a signal to the whole group does, waits for the same end
  let stopping: Promise<void> | null = null
  const stop = () => {
    stopping ??= stopAll()
    return stopping
  }
  try {
    const door = part?.address === undefined ? createListener(now) : null
    const address = part?.address ?? (door && !part?.listensLast ? await listen(door.server, config) : '')
    if (door) closers.push(() => closed(door.server))
    const opened = await (part?.openDatabase?.(address) ?? openDatabase(options.config, log))
    const { connection, stop: stopDatabase } = opened
    if (stopDatabase) closers.push(stopDatabase)
    const db = createDb({ connection, now, log })
    closers.push(() => db.close())
    const isThere = await reached(db, options)
    door?.entrance.waitsFor('migrations', 'are running')
    const prepare = async (app: App) => {
      if (!opened.isMigrated) await migrate(connection, options.migrations)
      await app.verifySecretKey()
    }
    const publicUrl = opened.publicUrl ?? config.publicUrl ?? address
    const app = createApp({
      config,
      db,
      kek: loadSecretKey({ configured: config.secretKey ?? undefined, dataDir: config.dataDir }),
      now,
      log,
      facts: facts(options, publicUrl),
      ask: part?.ask ?? (async () => []),
    })
    const answer = answers(app, createProcessFigures(part?.place ?? opened.place))
    const metrics = async () => {
      const [all = await answer({ about: 'metrics' })] = (await part?.ask({ about: 'metrics' })) ?? []
      return String(all ?? '')
    }
    const stage: Stage = { ...options, config, connection, db, door, metrics, publicUrl, closers, isThere }
    if (isThere) {
      await prepare(app)
      door?.entrance.waitsFor('jobs', 'are not started yet')
      await startWork(app, stage)
      await startServing(app, stage)
    } else {
      await startServing(app, stage)
      closers.push(
        whenReached(
          db,
          log,
          () => prepare(app),
          () => startWork(app, stage),
        ),
      )
    }
    const opensSetup = isThere && options.config.roles.has('api') && !part?.openDatabase
    const setupCode = opensSetup ? await app.openSetup() : null
    if (door && part?.listensLast) await listen(door.server, config)
    return { url: address, publicUrl, connection, setupCode, answer, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const openDatabase = async (config: Config, log: Log): Promise<OpenedDatabase> => {
  const { databaseUrl, dataDir, roles, workers } = config
  if (databaseUrl) return { connection: { connectionString: databaseUrl }, isMigrated: false, stop: null }
  if (roles.size < 3)
    throw new ConfigError(
      '--role splits Cockpit over several processes, which share an external PostgreSQL: set DATABASE_URL.',
    )
  const settings = workers > 1 ? { max_connections: String(100 + 25 * workers) } : {}
  const { connection, stop } = await startPostgres({ dataDir: path.join(dataDir, 'postgres'), log, settings })
  return { connection, isMigrated: false, stop }
}

/** What this process says when all are asked. */
const answers =
  (app: App, process: () => Promise<string>) =>
  async (question: Question): Promise<Answer> => {
    switch (question.about) {
      case 'metrics':
        return `${await process()}\n${app.gateway.metrics()}`
      case 'key':
        await app.knownKey(question.hash)
        return null
      case 'streams':
        return app.gateway.activeStreams(question.accountId)
    }
  }

type Stage = StartOptions & {
  connection: Connection
  db: Db
  /** Null where others listen. */
  door: ReturnType<typeof createListener> | null
  metrics: () => Promise<string>
  publicUrl: string
  closers: (() => Promise<unknown>)[]
  /** Whether the database was reached: without it only the gateway serves. */
  isThere: boolean
}

/** What needs the database. */
const startWork = async (app: App, stage: Stage) => {
  const { config, closers, connection, log } = stage
  // before anybody asks, so that no process believes a provider that was turned off
  await app.followIssuers()
  if (config.roles.has('worker')) {
    await app.prepareUsage()
    const jobs: Jobs = await startJobs({ connection, log, jobs: app.jobs })
    closers.push(() => jobs.stop())
    app.auditDelivery.start()
    closers.push(() => app.auditDelivery.stop())
    app.auditHeads.start()
    closers.push(() => app.auditHeads.stop())
    await app.followOtlp()
    app.exporterDelivery.start()
    closers.push(() => app.exporterDelivery.stop())
    app.mailSending.start()
    closers.push(() => app.mailSending.stop())
    app.connectionChecks.start()
    closers.push(() => app.connectionChecks.stop())
    await app.publishing.start()
    closers.push(() => app.publishing.stop())
    await app.zitadelWork.start()
    closers.push(() => app.zitadelWork.stop())
  }
  if (config.roles.has('gateway')) {
    app.batchRunner.start()
    closers.push(() => app.batchRunner.stop())
  }
  closers.push(() => app.witness.stop())
  stage.isThere = true
}

const startServing = async (app: App, stage: Stage) => {
  const { config, closers, door } = stage
  app.sharedAnswers?.start()
  closers.push(async () => app.sharedAnswers?.stop())
  if (!door) {
    await app.gateway.start({ serve: false })
    return void closers.push(() => app.gateway.drain(drainTimeoutMs))
  }
  const http = await controlPlane(app, stage)
  door.entrance.speak = http.speak
  closers.push(() => http.close())
  closers.push(async () => {
    door.entrance.waitsFor('process', 'is stopping')
  })
  door.entrance.waitsFor('snapshot', 'is not loaded yet')
  // explanations of the API decide over the same snapshot, so it follows the feed as well
  await app.gateway.start({ serve: config.roles.has('gateway') })
  // the last to come is the first to go: while calls finish, everything behind them still works and health says so
  closers.push(() => app.gateway.drain(drainTimeoutMs))
  if (config.roles.has('gateway')) app.gateway.standBefore(door.server, door.hears)
  const needsDatabase = config.roles.has('api') || config.roles.has('worker')
  const isAway = waiting('database', 'is not reached yet', stage.now)
  door.entrance.handle = (request, response) => {
    if (config.roles.has('gateway') && app.gateway.handle(request, response)) return
    if (stage.isThere || !needsDatabase) http.routing(request, response)
    else isAway(request, response)
  }
}

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
    secret: /(KEY|TOKEN|SECRET|BREAK_GLASS|HEADERS|SMTP_URL)$/.test(name),
    value: environment[name],
  })),
})
