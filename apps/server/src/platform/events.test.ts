import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { eventText, genesisHash, type Unchained } from '@cockpit/contract/audit-chain'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { createDb } from './db.ts'
import { newId } from './id.ts'
import { migrate } from './migrate.ts'
import { quietLog, superCtx, testAccount, testCtx, testDatabase } from './testing.ts'

const database = await testDatabase()
const { db, query } = database
const subject = { type: 'thing', id: 'thing_1', name: 'Thing' }
type Row = Record<string, never> & { chain_seq: bigint; prev_hash: string; hash: string; name: string; at: Date }

/** The chain of an account as it is stored, checked link by link with nothing but its hashes. */
const chainOf = async (accountId: string, ask: typeof query = query): Promise<Row[]> => {
  const rows = await ask<Row>('select * from events where account_id = $1 order by chain_seq', [accountId])
  let prevHash = genesisHash
  for (const [place, row] of rows.entries()) {
    expect(Number(row.chain_seq)).toBe(place + 1)
    expect(row.prev_hash).toBe(prevHash)
    expect(sha256(prevHash + eventText(unchained(row)))).toBe(row.hash)
    prevHash = row.hash
  }
  const [head] = await ask<Row & { seq: bigint }>('select seq, hash from audit_chains where account_id = $1', [
    accountId,
  ])
  expect({ seq: Number(head?.seq), hash: head?.hash }).toEqual({ seq: rows.length, hash: prevHash })
  return rows
}
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const unchained = (row: Row): Unchained => ({
  id: row.id as never,
  accountId: row.account_id as never,
  seq: Number(row.chain_seq),
  name: row.name,
  outcome: row.outcome as never,
  at: row.at.toISOString(),
  actor: row.actor as never,
  onBehalfOf: row.on_behalf_of as never,
  subject: row.subject as never,
  before: row.before as never,
  after: row.after as never,
  requestId: row.request_id as never,
  ip: row.ip as never,
  sessionId: row.session_id as never,
  userAgent: row.user_agent as never,
  policyVersion: row.policy_version as never,
  reason: row.reason as never,
})

test('transactions of one account at once make one chain without a gap, whatever their values', async () => {
  const acme = await testAccount(database)
  const after = {
    größe: 1.5,
    'a"b': '\u0000\ud800\n☃💥',
    z: 1e21,
    list: [1, null, { y: 1, x: 2 }],
    at: new Date(0),
    no: undefined,
  }
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      db.tenant(testCtx(acme, { userAgent: 'browser', sessionId: 'ses_1' }), async ({ emit }) => {
        await emit('first.told', { subject, after })
        await emit('second.told', { subject, before: { i }, reason: 'because' })
      }),
    ),
  )
  const rows = await chainOf(acme)
  expect(rows).toHaveLength(80)
  expect(rows[0]).toMatchObject({
    user_agent: 'browser',
    session_id: 'ses_1',
    policy_version: expect.stringMatching(/^\w{12}\.a0$/),
  })
  expect(rows.find(({ reason }) => reason === 'because')).toBeDefined()
})

test('transactions that tell of two accounts in opposite orders neither deadlock nor break a chain', async () => {
  const both = [await testAccount(database), await testAccount(database)]
  const tell = (accountIds: readonly string[]) =>
    db.platform(superCtx(), async ({ emit }) => {
      for (const accountId of accountIds) await emit('thing.made', { subject, accountId })
    })
  const deadlocks = async () =>
    (await query<{ deadlocks: bigint }>('select deadlocks from pg_stat_database where datname = current_database()'))[0]
  const before = await deadlocks()
  await Promise.all(Array.from({ length: 30 }, (_, i) => tell(i % 2 ? both : [...both].reverse())))
  for (const accountId of both) expect(await chainOf(accountId)).toHaveLength(30)
  expect(await deadlocks()).toEqual(before)
})

test('one act on several accounts stands in the story of each', async () => {
  const accounts = [await testAccount(database), await testAccount(database), await testAccount(database)]
  await db.platform(superCtx(), async ({ emit }) => {
    for (const accountId of accounts)
      await emit('account.suspended', { subject: { type: 'account', id: accountId, name: 'Acme' }, accountId })
  })
  for (const accountId of accounts)
    expect((await chainOf(accountId)).map(({ name }) => name)).toEqual(['account.suspended'])
})

test('what is undone leaves no gap', async () => {
  const acme = await testAccount(database)
  const tell = (fails: boolean) =>
    db.tenant(testCtx(acme), async ({ emit }) => {
      await emit('thing.made', { subject })
      if (fails) throw new Error('no')
    })
  await tell(false)
  await expect(tell(true)).rejects.toThrow('no')
  await tell(false)
  expect(await chainOf(acme)).toHaveLength(2)
})

test('a tenant cannot tell of another account', async () => {
  const [acme, globex] = [await testAccount(database), await testAccount(database)]
  const tell = db.tenant(testCtx(acme), ({ emit }) => emit('thing.made', { subject, accountId: globex }))
  await expect(tell).rejects.toThrow(/row-level security/)
})

test('an update chains the events that were there, in their order', async () => {
  const cluster = { host: inject('postgresHost'), user: 'postgres' }
  const name = newId('old', new Date())
  await query(`create database ${name}`)
  const connection = { ...cluster, database: name }
  const migrations = new URL('../../../../db/migrations/', import.meta.url)
  const older = await mkdtemp(join(tmpdir(), 'older-'))
  for (const file of (await readdir(migrations)).filter((file) => file < '0031'))
    await cp(new URL(file, migrations), join(older, file))
  await migrate(connection, pathToFileURL(`${older}/`))
  const owner = new pg.Client(connection)
  await owner.connect()
  for (let i = 0; i < 2500; i++)
    await owner.query(
      `insert into events (account_id, id, name, at, actor, subject, after, request_id)
       values ($1, $2, 'thing.made', now(), '{"kind":"user","id":"usr_1","name":"Ä"}', '{"type":"t","id":"1","name":null}', $3, 'r')`,
      [i % 5 ? 'acc_1' : 'platform', newId('evt', new Date()), { i, f: i / 3 }],
    )
  await migrate(connection, migrations)
  const ask: typeof query = async (text, values) => (await owner.query(text, values)).rows
  expect(await chainOf('platform', ask)).toHaveLength(500)
  const db = createDb({ connection, now: () => new Date(), log: quietLog })
  await db.tenant(testCtx('acc_1'), ({ emit }) => emit('thing.told', { subject }))
  expect(await chainOf('acc_1', ask)).toHaveLength(2001)
  await Promise.all([db.close(), owner.end(), rm(older, { recursive: true })])
})
