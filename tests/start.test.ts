import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parseConfig } from '../apps/server/src/config.ts'
import { freshDatabase, quietLog } from '../apps/server/src/platform/testing.ts'
import { type Running, startServer } from '../apps/server/src/server.ts'
import { eventually, issueKey, offerModel, openAccount } from './support/account.ts'
import { masterKey, reach } from './support/cockpit.ts'

const root = path.resolve(import.meta.dirname, '..')
const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})
const temporary = () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'cockpit-start-'))
  cleanUp.push(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/** Runs a command of this repository and gathers what it says. */
const run = (command: string, args: string[], environment: Record<string, string>) => {
  const child: ChildProcess = spawn(command, args, { cwd: root, env: { ...process.env, ...environment } })
  const said: string[] = []
  child.stdout?.on('data', (piece) => said.push(String(piece)))
  child.stderr?.on('data', (piece) => said.push(String(piece)))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  cleanUp.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  return { child, ended, output: () => said.join('') }
}
const startProgram = (environment: Record<string, string>) =>
  run(process.execPath, ['tools/launch.mjs', 'apps/server/src/main.ts'], environment)

test('npm start serves until its own process is told to stop, and leaves nothing behind', async () => {
  const port = await freePort()
  const { child, ended, output } = run('npm', ['start'], { PORT: String(port), COCKPIT_DATA_DIR: temporary() })
  await eventually(async () => {
    if (!(await fetch(`http://127.0.0.1:${port}/health/ready`)).ok) throw new Error(`not ready: ${output()}`)
  }, 45_000)
  // it says so a moment after it is ready
  await eventually(async () => expect(output()).toMatch(/one-time code [A-Z0-9]{4}-[A-Z0-9]{4}/))
  child.kill('SIGTERM')
  await ended
  await eventually(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/health/live`).catch(() => null)
    if (answer) throw new Error('somebody still listens')
  }, 15_000)
}, 90_000)

describe('a start that cannot work says so in one sentence', () => {
  const file = path.join(temporary(), 'file')
  writeFileSync(file, '')
  cleanUp.length = 0
  test.each([
    ['a wrong PORT', { PORT: 'many' }, /^PORT must be/],
    [
      'a database that is not there',
      { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
      /^DATABASE_URL does not lead/,
    ],
    ['a data directory that is a file', { COCKPIT_DATA_DIR: file }, /^COCKPIT_DATA_DIR .* cannot be used/],
    [
      'a data directory where nobody may make one',
      { COCKPIT_DATA_DIR: '/proc/cockpit' },
      /^COCKPIT_DATA_DIR \/proc\/cockpit cannot be used/,
    ],
    [
      'a host that is not of this machine',
      { HOST: '192.0.2.1', COCKPIT_DATA_DIR: path.join(tmpdir(), 'cockpit-unused') },
      /^HOST 192\.0\.2\.1 is not an address/,
    ],
  ])('%s', async (_what, environment, sentence) => {
    const { ended, output } = startProgram({ PORT: '0', ...environment })
    expect(await ended).toBe(1)
    expect(output().trim()).toMatch(sentence)
    expect(output().trim().split('\n')).toHaveLength(1)
  })
  test.each(['1', '3'])('a port that somebody else has, with %s worker(s)', async (COCKPIT_WORKERS) => {
    const taken = createServer()
    const port = await new Promise<number>((resolve) =>
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port)),
    )
    cleanUp.push(() => taken.close())
    const { ended, output } = startProgram({
      PORT: String(port),
      COCKPIT_DATA_DIR: path.join(tmpdir(), 'cockpit-unused'),
      COCKPIT_WORKERS,
    })
    expect(await ended).toBe(1)
    expect(output()).toMatch(new RegExp(`^PORT ${port} .* is taken`))
    expect(output().trim().split('\n')).toHaveLength(1)
  })
})

describe('a start that takes long says what it waits for, and lives', () => {
  const started = async (DATABASE_URL: string) => {
    const port = await freePort()
    startProgram({ PORT: String(port), COCKPIT_DATA_DIR: temporary(), DATABASE_URL })
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
    await eventually(async () => void (await ask('/health/live')), 15_000)
    return ask
  }
  const waitsFor = async (ask: (path: string) => Promise<Response>, part: string) => {
    const ready = await ask('/health/ready')
    expect([ready.status, ready.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
    expect(await ready.json()).toMatchObject({
      type: 'internal.unavailable',
      status: 503,
      detail: expect.stringContaining(part),
      errors: [{ pointer: `/${part}` }],
      requestId: expect.stringMatching(/^req_/),
    })
    const live = await ask('/health/live?probe=1')
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok' }])
    expect((await ask('/v1/me')).status).toBe(503)
  }

  test('a database that does not answer', async () => {
    const mute = createServer(() => {})
    const port = await new Promise<number>((resolve) =>
      mute.listen(0, '127.0.0.1', () => resolve((mute.address() as { port: number }).port)),
    )
    cleanUp.push(() => mute.close())
    await waitsFor(await started(`postgres://somebody@127.0.0.1:${port}/cockpit`), 'database')
  }, 30_000)

  test('migrations', async () => {
    const { connection, query, close } = await freshDatabase()
    cleanUp.push(close)
    // what a migration of another process holds as long as it runs
    await query('begin; select pg_advisory_xact_lock(3853314791062309107)')
    const { host, user, database } = connection
    const ask = await started(`postgres://${user}@localhost/${database}?host=${encodeURIComponent(String(host))}`)
    await eventually(() => waitsFor(ask, 'migrations'), 15_000)
  }, 45_000)
})

