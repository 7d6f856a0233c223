import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { verifyAudit } from '../../../../../packages/client/src/audit-verify.ts'
import { createDeliver } from '../../adapters/webhooks/index.ts'
import type { Ctx } from '../../platform/index.ts'
import { freshDatabase, superCtx, testAccount, testCtx, testFront } from '../../platform/testing.ts'
import { namesPrivateAddress } from '../providers/index.ts'
import { auditHandlers, createAudit } from './index.ts'
import { auditDeps } from './testing.ts'

const database = await freshDatabase()
const { db, query } = database
const dataDir = mkdtempSync(join(tmpdir(), 'audit-destinations-'))
let passedMs = 0
const now = () => new Date(Date.now() + passedMs)
const deps = auditDeps({ db, now, dataDir, deliver: createDeliver({ timeoutMs: 500 }), namesPrivateAddress })
const audit = createAudit({ ...deps, allowPrivateTargets: true })
const front = testFront(auditHandlers(audit))

type Heard = { body: string; signature: string; seqs: number[]; signed: number[] }
const heard: Heard[] = []
let status = 204
const receiver = createServer(async (request, response) => {
  let body = ''
  for await (const piece of request) body += piece
  const { events, checkpoints } = JSON.parse(body) as Record<'events' | 'checkpoints', { seq: number }[]>
  const seqs = (of: { seq: number }[]) => of.map(({ seq }) => seq)
  const signature = String(request.headers['cockpit-signature'])
  heard.push({ body, signature, seqs: seqs(events), signed: seqs(checkpoints) })
  response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end()
}).listen(0, '127.0.0.1')
await once(receiver, 'listening')
const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/events`
afterEach(async () => {
  heard.length = 0
  status = 204
  passedMs = 0
  await query('delete from audit_destinations')
})
afterAll(async () => {
  receiver.close()
  await database.close()
  rmSync(dataDir, { recursive: true })
})

const tell = async (ctx: Ctx, count: number) => {
  for (let i = 0; i < count; i++)
    await db.tenant(ctx, ({ emit }) =>
      emit('thing.made', { subject: { type: 'thing', id: `thing_${i}`, name: 'Thing' } }),
    )
}
const stage = async () => {
  const ctx = testCtx(await testAccount(database))
  await tell(ctx, 3)
  const caller = front.as(ctx)
  const { body: destination } = await caller.send('POST /v1/audit/destinations', { name: 'SIEM', url })
  return { ctx, destination, ...caller }
}
const drain = async () => {
  while (await audit.delivery.round());
}

test('events go out signed, from the moment a destination exists, in the order of the chain', async () => {
  const { ctx, destination, send } = await stage()
  await tell(ctx, 2)
  await drain()
  expect(heard.map(({ seqs }) => seqs)).toEqual([[4, 5, 6]])
  const [{ body, signature } = { body: '', signature: '' }] = heard
  const [, time, mac] = /^t=(\d+),v1=(\w+)$/.exec(signature) ?? []
  expect(mac).toBe(createHmac('sha256', destination.secret).update(`${time}.${body}`).digest('hex'))
  const { items } = (await send('GET /v1/audit/destinations')).body
  expect(items).toMatchObject([{ cursor: 6, behind: 0, failures: 0, lastError: null }])
  expect(JSON.stringify(items)).not.toContain(destination.secret)
  const stored = JSON.stringify(await query('select sealed_secret, name from audit_destinations'))
  expect(stored).not.toContain(destination.secret)
})

/** What a receiver keeps: the bodies, one a line, and the key that was noted before. */
const kept = async (ctx: Ctx, from: readonly Heard[] = heard) => {
  const siem = join(dataDir, `${ctx.accountId}.siem.jsonl`)
  writeFileSync(siem, from.map(({ body }) => `${body}\n`).join(''))
  const keyFile = join(dataDir, 'public.pem')
  const { body } = await front.as(ctx).send('GET /v1/audit/status')
  writeFileSync(keyFile, body.keys.at(-1).publicKey)
  return { siem, keyFile }
}
const offline = { baseUrl: '', headers: {} }

test('checkpoints go out too, also alone, and what a receiver keeps is proof by itself', async () => {
  const { ctx } = await stage()
  await tell(ctx, 2)
  await drain()
  await audit.checkpoints.run()
  await drain()
  await tell(ctx, 3)
  await audit.checkpoints.run()
  await drain()
  expect(heard.map(({ seqs, signed }) => [seqs, signed])).toEqual([
    [[4, 5, 6], []],
    [[], [6]],
    [[7, 8, 9], [9]],
  ])
  const again = [...heard, ...heard.slice(-1)]
  const { siem, keyFile } = await kept(ctx, again)
  const options = { events: siem, checkpoints: [siem], keys: [keyFile], account: ctx.accountId }
  expect(await verifyAudit(options, offline)).toEqual({ events: 6, checkpoints: 2, faultCount: 0, faults: [] })
  const altered = again.map((one) => ({ ...one, body: one.body.replaceAll('thing_1', 'thing_0') }))
  await kept(ctx, altered)
  expect((await verifyAudit(options, offline)).faults.map(({ kind }) => kind)).toContain('edited')
})

test('with what a receiver keeps, a server that lost or rewrote events nobody had signed yet is found', async () => {
  const { ctx } = await stage()
  await drain()
  const { siem, keyFile } = await kept(ctx)
  const events = join(dataDir, `${ctx.accountId}.export.jsonl`)
  const prove = async () => {
    writeFileSync(events, (await front.as(ctx).send('GET /v1/audit/export.jsonl')).text)
    const options = { events, checkpoints: [siem], keys: [keyFile], account: ctx.accountId }
    return (await verifyAudit(options, offline)).faults.map(({ kind }) => kind)
  }
  expect(await prove()).toEqual([])
  await query('delete from events where account_id = $1 and chain_seq > 3', [ctx.accountId])
  await query(
    'update audit_chains set seq = 3, hash = (select hash from events where account_id = $1 and chain_seq = 3) where account_id = $1',
    [ctx.accountId],
  )
  // the export is an event of its own, and takes the place of what is gone
  await prove()
  expect(await prove()).toEqual(['edited'])
})

test('the platform is sent the checkpoints of all accounts, from the newest of its own on', async () => {
  const other = testCtx(await testAccount(database))
  await tell(other, 2)
  await tell(superCtx(), 1)
  await audit.checkpoints.run()
  await front.as(superCtx()).send('POST /v1/audit/destinations', { name: 'SIEM', url })
  await tell(other, 1)
  await audit.checkpoints.run()
  await drain()
  const signed = heard.flatMap(({ body }) => JSON.parse(body).checkpoints) as { accountId: string; seq: number }[]
  expect(signed).toContainEqual(expect.objectContaining({ accountId: other.accountId, seq: 3 }))
  expect(signed.some(({ accountId }) => accountId === 'platform')).toBe(true)
  expect(JSON.parse(heard[0]?.body ?? '').accountId).toBe('platform')
})

test('a receiver that refuses a checkpoint is sent it again', async () => {
  const { ctx } = await stage()
  await drain()
  await audit.checkpoints.run()
  status = 500
  await drain()
  status = 204
  passedMs = 6_000
  await drain()
  expect(heard.map(({ signed }) => signed)).toEqual([[], [4], [4]])
  passedMs = 12_000
  await drain()
  expect(heard).toHaveLength(3)
  expect(ctx.accountId).toBe(JSON.parse(heard[2]?.body ?? '').accountId)
})

test('what a receiver refuses is tried again later, longer each time, and nothing is skipped', async () => {
  const { ctx, send } = await stage()
  status = 500
  await drain()
  await tell(ctx, 2)
  await drain()
  expect(heard.map(({ seqs }) => seqs)).toEqual([[4]])
  const failing = async () => (await send('GET /v1/audit/destinations')).body.items[0]
  expect(await failing()).toMatchObject({ failures: 1, behind: 3, lastError: 'The receiver answered 500.' })
  passedMs = 6_000
  await drain()
  expect(await failing()).toMatchObject({ failures: 2 })
  passedMs = 10_000
  status = 204
  await drain()
  expect(heard).toHaveLength(2)
  passedMs = 20_000
  await drain()
  expect(heard.at(-1)?.seqs).toEqual([4, 5, 6])
  expect(await failing()).toMatchObject({ failures: 0, behind: 0, cursor: 6 })
})

test('two workers send each event once', async () => {
  const { ctx } = await stage()
  await tell(ctx, 250)
  await Promise.all([drain(), drain()])
  await drain()
  expect(heard.flatMap(({ seqs }) => seqs)).toEqual(Array.from({ length: 251 }, (_, i) => i + 4))
})

test('a paused destination hears nothing, and everything it missed when it goes on', async () => {
  const { destination, send } = await stage()
  await send(`PATCH /v1/audit/destinations/${destination.id}`, { status: 'paused' })
  await drain()
  expect(heard).toEqual([])
  await send(`PATCH /v1/audit/destinations/${destination.id}`, { status: 'active' })
  await drain()
  expect(heard.map(({ seqs }) => seqs)).toEqual([[4, 5, 6]])
})

test('a new secret signs at once', async () => {
  const { destination, send } = await stage()
  const { secret } = (await send(`POST /v1/audit/destinations/${destination.id}/rotate`)).body
  expect(secret).not.toBe(destination.secret)
  await drain()
  const [{ body, signature } = { body: '', signature: '' }] = heard
  expect(signature).toContain(
    createHmac('sha256', secret)
      .update(`${/t=(\d+)/.exec(signature)?.[1]}.${body}`)
      .digest('hex'),
  )
})

test('an answer that leads elsewhere is not followed', async () => {
  const { send } = await stage()
  status = 302
  await drain()
  expect((await send('GET /v1/audit/destinations')).body.items[0].lastError).toBe('The receiver answered 302.')
})

test('an account reaches nothing in the own network, by address, by name or by a name that resolves there', async () => {
  const guarded = testFront(auditHandlers(createAudit(deps)))
  const caller = guarded.as(testCtx(await testAccount(database)))
  for (const inside of [
    url,
    'https://127.0.0.1/x',
    'https://[::1]/x',
    'https://169.254.169.254/x',
    'https://localhost/x',
    'https://10.0.0.1/x',
  ]) {
    const { status, body } = await caller.send('POST /v1/audit/destinations', { name: 'x', url: inside })
    expect([inside, status, body.errors?.[0].pointer]).toEqual([inside, 400, '/url'])
  }
  const deliver = createDeliver({ timeoutMs: 500 })
  const said = await deliver({ url, headers: {}, body: '{"events":[]}', privateTargets: false })
  expect(said).toBe('The address lies inside the network of this installation.')
  const port = new URL(url).port
  // a name that is public by its looks, and leads to this machine
  expect(
    await deliver({ url: `http://localhost.localdomain:${port}/`, headers: {}, body: '{}', privateTargets: false }),
  ).toMatch(/did not answer/)
  expect(heard).toEqual([])
})

test('a destination of another account is as unknown as none, and only who manages the log may make one', async () => {
  const { destination } = await stage()
  const stranger = front.as(testCtx(await testAccount(database)))
  for (const line of ['PATCH', 'DELETE'])
    expect(
      (
        await stranger.send(
          `${line} /v1/audit/destinations/${destination.id}`,
          line === 'PATCH' ? { name: 'y' } : undefined,
        )
      ).status,
    ).toBe(404)
  const reader = front.as(testCtx(await testAccount(database), { permissions: ['audit.read', 'audit.export'] }))
  expect((await reader.send('POST /v1/audit/destinations', { name: 'x', url })).status).toBe(403)
})
