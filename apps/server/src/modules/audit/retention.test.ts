import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { verifyAudit } from '../../../../../packages/client/src/audit-verify.ts'
import type { Ctx } from '../../platform/index.ts'
import { freshDatabase, superCtx, testAccount, testCtx, testFront } from '../../platform/testing.ts'
import { auditHandlers, createAudit } from './index.ts'
import { auditDeps } from './testing.ts'

const database = await freshDatabase()
const { db, query } = database
const dataDir = mkdtempSync(join(tmpdir(), 'audit-retention-'))
let passedDays = 0
beforeEach(() => {
  passedDays = 0
})
const now = () => new Date(Date.now() + passedDays * 86_400_000)
const audit = createAudit(auditDeps({ db, now, dataDir }))
const front = testFront(auditHandlers(audit))
afterAll(async () => {
  await database.close()
  rmSync(dataDir, { recursive: true })
})

const tell = async (ctx: Ctx, count: number) => {
  for (let i = 0; i < count; i++)
    await db.tenant(ctx, ({ emit }) =>
      emit('thing.made', { subject: { type: 'thing', id: `thing_${i}`, name: 'Thing' } }),
    )
  await audit.checkpoints.run()
}
/** An account with five signed events, three more a month later, and thirty days of retention. */
const grown = async () => {
  const ctx = testCtx(await testAccount(database))
  const caller = front.as(ctx)
  await tell(ctx, 5)
  passedDays = 40
  await tell(ctx, 3)
  const set = await caller.send('PUT /v1/audit/retention', { days: 30 })
  expect(set.body).toEqual({ days: 30, held: false, removable: 5 })
  return { ctx, ...caller }
}
const names = async (ctx: Ctx) =>
  (
    await query<{ name: string }>('select name from events where account_id = $1 order by chain_seq', [ctx.accountId])
  ).map(({ name }) => name)
const proven = async (ctx: Ctx) => {
  const { text } = await front.as(ctx).send('GET /v1/audit/verification')
  expect(JSON.parse(text.split('data:').at(-1) ?? '').verdict).toMatchObject({ faultCount: 0 })
  const events = join(dataDir, 'events.jsonl')
  const key = join(dataDir, 'key.pem')
  writeFileSync(events, (await front.as(ctx).send('GET /v1/audit/export.jsonl')).text)
  writeFileSync(key, (await front.as(ctx).send('GET /v1/audit/status')).body.keys[0].publicKey)
  const options = {
    events,
    checkpoints: [join(dataDir, 'audit-checkpoints.jsonl')],
    keys: [key],
    account: ctx.accountId,
  }
  expect(await verifyAudit(options, { baseUrl: '', headers: {} })).toMatchObject({ faultCount: 0 })
}

test('retention removes what is too old, tells so, and what remains is still proven', async () => {
  const { ctx } = await grown()
  await audit.retention.run()
  expect(await names(ctx)).toEqual(['thing.made', 'thing.made', 'thing.made', 'audit_retention.set', 'audit.pruned'])
  const { body } = await front.as(ctx).send('GET /v1/audit-events?limit=1')
  expect(body).toMatchObject({
    total: 5,
    items: [{ name: 'audit.pruned', after: { removed: 5, through: 5, days: 30 } }],
  })
  await proven(ctx)
  await audit.retention.run()
  expect((await names(ctx)).length).toBeLessThan(8)
})

test('without a number of days nothing is ever removed, and a dry run changes nothing', async () => {
  const { ctx, send } = await grown()
  await send('PUT /v1/audit/retention', { days: null })
  expect((await send('PUT /v1/audit/retention?dry_run=1', { days: 30 })).body).toMatchObject({ days: 30, removable: 5 })
  expect((await send('GET /v1/audit/retention')).body).toEqual({ days: null, held: false, removable: 0 })
  await audit.retention.run()
  expect(await names(ctx)).toHaveLength(10)
})

test('what no checkpoint covers stays, however old it is', async () => {
  const ctx = testCtx(await testAccount(database))
  await tell(ctx, 2)
  for (const i of [1, 2])
    await db.tenant(ctx, ({ emit }) => emit('late.told', { subject: { type: 't', id: `${i}`, name: 'T' } }))
  await front.as(ctx).send('PUT /v1/audit/retention', { days: 30 })
  passedDays = 100
  await audit.retention.run()
  expect((await names(ctx)).slice(0, 3)).toEqual(['late.told', 'late.told', 'audit_retention.set'])
})

test('a legal hold stops retention until it is released, and both are told', async () => {
  const { ctx, send } = await grown()
  const hold = (await send('POST /v1/audit/holds', { reason: 'Case 4711' })).body
  expect((await send('GET /v1/audit/retention')).body).toMatchObject({ held: true })
  await audit.retention.run()
  expect(await names(ctx)).toHaveLength(10)
  expect((await send(`POST /v1/audit/holds/${hold.id}/release`)).body.releasedAt).not.toBeNull()
  await audit.retention.run()
  expect(await names(ctx)).toEqual([
    ...Array.from({ length: 3 }, () => 'thing.made'),
    ...['audit_retention.set', 'audit_hold.created', 'audit_hold.released', 'audit.pruned'],
  ])
  expect((await send('GET /v1/audit/holds')).body).toMatchObject({
    total: 1,
    items: [{ id: hold.id, reason: 'Case 4711' }],
  })
})

test('what the platform holds an account cannot release, and another account does not see', async () => {
  const { ctx, send } = await grown()
  const root = front.as(superCtx(ctx.accountId))
  const hold = (await root.send('POST /v1/audit/holds', { reason: 'Subpoena' })).body
  expect((await send(`POST /v1/audit/holds/${hold.id}/release`)).body.type).toBe('audit_hold.of_platform')
  const stranger = front.as(testCtx(await testAccount(database)))
  expect((await stranger.send(`POST /v1/audit/holds/${hold.id}/release`)).body.type).toBe('audit_hold.not_found')
  expect((await stranger.send('GET /v1/audit/holds')).body.items).toEqual([])
  expect((await root.send(`POST /v1/audit/holds/${hold.id}/release`)).status).toBe(200)
})

test('the database itself removes nothing that no anchor covers or that is held', async () => {
  const { ctx, send } = await grown()
  const prune = (through: number) =>
    db.platform(superCtx(), ({ sql }) =>
      sql.selectNoFrom((e) => e.fn('prune_events', [e.val(ctx.accountId), e.val(through)]).as('n')).execute(),
    )
  await expect(prune(3)).rejects.toThrow(/no signed anchor/)
  await send('POST /v1/audit/holds', { reason: 'Case' })
  await expect(prune(5)).rejects.toThrow(/a legal hold/)
  const asTenant = db.tenant(ctx, ({ sql }) =>
    sql.selectNoFrom((e) => e.fn('prune_events', [e.val(ctx.accountId), e.val(5)]).as('n')).execute(),
  )
  await expect(asTenant).rejects.toThrow(/permission denied/)
})

test('fewer than thirty days are refused, and so is who may only read', async () => {
  const ctx = testCtx(await testAccount(database))
  expect((await front.as(ctx).send('PUT /v1/audit/retention', { days: 29 })).body.errors).toMatchObject([
    { pointer: '/days' },
  ])
  const reader = front.as(testCtx(ctx.accountId, { permissions: ['audit.read', 'audit.export'] }))
  expect((await reader.send('PUT /v1/audit/retention', { days: 30 })).status).toBe(403)
  expect((await reader.send('POST /v1/audit/holds', { reason: 'x' })).status).toBe(403)
})
