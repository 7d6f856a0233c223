/**
 * A release and the one before it on one database: while the new one migrates and serves, processes of the old one go on, and
 * one that is started again comes up.
 */
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../apps/server/src/platform/index.ts'
import { eventually, issueKey, offerModel, openAccount, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { answer, startUpstream, type Upstream } from '../upstreams/index.ts'
import { allOf, load } from './load.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'cockpit-next-release-'))
let cockpit: TestCockpit
let upstream: Upstream
let acme: TestAccount

beforeAll(async () => {
  cockpit = await startCockpit({ COCKPIT_SECRET_KEY: randomBytes(32).toString('base64') })
  upstream = await startUpstream(answer({ text: 'one two', usage: { input: 10, output: 20 } }))
  acme = await openAccount(cockpit, { credits: '1000000' })
  cpSync(new URL('../../db/migrations/', import.meta.url), directory, { recursive: true })
  // what a later release may do to the tables that calls, keys and books stand in
  writeFileSync(
    path.join(directory, '9998_next.sql'),
    `alter table keys add column next_release text;
     alter table requests add column next_release integer not null default 0;
     alter table usage_rollups add column next_release bigint not null default 0;
     alter table accounts add column next_release jsonb not null default '{}';
     create table next_release (account_id text not null references accounts on delete cascade, id text not null, primary key (account_id, id));
     select tenant_table('next_release');
     select pg_sleep(1);`,
  )
})
afterAll(async () => {
  await cockpit?.stop()
  await upstream?.close()
  rmSync(directory, { recursive: true, force: true })
})

test('while a later release migrates, no call fails and none is lost to the books; afterwards the older one still writes, and starts again', async () => {
  const { model } = await offerModel(cockpit, acme.id, [
    { name: 'Up', kind: 'openai-compatible', baseUrl: upstream.baseUrl },
  ])
  const key = await issueKey(cockpit, acme)
  let migrated: string[] | null = null
  let migrating: Promise<void> | null = null
  let after = 0
  const { whole, failed } = await load(cockpit.url, {
    keys: [key],
    model,
    callersAtOnce: 8,
    endsWith: () => true,
    onAnswer(count) {
      if (migrated !== null) after++
      if (count < 50 || migrating) return
      migrating = migrate(cockpit.database.connection, pathToFileURL(`${directory}/`)).then((names) => {
        migrated = names
      })
    },
    isOver: () => after > 50,
  })
  await migrating
  expect(migrated).toEqual(['9998_next'])
  expect([...failed]).toEqual([])
  const booked = () => allOf((next) => acme.api.usage.list({ query: { limit: 100, ...(next && { after: next }) } }))
  await eventually(async () => expect(new Set((await booked()).map(({ id }) => id))).toEqual(new Set(whole)), 20_000)

  const made = await issueKey(cockpit, acme, { name: 'Made by the older release' })
  expect(made.status).toBe('active')
  const again = await cockpit.beside('gateway')
  try {
    const { status } = await again.send('GET /v1/models', { headers: { authorization: `Bearer ${made.secret}` } })
    expect(status).toBe(200)
  } finally {
    await again.stop()
  }
})
