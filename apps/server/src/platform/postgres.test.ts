import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { createDb, createLog, migrate, type Postgres, startPostgres, systemCtx } from './index.ts'

const made: string[] = []
const running: Postgres[] = []
const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await Promise.all(running.splice(0).map((postgres) => postgres.stop()))
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})

const newDirectory = () => {
  const directory = mkdtempSync(join(tmpdir(), 'cockpit-pg-'))
  made.push(directory)
  return directory
}
const start = async (dataDir: string) => {
  const postgres = await startPostgres({ dataDir })
  running.push(postgres)
  return postgres
}
const query = async (connection: pg.PoolConfig, text: string) => {
  const client = new pg.Client(connection)
  await client.connect()
  const { rows } = await client.query(text)
  await client.end()
  return rows
}

/** Another process that starts the same database and commits numbers, telling each one after its commit. */
const writer = (dataDir: string) => {
  const program = `
    import pg from 'pg'
    import { startPostgres } from ${JSON.stringify(new URL('postgres.ts', import.meta.url).href)}
    const { connection } = await startPostgres({ dataDir: ${JSON.stringify(dataDir)} })
    const client = new pg.Client(connection)
    await client.connect()
    await client.query('create table if not exists numbers (n int primary key)')
    for (let n = 1; ; n++) {
      await client.query('insert into numbers values ($1)', [n])
      process.stdout.write(n + '\\n')
    }`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  let last = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    last = Number(text.trim().split('\n').at(-1))
  })
  return { child, told: () => last }
}

describe('the embedded PostgreSQL', () => {
  test('starts again after kill -9 of its process, with everything that was acknowledged', async () => {
    const dataDir = join(newDirectory(), 'pg')
    const { child, told } = writer(dataDir)
    await expect.poll(told, { timeout: 15_000 }).toBeGreaterThan(100)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const acknowledged = told()
    const { connection } = await start(dataDir)
    const [row] = await query(connection, 'select count(*)::int as n, max(n) as max from numbers')
    expect(row?.max).toBe(row?.n)
    expect(row?.n).toBeGreaterThanOrEqual(acknowledged)
  })

  test('refuses a second process on the same data and leaves the first unharmed, until that is gone', async () => {
    const dataDir = join(newDirectory(), 'pg')
    const { child, told } = writer(dataDir)
    await expect.poll(told, { timeout: 15_000 }).toBeGreaterThan(10)
    await expect(startPostgres({ dataDir })).rejects.toThrow(`Another Cockpit (process ${child.pid})`)
    const before = told()
    await expect.poll(told).toBeGreaterThan(before)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await start(dataDir)
  })

  test('listens on a short socket when the path of its data is long, and on no network port', async () => {
    const { connection } = await start(join(newDirectory(), 'a'.repeat(60), 'b'.repeat(60), 'pg'))
    expect(String(connection.host).length).toBeLessThan(90)
    expect(await query(connection, 'show listen_addresses')).toEqual([{ listen_addresses: '' }])
    expect(await query(connection, 'show fsync')).toEqual([{ fsync: 'on' }])
  })

  test('stops so that the next start needs no recovery', async () => {
    const dataDir = join(newDirectory(), 'pg')
    const first = await startPostgres({ dataDir })
    await query(first.connection, 'create table kept (n int)')
    await first.stop()
    const again = await start(dataDir)
    expect(await query(again.connection, 'select count(*)::int as n from kept')).toEqual([{ n: 0 }])
  })
})

describe('migrations', () => {
  test('run once in order, also when two processes start at once, and a broken one names itself', async () => {
    const { connection } = await start(join(newDirectory(), 'pg'))
    const real = new URL('../../../../db/migrations/', import.meta.url)
    const runs = await Promise.all([migrate(connection, real), migrate(connection, real)])
    expect(runs.map((names) => names.length > 0).sort()).toEqual([false, true])
    expect(runs.flat()[0]).toBe('0001_platform')
    expect(runs.flat()).toEqual([...runs.flat()].sort())
    expect(await migrate(connection, real)).toEqual([])

    const other = { ...connection, database: 'other' }
    await query(connection, 'create database other')
    const broken = new URL('./fixtures/broken-migrations/', import.meta.url)
    await expect(migrate(other, broken)).rejects.toThrow(/^Migration 0002_broken failed: .*nowhere/)
    expect(await query(other, `select to_regclass('good') as good`)).toEqual([{ good: null }])
  })

  test('run on a server whose owner is no superuser, and both doors work there', async () => {
    const { connection } = await start(join(newDirectory(), 'pg'))
    await query(connection, 'create role owner login createrole')
    await query(connection, 'create database owned owner owner')
    const owned = { ...connection, user: 'owner', database: 'owned' }
    await migrate(owned, new URL('../../../../db/migrations/', import.meta.url))
    const db = createDb({ connection: owned, now: () => new Date(), log: createLog('silent') })
    for (const door of [db.tenant, db.platform])
      expect(
        await door(systemCtx('test'), ({ sql }) => sql.selectFrom('accounts').select('account_id').execute()),
      ).toEqual([{ account_id: 'platform' }])
    const stranger = systemCtx('test', 'acc_1')
    expect(await db.tenant(stranger, ({ sql }) => sql.selectFrom('accounts').select('account_id').execute())).toEqual(
      [],
    )
    await db.close()
  })
})

test('a database that dies under a running program comes back with what was committed', async () => {
  const dataDir = newDirectory()
  const { connection } = await start(dataDir)
  await query(connection, 'create table kept (n integer)')
  await query(connection, 'insert into kept values (7)')
  const pid = Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0])
  process.kill(pid, 'SIGQUIT')
  const end = Date.now() + 30_000
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    const rows = await query(connection, 'select n from kept').catch(() => null)
    if (rows) {
      expect(rows).toEqual([{ n: 7 }])
      return
    }
    if (Date.now() > end) throw new Error('it did not come back')
  }
})