test('api, gateway and worker as three processes on one database do what one does', async () => {
  const database = await freshDatabase()
  const { host, user, database: name } = database.connection
  const secretKey = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA='
  const start = (role: string): Promise<Running> => {
    const variables = {
      PORT: '0',
      COCKPIT_DATA_DIR: temporary(),
      COCKPIT_MASTER_KEY: masterKey,
      COCKPIT_SECRET_KEY: secretKey,
      DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(String(host))}`,
    }
    return startServer({
      config: parseConfig(variables, ['--role', role]),
      environment: variables,
      version: '0.0.0-test',
      consoleDir: '/nowhere',
      migrations: new URL('../db/migrations/', import.meta.url),
      now: () => new Date(),
      log: quietLog,
    })
  }
  cleanUp.push(() => database.close())
  const [api, gateway, worker] = [await start('api'), await start('gateway'), await start('worker')]
  for (const process of [worker, gateway, api]) cleanUp.push(() => process.stop())

  const cockpit = { ...reach(gateway.url), as: reach(api.url).as }
  const account = await openAccount(cockpit)
  const { model } = await offerModel(cockpit, account.id, [{ name: 'Demo', kind: 'demo' }], {
    upstreamModel: 'demo-chat',
  })
  const key = await issueKey(cockpit, account)
  const headers = { authorization: `Bearer ${key.secret}` }
  const call = await eventually(async () => {
    const answer = await cockpit.send('POST /v1/chat/completions', {
      headers,
      body: { model: model.name, max_tokens: 20, messages: [{ role: 'user', content: 'Hello' }] },
    })
    if (answer.status !== 200) throw new Error(answer.text)
    return answer
  })
  expect(JSON.parse(call.text).choices[0].message.content).toBeTruthy()
  expect((await cockpit.send('GET /v1/me/effective', { headers })).status).toBe(200)
  expect((await cockpit.send('GET /v1/keys', { headers })).status).toBe(404)
  expect((await fetch(`${api.url}/v1/chat/completions`, { method: 'POST' })).status).toBe(404)
  await eventually(async () => {
    const { items } = await account.api.usage.list()
    if (items[0]?.id !== call.headers.get('x-request-id')) throw new Error('not booked yet')
  })
  const answer = await account.api.explain.explain({
    body: { principal: { kind: 'key', id: key.id }, model: model.name },
  })
  expect(answer.decision).toBe('allow')
})
