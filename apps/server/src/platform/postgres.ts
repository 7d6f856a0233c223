/** The embedded PostgreSQL: a child process on a unix socket that lives and dies with this one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeDirectory } from './directory.ts'
import type { Log } from './log.ts'
import { type Launcher, launcher, nativeDirectory, processOf, socketDirectory } from './postgres-host.ts'

export type Postgres = {
  readonly connection: { host: string; port: number; user: string; database: string }
  stop(): Promise<void>
}
export type PostgresOptions = {
  dataDir: string
  /** Server parameters beside those Cockpit sets itself, such as `{ fsync: 'off' }` for tests. */
  settings?: Record<string, string>
  log?: Log
}

const startTimeoutMs = 60_000
const stopTimeoutMs = 20_000
const restartDelaysMs = [200, 1_000, 5_000]
/** Holds the process that started the server: tells a server in use from an orphan. */
const ownerFile = 'cockpit.pid'
const environment = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' }

export const startPostgres = async ({ dataDir, settings = {}, log }: PostgresOptions): Promise<Postgres> => {
  const directory = resolve(dataDir)
  const launch = launcher(nativeDirectory())
  if (!existsSync(join(directory, 'PG_VERSION'))) initialize(launch, directory)
  await endOrphan(directory)
  writeFileSync(join(directory, ownerFile), String(process.pid))
  const host = socketDirectory(directory)
  let server = await serve(launch, directory, host, settings)
  let stopping = false
  /** A database that dies under a running Cockpit comes back; what was acknowledged is on its disk. */
  const restartAfter = (running: ChildProcess) =>
    running.once('exit', async (code, signal) => {
      for (let attempt = 0; !stopping; attempt++) {
        log?.error({ code, signal, attempt }, 'the embedded PostgreSQL ended by itself; starting it again')
        await pause(restartDelaysMs[Math.min(attempt, restartDelaysMs.length - 1)])
        if (stopping) return
        try {
          server = await serve(launch, directory, host, settings)
          return void restartAfter(server)
        } catch (error) {
          log?.error({ err: error }, 'the embedded PostgreSQL is not back yet')
        }
      }
    })
  restartAfter(server)
  return {
    connection: { host, port: 5432, user: 'postgres', database: 'postgres' },
    async stop() {
      stopping = true
      await end(server)
      if (host !== directory) rmSync(host, { recursive: true, force: true })
    },
  }
}

/** Set up beside its place and moved there when complete, so that an interrupted start leaves nothing half made. */
const initialize = (launch: Launcher, directory: string) => {
  const draft = `${directory}.new`
  rmSync(draft, { recursive: true, force: true })
  makeDirectory(draft)
  const [command, args] = launch('initdb', [
    ...['-D', draft, '-U', 'postgres', '--auth=trust', '-E', 'UTF8'],
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C.UTF-8'],
  ])
  const { status, stderr, error } = spawnSync(command, args, { env: environment, encoding: 'utf8', cwd: '/' })
  if (status !== 0)
    throw new Error(
      `The embedded PostgreSQL could not be set up in ${directory}: ${error?.message ?? lastLines(stderr)}`,
    )
  renameSync(draft, directory)
}

const serve = async (launch: Launcher, directory: string, host: string, settings: Record<string, string>) => {
  const parameters = {
    listen_addresses: '',
    max_connections: '100',
    shared_buffers: '64MB',
    io_method: 'sync',
    ...settings,
  }
  const [command, args] = launch('postgres', [
    ...['-D', directory, '-k', host],
    ...Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ])
  // in a group of its own: Ctrl-C in a terminal goes to the whole group, and the database must outlive the calls in flight
  const server = spawn(command, args, {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
    detached: true,
  })
  await ready(server, directory)
  return server
}

const ready = (server: ChildProcess, directory: string) =>
  new Promise<void>((started, failed) => {
    let said = ''
    const refuse = (why: string) => failed(new Error(`The embedded PostgreSQL in ${directory} did not start: ${why}`))
    const timer = setTimeout(() => {
      server.kill('SIGQUIT')
      refuse(`not ready after ${startTimeoutMs / 1000} seconds. ${lastLines(said)}`)
    }, startTimeoutMs)
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      // keeps reading after the start too, or the pipe fills and the server waits
      said = (said + text).slice(-4000)
      if (!said.includes('ready to accept connections')) return
      clearTimeout(timer)
      started()
    })
    server.once('error', (error) => refuse(error.message))
    server.once('exit', (code) => {
      clearTimeout(timer)
      refuse(`it exited with ${code}. ${lastLines(said)}`)
    })
  })

/** SIGINT is the fast shutdown: sessions end, everything acknowledged is on disk, no recovery at the next start. */
const end = (server: ChildProcess) =>
  new Promise<void>((done) => {
    if (server.exitCode !== null || server.signalCode !== null) return done()
    const timer = setTimeout(() => server.kill('SIGQUIT'), stopTimeoutMs)
    server.once('exit', () => {
      clearTimeout(timer)
      done()
    })
    server.kill('SIGINT')
  })

/** Where no death signal reaches the server, a killed Cockpit leaves it running: its lock file names it. */
const endOrphan = async (directory: string) => {
  for (let waitedMs = 0; ; waitedMs += 50) {
    const pid = Number(firstLine(join(directory, 'postmaster.pid')))
    const running = pid > 1 ? processOf(pid) : null
    // the number may have been given to another program since; only a PostgreSQL is ended
    if (!running || !/postgres/.test(running.command)) return
    if (running.parent === Number(firstLine(join(directory, ownerFile))))
      throw new Error(
        `Another Cockpit (process ${running.parent}) uses ${directory}: stop it, or set COCKPIT_DATA_DIR.`,
      )
    if (waitedMs === 0) process.kill(pid, 'SIGINT')
    if (waitedMs >= stopTimeoutMs)
      throw new Error(`Another PostgreSQL (process ${pid}) uses ${directory} and does not end.`)
    await pause(50)
  }
}

const firstLine = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n')[0] : undefined)
const lastLines = (text: string) => text.trim().split('\n').slice(-3).join(' ')
