import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from './migrate.ts'
import { startPostgres } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Directory of the socket of the cluster of this run. */
    postgresHost: string
  }
}

/** One PostgreSQL for the whole run, which promises nothing after a power cut, and one template database migrated once. */
export const setup = async (project: TestProject) => {
  const directory = mkdtempSync(join(tmpdir(), 'cockpit-test-'))
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' }
  const postgres = await startPostgres({ dataDir: join(directory, 'pg'), settings })
  const admin = new pg.Client(postgres.connection)
  await admin.connect()
  await admin.query('create database template_cockpit')
  await admin.end()
  const migrations = new URL('../../../../db/migrations/', import.meta.url)
  await migrate({ ...postgres.connection, database: 'template_cockpit' }, migrations)
  project.provide('postgresHost', String(postgres.connection.host))
  return async () => {
    await postgres.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
