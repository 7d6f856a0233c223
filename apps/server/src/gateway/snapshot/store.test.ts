import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findKey } from '@cockpit/policy'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLog } from '../../platform/index.ts'
import type { SnapshotPort } from '../ports.ts'
import { accountSlice, keyNamed, memorySnapshots, platformSlice, until } from '../testing.ts'
import { createSnapshotStore } from './store.ts'

let dataDir = ''
const stores: { stop(): Promise<void> }[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'cockpit-snapshot-'))
})
afterEach(async () => {
  for (const store of stores.splice(0)) await store.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const started = async (source: SnapshotPort) => {
  const store = createSnapshotStore({ source, dataDir, log: createLog('silent'), pollEveryMs: 50 })
  stores.push(store)
  await store.start()
  return store
}
const away: SnapshotPort = {
  since: () => Promise.reject(new Error('no database')),
  onChange: () => Promise.reject(new Error('no database')),
}
const hashOf = (name: string) => keyNamed(name).hash

test('a published change is in force at once, and a removed account is gone', async () => {
  const source = memorySnapshots(platformSlice({}), accountSlice())
  const store = await started(source)
  expect(findKey(store.current(), hashOf('ada'), 0)).toBeDefined()
  source.publish(accountSlice({ keys: [keyNamed('bob')] }))
  await until(() => findKey(store.current(), hashOf('bob'), 0) !== undefined, 'the new key is known', 500)
  expect(findKey(store.current(), hashOf('ada'), 0)).toBeUndefined()
  source.remove('acc_1')
  await until(() => findKey(store.current(), hashOf('bob'), 0) === undefined, 'the account is gone', 500)
})

test('without notifications changes still arrive by asking', async () => {
  const source = memorySnapshots(platformSlice({}), accountSlice())
  const store = await started({ since: source.since, onChange: away.onChange })
  source.publish(accountSlice({ keys: [keyNamed('bob')] }))
  await until(() => findKey(store.current(), hashOf('bob'), 0) !== undefined, 'the new key is known', 1_000)
})

test('a slice that does not validate is refused and the last good one stays', async () => {
  const source = memorySnapshots(platformSlice({}), accountSlice())
  const store = await started(source)
  const broken = { ...accountSlice(), eligibility: { mode: 'some-policy-of-the-future', modelIds: [] } }
  await store.stop()
  const rows = [{ version: 9, accountId: 'acc_1', body: JSON.stringify(broken) }]
  const second = await started({
    since: async (version) => [...(await source.since(version)), ...rows.filter((row) => row.version > version)],
    onChange: source.onChange,
  })
  expect(findKey(second.current(), hashOf('ada'), 0)).toBeDefined()
  source.publish(accountSlice({ keys: [keyNamed('late')] }))
})

test('a slice stored under another account is refused', async () => {
  const source = memorySnapshots(platformSlice({}))
  const store = await started({
    since: async (version) =>
      version < 5 ? [{ version: 5, accountId: 'acc_other', body: JSON.stringify(accountSlice()) }] : [],
    onChange: source.onChange,
  })
  expect(findKey(store.current(), hashOf('ada'), 0)).toBeUndefined()
})

test('it starts from disk without a database, and keeps the file to itself', async () => {
  const store = await started(memorySnapshots(platformSlice({}), accountSlice()))
  await store.stop()
  const offline = await started(away)
  expect(offline.ready()).toBe(true)
  expect(findKey(offline.current(), hashOf('ada'), 0)).toBeDefined()
  expect(statSync(join(dataDir, 'snapshot.json')).mode & 0o777).toBe(0o600)
})

test('the source wins over the disk, even when it counts anew', async () => {
  const before = memorySnapshots(platformSlice({}), accountSlice())
  for (let i = 0; i < 5; i++) before.publish(accountSlice({ keys: [keyNamed('revoked')] }))
  await (await started(before)).stop()
  const restored = await started(memorySnapshots(platformSlice({})))
  expect(findKey(restored.current(), hashOf('revoked'), 0)).toBeUndefined()
})

test('a broken file on disk does not keep it from starting', async () => {
  writeFileSync(join(dataDir, 'snapshot.json'), '[{"version":1,')
  const store = await started(memorySnapshots(platformSlice({}), accountSlice()))
  expect(store.ready()).toBe(true)
})
