import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { verdictText, verifyAudit } from '../../../../../packages/client/src/audit-verify.ts'
import { openAccount } from '../../../../../tests/support/account.ts'
import { masterKey, startCockpit } from '../../../../../tests/support/cockpit.ts'
import type { Ctx } from '../../platform/index.ts'
import { superCtx, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { auditHandlers, createAudit } from './index.ts'
import { auditDeps } from './testing.ts'

const database = await testDatabase()
const { db } = database
const dataDir = mkdtempSync(join(tmpdir(), 'audit-export-'))
const audit = createAudit(auditDeps({ db, dataDir, auditKey: randomBytes(32).toString('base64') }))
const front = testFront(auditHandlers(audit))
const cockpit = await startCockpit()
afterAll(async () => {
  await cockpit.stop()
  rmSync(dataDir, { recursive: true })
})

const tell = (ctx: Ctx, name: string, more: object = {}) =>
  db.tenant(ctx, ({ emit }) =>
    emit(name, { subject: { type: 'thing', id: 'thing_1', name: '=cmd("x"), or not' }, ...more }),
  )
const jsonl = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

test('an export as CSV quotes what needs it and lets no spreadsheet run a name', async () => {
  const ctx = testCtx(await testAccount(database), { userAgent: 'a\nb' })
  await tell(ctx, 'thing.made', { after: { note: 'say "hi"' } })
  const { text, headers } = await front.as(ctx).send('GET /v1/audit/export.csv?name=thing.*')
  expect(headers['content-type']).toBe('text/csv; charset=utf-8')
  const [head = '', row = ''] = text.split('\r\n')
  expect(head.split(',').slice(0, 6)).toEqual(['seq', 'id', 'account', 'at', 'event', 'outcome'])
  expect(row).toContain(`"'=cmd(""x""), or not"`)
  expect(row).toContain(`"{""note"":""say \\""hi\\""""}"`)
  expect(row).toContain('"a\nb"')
})

test('an export as OCSF says class, activity, outcome and who for a reader that knows nothing of Cockpit', async () => {
  const ctx = testCtx(await testAccount(database), { sessionId: 'ses_1', userAgent: 'browser' })
  for (const name of ['session.created', 'key.created', 'key.revoked']) await tell(ctx, name)
  await tell(ctx, 'access.denied', { outcome: 'denied' })
  const rows = jsonl((await front.as(ctx).send('GET /v1/audit/export.ocsf.jsonl')).text)
  expect(rows.map((row) => [row.type_uid, row.status])).toEqual([
    [300_201, 'Success'],
    [600_301, 'Success'],
    [600_304, 'Success'],
    [600_399, 'Failure'],
    [600_302, 'Success'],
  ])
  expect(rows[1]).toMatchObject({
    class_uid: 6003,
    category_uid: 6,
    time: expect.any(Number),
    actor: { user: { uid: ctx.actor.id, name: 'Test' }, session: { uid: 'ses_1' } },
    src_endpoint: { ip: '127.0.0.1' },
    metadata: { version: '1.3.0', sequence: 2, tenant_uid: ctx.accountId, event_code: 'key.created' },
  })
})

test('an export is told, with its filters, before its first byte', async () => {
  const ctx = testCtx(await testAccount(database))
  await tell(ctx, 'thing.made')
  const [, told] = jsonl((await front.as(ctx).send('GET /v1/audit/export.jsonl')).text)
  expect(told).toMatchObject({
    name: 'audit.exported',
    outcome: 'read',
    after: { format: 'jsonl' },
    actor: { id: ctx.actor.id },
  })
  await front.as(ctx).send('GET /v1/audit/export.csv?name=key.*')
  const { body } = await front.as(ctx).send('GET /v1/audit-events?name=audit.exported')
  expect(body.items[0].after).toEqual({ format: 'csv', name: 'key.*' })
})

test('an export holds nothing of another account, and one of a super admin holds both', async () => {
  const [acme, globex] = [testCtx(await testAccount(database)), testCtx(await testAccount(database))]
  await tell(acme, 'canary.sung')
  await tell(globex, 'thing.made')
  for (const format of ['export.jsonl', 'export.csv', 'export.ocsf.jsonl']) {
    const { text } = await front.as(globex).send(`GET /v1/audit/${format}?account_id=${acme.accountId}`)
    expect(text).toContain('thing.made')
    expect(text).not.toContain('canary')
  }
  const all = jsonl((await front.as(superCtx()).send('GET /v1/audit/export.jsonl?name=canary.sung')).text)
  expect(all.map((event) => event.accountId)).toContain(acme.accountId)
})

test('an export of more rows than are read at once has each once, in the order of the chain', async () => {
  const ctx = testCtx(await testAccount(database))
  await db.tenant(ctx, async ({ emit }) => {
    for (let i = 0; i < 2_345; i++)
      await emit('thing.made', { subject: { type: 'thing', id: `thing_${i}`, name: 'Thing' } })
  })
  const rows = jsonl((await front.as(ctx).send('GET /v1/audit/export.jsonl?name=thing.made')).text)
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_345 }, (_, i) => i + 1))
})

test('who may only read the log may not take it away', async () => {
  const ctx = testCtx(await testAccount(database), { permissions: ['audit.read'] })
  for (const format of ['export.jsonl', 'export.csv', 'export.ocsf.jsonl'])
    expect((await front.as(ctx).send(`GET /v1/audit/${format}`)).status).toBe(403)
})

test('the command line proves an account through the API, and finds what was changed there', async () => {
  const acme = await openAccount(cockpit)
  const server = { baseUrl: cockpit.url, headers: { authorization: `Bearer ${masterKey}` } }
  const prove = () => verifyAudit({ events: null, checkpoints: [], keys: [], account: acme.id }, server)
  const proven = await prove()
  expect(verdictText(proven)).toMatch(/^Proven: \d+ events, \d+ signed checkpoints\.$/)
  await cockpit.database.query(`update events set reason = 'none' where account_id = $1 and chain_seq = 2`, [acme.id])
  expect(verdictText(await prove())).toContain(
    `edited ${acme.id} #2: Event 2 is not what was hashed when it was written.`,
  )
  const wrongKey = join(dataDir, 'wrong.pem')
  writeFileSync(wrongKey, 'nothing')
  await expect(
    verifyAudit({ events: null, checkpoints: [join(dataDir, 'none')], keys: [wrongKey], account: acme.id }, server),
  ).rejects.toThrow(/ENOENT/)
})
