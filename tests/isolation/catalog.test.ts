import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { freshDatabase } from '../../apps/server/src/platform/testing.ts'
import { lintCatalog, type Query } from './catalog.ts'

const database = await freshDatabase()
// one connection, as a look must see what its own transaction changed
const client = new pg.Client(database.connection)
await client.connect()
const query: Query = async (text, values) => (await client.query(text, values)).rows
afterAll(async () => {
  await client.end()
  await database.close()
})

test('no table, view, key or function of the database lets a row of one account reach another', async () => {
  expect(await lintCatalog(query)).toEqual([])
})

describe('the lint', () => {
  /** A change of the schema that is undone after the look. */
  const after = async (change: string) => {
    await client.query(`begin; ${change}`)
    try {
      return (await lintCatalog(query)).map(({ object, fault }) => `${object}: ${fault}`)
    } finally {
      await client.query('rollback')
    }
  }
  const table =
    'create table notes (account_id text not null, id text not null, org_id text, primary key (account_id, id));'

  test.each([
    ['a table that nobody secured', table, 'notes: row-level security is not enabled'],
    [
      'a table whose owner sees all',
      'alter table keys no force row level security',
      'keys: row-level security is not forced',
    ],
    ['a table without a policy', 'drop policy tenant on keys', 'keys: no policy for the role of tenants'],
    [
      'a policy that shows every row',
      'drop policy tenant on keys; create policy tenant on keys to cockpit_app using (true)',
      'keys.tenant: reads more than own rows',
    ],
    [
      'a policy that lets foreign rows be written',
      `drop policy tenant on keys; create policy tenant on keys to cockpit_app using (account_id = (select nullif(current_setting('app.account_id', true), ''))) with check (true)`,
      'keys.tenant: writes more than own rows',
    ],
    [
      'a second policy beside the good one',
      'create policy more on keys for select to public using (true)',
      'keys.more: reads more than own rows',
    ],
    [
      'one column of a table of no account',
      'grant select (token_hash) on sessions to cockpit_app',
      'sessions: tenants may use a table of no account',
    ],
    [
      'a key that does not start with the account',
      "create table notes (id text primary key, account_id text); select tenant_table('notes')",
      'notes: its primary key starts with id',
    ],
    [
      'a foreign key without the account',
      `${table} select tenant_table('notes'); create unique index orgs__id on orgs (id); alter table notes add foreign key (org_id) references orgs (id)`,
      'notes.notes_org_id_fkey: a foreign key without account_id',
    ],
    [
      'a value that is unique across accounts',
      'create unique index teams__everywhere on teams (name)',
      'teams.teams__everywhere: unique across accounts',
    ],
    ['a shared table', 'create table notes (id text); grant select on notes to cockpit_app', 'notes: tenants may use'],
    ['a view that runs as its owner', 'create view notes as select * from keys', 'notes: a view runs as its owner'],
    ['a materialised view', 'create materialized view notes as select * from keys', 'notes: a materialised view'],
    [
      'a function that runs as its owner',
      "create function notes() returns int language sql security definer as 'select 1'",
      'notes: runs as its owner',
    ],
    ['a role that bypasses it all', 'alter role cockpit_app bypassrls', 'cockpit_app: bypasses row-level security'],
  ])('finds %s', async (_, change, fault) => {
    expect(await after(change)).toEqual(expect.arrayContaining([expect.stringContaining(fault)]))
  })
})
