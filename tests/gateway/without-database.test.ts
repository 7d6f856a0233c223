/** A gateway that starts while its database is away decides over the last snapshot, and everything works once it is back. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../apps/server/src/platform/testing.ts'
import { eventually, issueKey, offerModel, openAccount, type TestAccount } from '../support/account.ts'
import { reach } from '../support/cockpit.ts'
import { type DatabaseLine, startDatabaseLine } from '../support/database-line.ts'
import { answer, startUpstream, type Upstream } from '../upstreams/index.ts'
import { type Program, startProgram } from './program.ts'

const dataDir = mkdtempSync(path.join(tmpdir(), 'cockpit-away-'))
let database: TestDatabase
let line: DatabaseLine
let upstream: Upstream
let program: Program | null = null
let acme: TestAccount
let key: { id: string; secret: string }
let free: { name: string }
let priced: { name: string }

const start = async (more: Record<string, string> = {}, args: string[] = []) => {
  program = await startProgram(dataDir, { DATABASE_URL: line.url, ...more }, args)
  return program
}
beforeAll(async () => {
  database = await freshDatabase()
  line = await startDatabaseLine(database)
  upstream = await startUpstream(answer({ text: 'Hi.', usage: { input: 10, output: 20 } }))
  const first = await start()
  acme = await openAccount(first)
  const connection = { name: 'up', kind: 'openai-compatible', baseUrl: upstream.baseUrl, maxRetries: 0 } as const
  priced = (await offerModel(first, acme.id, [connection])).model
  free = (await offerModel(first, acme.id, [connection], { prices: { input: '0', output: '0' } })).model
  key = await issueKey(first, acme)
  await eventually(async () => expect((await ask(first.url, free)).status).toBe(200))
  // the snapshot is on disk half a second after it changed, and when the process ends
  await first.terminate()
}, 90_000)
afterAll(async () => {
  await program?.terminate()
  await line?.close()
  await database?.close()
  await upstream?.close()
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

const ask = (url: string, model: { name: string }, secret = key.secret) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: model.name, max_tokens: 50, messages: [{ role: 'user', content: 'Hi' }] }),
  })

describe.each(['1', '2'])('with %s process(es) that serve', (COCKPIT_WORKERS) => {
  test('free calls are answered, others are told to come back; then everything works and nothing is lost', async () => {
    await line.cut()
    const { url, as, send } = await start({ COCKPIT_WORKERS })
    const answered = await ask(url, free)
    expect(answered.status).toBe(200)
    const refused = await ask(url, priced)
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({ error: { code: 'budget.unavailable' } })
    expect((await ask(url, free, 'sk-nobody')).status).toBe(401)
    expect((await send('GET /health/live')).status).toBe(200)
    const ready = await send('GET /health/ready')
    expect([ready.status, ready.text]).toEqual([503, expect.stringContaining('database: is not reached yet')])

    await line.mend()
    await eventually(async () => expect((await ask(url, priced)).status).toBe(200), 20_000)
    await eventually(async () => expect((await send('GET /health/ready')).status).toBe(200), 20_000)
    const own = as(acme.id)
    const id = answered.headers.get('x-request-id') ?? ''
    await eventually(
      async () => expect(await own.usage.get({ params: { id } })).toMatchObject({ status: 'ok' }),
      20_000,
    )
    // changes are heard of again
    const body = { name: 'fresh', owner: { kind: 'user' as const, id: acme.admin.id } }
    // of several processes one may be a moment later than the one that was asked
    const fresh = await eventually(() => own.keys.create({ body }))
    await eventually(async () => expect((await ask(url, free, fresh.secret)).status).toBe(200))
    await eventually(() => own.keys.revoke({ params: fresh }))
    await eventually(async () => expect((await ask(url, free, fresh.secret)).status).toBe(401), 1_500)
    expect(await program?.terminate()).toBe(0)
  }, 90_000)
})

test('a gateway alone is ready without it', async () => {
  await line.cut()
  const { url, terminate } = await start({}, ['--role=gateway'])
  expect((await reach(url).send('GET /health/ready')).status).toBe(200)
  expect((await ask(url, free)).status).toBe(200)
  await line.mend()
  expect(await terminate()).toBe(0)
}, 60_000)
