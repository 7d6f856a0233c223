import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { freshDatabase } from './testing.ts'

const database = await freshDatabase()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cockpit-migrations-'))
  // what the database has run already stands beside what it has not
  await database.query('alter table kysely_migration rename to kysely_migration_of_cockpit')
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await database.close()
})

const run = () => migrate(database.connection, pathToFileURL(`${folder}/`))

test('a release runs what is new to the database, also with a number below one that ran before, and each once', async () => {
  await writeFile(path.join(folder, '0001_first.sql'), 'create table firsts (id text primary key)')
  await writeFile(path.join(folder, '0090_last.sql'), 'create table lasts (id text primary key)')
  expect(await run()).toEqual(['0001_first', '0090_last'])
  await writeFile(path.join(folder, '0085_between.sql'), 'create table betweens (id text primary key)')
  expect(await run()).toEqual(['0085_between'])
  expect(await run()).toEqual([])
})

test('a release that is started beside a later one leaves be what it does not know, and still brings its own', async () => {
  await writeFile(path.join(folder, '0099_later.sql'), 'create table laters (id text primary key)')
  expect(await run()).toEqual(['0099_later'])
  await rm(path.join(folder, '0099_later.sql'))
  expect(await run()).toEqual([])
  await writeFile(path.join(folder, '0095_own.sql'), 'create table owns (id text primary key)')
  expect(await run()).toEqual(['0095_own'])
})
