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
      'sessions: tenants may read token_hash of a table of no account',
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
    [
      'a shared table',
      'create table notes (id text); grant select on notes to cockpit_app',
      'notes: tenants may read id of a table of no account',
    ],
    ['a view that runs as its owner', 'create view notes as select * from keys', 'notes: a view runs as its owner'],
    ['a materialised view', 'create materialized view notes as select * from keys', 'notes: a materialised view'],
    [
      'a function that runs as its owner',
      "create function notes() returns int language sql security definer as 'select 1'",
      'notes(): runs as its owner',
    ],
    [
      'one more of the same name',
      "create function prune_events(int) returns int language sql security definer as 'select 1'",
      'prune_events(integer): runs as its owner',
    ],
    [
      'what runs as its owner in the hands of tenants',
      'grant execute on function prune_events to cockpit_app',
      'prune_events(text,bigint): tenants may call',
    ],
    [
      'what runs as its owner and finds what its caller put in its way',
      'alter function prune_events reset search_path',
      'prune_events(text,bigint): runs as its owner on whatever search_path',
    ],
    [
      'a function that is asked before the policy',
      "create function notes(text) returns boolean language sql leakproof as 'select true'",
      'notes(text): is asked before the policy',
    ],
    [
      'a table of no account that nobody knows',
      'create table notes (tenant_id text, id text)',
      'notes: belongs to no account, and nobody said whose',
    ],
    [
      'a table that is named like those of migrations',
      'create table kysely_notes (tenant_id text)',
      'kysely_notes: belongs to no account',
    ],
    [
      'a table elsewhere',
      'create schema notes; create table notes.notes (account_id text)',
      'notes.notes: stands in a schema that is not looked at',
    ],
    [
      'a table of another server',
      'create foreign data wrapper w; create server s foreign data wrapper w; create foreign table notes (account_id text) server s',
      'public.notes: a foreign table has no row-level security',
    ],
    ['a large object', 'select lo_create(0)', 'pg_largeobject: large objects have no row-level security'],
    [
      'a partition that anybody may read under its own name',
      'alter table requests_other no force row level security',
      'requests_other: row-level security is not forced',
    ],
    [
      'a value that is unique across accounts in one partition',
      'create unique index notes on requests_other (id)',
      'requests_other.notes: unique across accounts',
    ],
    [
      'a value that keeps others away across accounts',
      'alter table teams add constraint notes exclude using btree (name with =)',
      'teams.notes: unique across accounts',
    ],
    [
      'a rule that writes as the owner',
      'create rule notes as on update to teams do also update keys set name = name',
      'teams.notes: a rule does what it does as the owner',
    ],
    ['a table that tenants may empty', 'grant truncate on keys to cockpit_app', 'keys: tenants may truncate it'],
    ['a table that tenants may be told of', 'grant trigger on keys to cockpit_app', 'keys: tenants may trigger it'],
    [
      'a schema in which tenants may make things',
      'grant create on schema public to cockpit_app',
      'public: tenants may make tables',
    ],
    [
      'rows of the platform that tenants may change',
      "create policy more on models for update to cockpit_app using (account_id = 'platform')",
      'models.more: reads more than own rows',
    ],
    [
      'people of other accounts',
      'alter policy tenant on users using (true)',
      'users: its policy tenant reads more than of own people',
    ],
    [
      'people under a second policy',
      'create policy more on users for select to public using (true)',
      'users: its policy more reads more',
    ],
    [
      'what proves who somebody is',
      'grant select (sealed_secret) on totp_secrets to cockpit_app',
      'totp_secrets: tenants may read sealed_secret of a table',
    ],
    [
      'people whom tenants may change',
      'grant update (name) on users to cockpit_app',
      'users: tenants may write a table of no account',
    ],
    ['a role that bypasses it all', 'alter role cockpit_app bypassrls', 'cockpit_app: bypasses row-level security'],
    ['a role that may be another', 'grant cockpit_platform to cockpit_app', 'cockpit_app: may be cockpit_platform'],
    ['a role that makes roles', 'alter role cockpit_app createrole', 'cockpit_app: may make roles'],
  ])('finds %s', async (_, change, fault) => {
    expect(await after(change)).toEqual(expect.arrayContaining([expect.stringContaining(fault)]))
  })
})
