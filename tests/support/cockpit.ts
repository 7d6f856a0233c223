/** A whole Cockpit for a test: every role in this process, on a database of its own, on a free port. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseConfig } from '../../apps/server/src/config.ts'
import { freshDatabase, quietLog, type TestDatabase } from '../../apps/server/src/platform/testing.ts'
import { type Running, startServer } from '../../apps/server/src/server.ts'
import { type Reachable, reachable } from './reach.ts'

export type { Reachable } from './reach.ts'

export const masterKey = 'mk_test_0123456789abcdef'

export type TestCockpit = Reachable & {
  running: Running
  database: TestDatabase
  /** Another process with these roles on the same database; it ends before this one. */
  beside(roles: string, environment?: Record<string, string>): Promise<Reachable & Pick<Running, 'stop'>>
  stop(): Promise<void>
}

export const reach = (url: string): Reachable => reachable(url, masterKey)

export const startCockpit = async (
  environment: Record<string, string> = {},
  { now = () => new Date() }: { now?: () => Date } = {},
): Promise<TestCockpit> => {
  const database = await freshDatabase()
  const dataDir = mkdtempSync(path.join(tmpdir(), 'cockpit-e2e-'))
  const { host, user, database: name } = database.connection
  const variables = {
    PORT: '0',
    COCKPIT_DATA_DIR: dataDir,
    COCKPIT_MASTER_KEY: masterKey,
    DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(String(host))}`,
    ...environment,
  }
  const start = (args: readonly string[], own: Record<string, string> = {}) =>
    startServer({
      config: parseConfig({ ...variables, ...own }, args),
      environment: { ...variables, ...own },
      version: '0.0.0-test',
      consoleDir: path.join(dataDir, 'no-console'),
      migrations: new URL('../../db/migrations/', import.meta.url),
      now,
      log: quietLog,
    })
  const running = await start([])
  return {
    ...reach(running.url),
    running,
    database,
    async beside(roles, own = {}) {
      const ownDir = path.join(dataDir, `beside-${roles}`)
      mkdirSync(ownDir)
      const { url, stop } = await start([`--role=${roles}`], { COCKPIT_DATA_DIR: ownDir, ...own })
      return { ...reach(url), stop }
    },
    async stop() {
      await running.stop()
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
