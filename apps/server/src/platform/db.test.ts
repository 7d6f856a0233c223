import { sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { createDb, createLog, jsonb } from './index.ts'
import { eventsOf, freshDatabase, superCtx, testAccount, testCtx, testDatabase } from './testing.ts'

const database = await testDatabase()
const { db, query } = database
const twoAccounts = async () => [await testAccount(database), await testAccount(database, 'Globex')] as const
const subject = { type: 'thing', id: 'thing_1', name: 'Thing' }

describe('the tenant door', () => {
  test('shows the rows of its account and no other', async () => {
    const [acme, globex] = await twoAccounts()
    const seen = await db.tenant(testCtx(acme), ({ sql }) => sql.selectFrom('accounts').select('account_id').execute())
    expect(seen).toEqual([{ account_id: acme }])
    const foreign = db.tenant(testCtx(acme), ({ sql }) =>
      sql.updateTable('accounts').set({ alias: 'taken' }).where('account_id', '=', globex).executeTakeFirst(),
    )
    expect((await foreign).numUpdatedRows).toBe(0n)
  })

  test('refuses to write a row for another account', async () => {
    const [acme, globex] = await twoAccounts()
    const write = db.tenant(testCtx(acme), ({ emit }) => emit('thing.made', { subject, accountId: globex }))
    await expect(write).rejects.toThrow(/row-level security/)
    expect(await eventsOf(database, globex)).toEqual([])
  })

  test('an empty account id matches nothing', async () => {
    await testAccount(database)
    const seen = await db.tenant(testCtx(''), ({ sql }) => sql.selectFrom('accounts').selectAll().execute())
    expect(seen).toEqual([])
  })

  test('a connection carries nothing of its last transaction, also after an error', async () => {
    const [acme] = await twoAccounts()
    await expect(db.tenant(testCtx(acme), ({ sql: trx }) => sql`select 1 / 0`.execute(trx))).rejects.toThrow(/division/)
    const who = await db.platform(superCtx(), ({ sql: trx }) =>
      sql<{
        role: string
        account: string
      }>`select current_user as role, current_setting('app.account_id') as account`.execute(trx),
    )
    expect(who.rows).toEqual([{ role: 'cockpit_platform', account: 'platform' }])
  })
})

test('a closed database has no connection left that its server could end', async () => {
  const { connection, close, query } = await freshDatabase()
  const said: string[] = []
  const log = createLog('info', { write: (line) => void said.push(line) })
  const own = createDb({ connection, now: () => new Date(), log })
  const connections = async () =>
    (await query('select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'))
      .length
  await Promise.all(Array.from({ length: 12 }, () => own.ping()))
  expect(await connections()).toBeGreaterThan(3)
  await own.close()
  // the server takes a moment to notice that a client has left
  await expect.poll(connections).toBe(0)
  expect(said).toEqual([])
  await close()
})

test('a connection that the server ends is told of in one line, by its reason', async () => {
  const { connection, close, query } = await freshDatabase()
  const said: string[] = []
  const log = createLog('info', { write: (line) => void said.push(line) })
  const own = createDb({ connection, now: () => new Date(), log })
  await own.ping()
  await query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  await vi.waitFor(() => expect(said.length).toBeGreaterThan(0))
  const [line = '', ...more] = said
  expect(more).toEqual([])
  const { level: _level, time: _time, ...rest } = JSON.parse(line)
  expect(rest).toEqual({ code: '57P01', reason: expect.stringMatching(/terminat/), msg: 'database connection lost' })
  await own.close()
  await close()
})

test('the platform door sees all accounts', async () => {
  const both = await twoAccounts()
  const seen = await db.platform(superCtx(), ({ sql }) =>
    sql.selectFrom('accounts').select('account_id').where('account_id', 'in', both).execute(),
  )
  expect(seen.map((row) => row.account_id).sort()).toEqual([...both].sort())
})

test('every table with an account has forced row-level security, and neither runtime role owns or bypasses it', async () => {
  const open = await query(`
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)`)
  expect(open).toEqual([])
  const powers = await query(`
    select rolname from pg_roles r where rolname like 'cockpit_%'
      and (rolsuper or rolbypassrls or rolcanlogin or exists (select 1 from pg_class c where c.relowner = r.oid))`)
  expect(powers).toEqual([])
})

describe('events', () => {
  test('commit and vanish together with the change, in order, with who and what', async () => {
    const acme = await testAccount(database)
    const ctx = testCtx(acme)
    await db.tenant(ctx, ({ emit }) => emit('thing.made', { subject, after: { size: 1n, list: [1, 2] } }))
    await expect(
      db.tenant(ctx, async ({ emit }) => {
        await emit('thing.lost', { subject })
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    const rows = await db.tenant(ctx, ({ sql }) => sql.selectFrom('events').selectAll().execute())
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      name: 'thing.made',
      actor: { kind: 'user', id: ctx.actor.id, name: 'Test' },
      subject,
      before: null,
      after: { size: '1', list: [1, 2] },
      request_id: ctx.requestId,
      ip: '127.0.0.1',
    })
  })

  test('keep no secrets, at any depth, and keep figures about tokens', async () => {
    const acme = await testAccount(database)
    const after = {
      name: 'x',
      secret: 's1',
      nested: [{ passwordHash: 's2', sealed_key: 's3' }],
      tokens: 5,
      none_token: null,
      headers: { Authorization: 'Bearer s4', 'x-api-key': 's5', authorizationId: 'a1' },
      urls: ['https://tools.example.com/mcp?team=a&api_key=s6&sig=s7#top', 'is this https://x/?key=a question'],
    }
    await db.tenant(testCtx(acme), ({ emit }) => emit('thing.made', { subject, after }))
    const [row] = await query('select after from events where account_id = $1', [acme])
    expect(row?.after).toEqual({
      headers: { Authorization: '[redacted]', 'x-api-key': '[redacted]', authorizationId: 'a1' },
      urls: [
        'https://tools.example.com/mcp?team=a&api_key=[redacted]&sig=[redacted]#top',
        'is this https://x/?key=a question',
      ],
      name: 'x',
      secret: '[redacted]',
      nested: [{ passwordHash: '[redacted]', sealed_key: '[redacted]' }],
      tokens: 5,
      none_token: null,
    })
  })

  test('cannot be changed or removed through either door', async () => {
    const acme = await testAccount(database)
    await db.tenant(testCtx(acme), ({ emit }) => emit('thing.made', { subject }))
    for (const door of [db.tenant, db.platform]) {
      const remove = door(testCtx(acme), ({ sql }) => sql.deleteFrom('events').where('account_id', '=', acme).execute())
      await expect(remove).rejects.toThrow(/permission denied/)
      const change = door(testCtx(acme), ({ sql }) => sql.updateTable('events').set({ name: 'x' }).execute())
      await expect(change).rejects.toThrow(/permission denied/)
    }
    expect(await eventsOf(database, acme)).toEqual(['thing.made'])
  })

  test('are announced at commit, and a lost connection is restored and reported', async () => {
    const acme = await testAccount(database)
    const heard: string[] = []
    let missed = 0
    const stop = await db.listen(
      'cockpit_events',
      (payload) => heard.push(payload),
      () => missed++,
    )
    const change = () => db.tenant(testCtx(acme), ({ emit }) => emit('thing.made', { subject }))
    await change()
    await vi.waitFor(() => expect(heard).toContain(acme))
    await query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and datname = current_database()`,
    )
    await vi.waitFor(() => expect(missed).toBe(1), 5000)
    heard.length = 0
    await change()
    await vi.waitFor(() => expect(heard).toContain(acme))
    stop()
  })
})

test('a sign-in is told and not announced, because what gateways go by is the same after it', async () => {
  const acme = await testAccount(database)
  const heard: string[] = []
  const stop = await db.listen(
    'cockpit_events',
    (payload) => heard.push(payload),
    () => {},
  )
  await db.tenant(testCtx(acme), ({ emit }) => emit('session.created', { subject }))
  await db.tenant(testCtx(acme), ({ emit }) => emit('thing.made', { subject }))
  await vi.waitFor(() => expect(heard).toContain(acme))
  expect(heard.filter((accountId) => accountId === acme)).toHaveLength(1)
  expect(await eventsOf(database, acme)).toEqual(['session.created', 'thing.made'])
  stop()
})

test('a lock of an account lets one transaction in at a time, and other accounts pass', async () => {
  const [acme, globex] = await twoAccounts()
  const order: string[] = []
  const hold = (accountId: string, name: string, ms: number) =>
    db.tenant(testCtx(accountId), async ({ lock }) => {
      await lock('things')
      order.push(`${name} in`)
      await new Promise((resolve) => setTimeout(resolve, ms))
      order.push(`${name} out`)
    })
  const first = hold(acme, 'first', 150)
  await vi.waitFor(() => expect(order).toEqual(['first in']))
  await Promise.all([first, hold(acme, 'second', 0), hold(globex, 'other', 0)])
  expect(order.indexOf('second in')).toBeGreaterThan(order.indexOf('first out'))
  expect(order.indexOf('other in')).toBeLessThan(order.indexOf('first out'))
})

test('a deadlock is tried once more and both changes land', async () => {
  const both = await twoAccounts()
  const touch = (ids: readonly string[]) =>
    db.platform(superCtx(), async ({ sql }) => {
      for (const id of ids) {
        await sql
          .updateTable('accounts')
          .set({ alias: `after ${ids[0]}` })
          .where('account_id', '=', id)
          .execute()
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    })
  await expect(Promise.all([touch(both), touch([...both].reverse())])).resolves.toHaveLength(2)
})

test('a bigint column and a jsonb array come back as they went in', async () => {
  const acme = await testAccount(database)
  const tpm = 9_007_199_254_740_993n
  const row = await db.tenant(testCtx(acme), async ({ sql }) => {
    await sql
      .updateTable('accounts')
      .set({ tpm, metadata: jsonb([1, 'two']) })
      .execute()
    return sql.selectFrom('accounts').select(['tpm', 'metadata']).executeTakeFirst()
  })
  expect(row).toEqual({ tpm, metadata: [1, 'two'] })
})
