import { type AccountSlice, Slice } from '@cockpit/contract/snapshot'
import { testAccount, testPlatform } from '@cockpit/policy/testing'
import { expect, test } from 'vitest'
import { newId, systemCtx } from '../../platform/index.ts'
import { quietLog, testDatabase } from '../../platform/testing.ts'
import { createPublishing, createSnapshotFeed, type SliceSources } from './index.ts'

/** A room of its own: an account in the database, and sources that say what the test wants. */
const arrange = async (differs: Partial<SliceSources> = {}) => {
  const { db, query } = await testDatabase()
  const accountId = newId('acc', new Date())
  await query(
    `insert into accounts (account_id, name, credits_factor, created_at, updated_at) values ($1, $1, 1, now(), now())`,
    [accountId],
  )
  const { orgs, teams, users, serviceAccounts, ...slice } = testAccount()
  const state = { name: 'Acme', sourceCalls: 0 }
  const sources: SliceSources = {
    account: async (tx) => {
      state.sourceCalls++
      const rows = await tx.sql
        .selectFrom('accounts')
        .select('account_id')
        .where('account_id', '=', accountId)
        .execute()
      return tx.ctx.accountId === accountId && rows.length > 0
        ? { ...slice.account, id: accountId, name: state.name }
        : null
    },
    directory: async () => ({ orgs, teams, users, serviceAccounts }),
    keys: async () => slice.keys,
    connections: async (tx) => (tx.ctx.accountId === 'platform' ? testPlatform().connections : []),
    models: async (tx) => (tx.ctx.accountId === 'platform' ? testPlatform().models : []),
    eligibility: async () => slice.eligibility,
    selection: async () => slice.selection,
    budget: async () => slice.budget,
    guardrails: async () => undefined,
    guardrailServices: async () => undefined,
    ssoRequired: async () => undefined,
    maskContent: async () => undefined,
    mcpServers: async () => undefined,
    networks: async () => undefined,
    stored: async () => undefined,
    limits: async () => undefined,
    cache: async () => undefined,
    ...differs,
  }
  const publishing = createPublishing({ db, now: () => new Date(), log: quietLog, sources, retryMs: 50 })
  const feed = createSnapshotFeed({ db })
  const published = async (): Promise<AccountSlice | null | undefined> => {
    const row = (await feed.since(0)).find((item) => item.accountId === accountId)
    return row && (row.body === null ? null : (Slice.parse(JSON.parse(row.body)) as AccountSlice))
  }
  const touch = (name = 'account.updated') =>
    db.platform(systemCtx('test', accountId), (tx) =>
      tx.emit(name, { subject: { type: 'account', id: accountId, name: 'Acme' } }),
    )
  return { db, query, accountId, state, publishing, feed, published, touch }
}

const until = async (holds: () => Promise<boolean> | boolean) => {
  const end = Date.now() + 5_000
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('did not happen within 5 s')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

test('a change is published with a higher version and heard by a gateway', async () => {
  const { accountId, state, publishing, feed, published, touch } = await arrange()
  await publishing.start()
  const first = (await published())?.version ?? 0
  let heard = 0
  const stop = await feed.onChange(() => heard++)
  state.name = 'Acme Corp'
  await touch()
  await until(async () => (await published())?.account.name === 'Acme Corp')
  expect((await feed.since(first)).map((row) => row.accountId)).toContain(accountId)
  await until(() => heard > 0)
  stop()
  await publishing.stop()
})

test('what changes nothing for a gateway is not published again', async () => {
  const { accountId, publishing } = await arrange()
  expect(await publishing.publish(accountId)).toBe(true)
  expect(await publishing.publish(accountId)).toBe(false)
})

test('a slice that is not valid stays here, and the last good one stays with the gateways', async () => {
  const { accountId, state, publishing, published } = await arrange()
  await publishing.publish(accountId)
  state.name = 7 as unknown as string
  await expect(publishing.publish(accountId)).rejects.toThrow()
  expect((await published())?.account.name).toBe('Acme')
})

test('a deleted account leaves a tombstone', async () => {
  const { db, query, accountId, publishing, published } = await arrange()
  await publishing.start()
  await query('delete from accounts where account_id = $1', [accountId])
  await db.platform(systemCtx('test'), (tx) =>
    tx.emit('account.deleted', { subject: { type: 'account', id: accountId, name: 'Acme' } }),
  )
  await until(async () => (await published()) === null)
  await publishing.stop()
})

test('what could not be published is tried again', async () => {
  const keys = testAccount().keys
  let failures = 1
  const { publishing, published, touch, state } = await arrange({
    keys: async () => {
      if (state.name === 'Second' && failures-- > 0) throw new Error('the database is away')
      return keys
    },
  })
  await publishing.start()
  state.name = 'Second'
  await touch()
  await until(async () => (await published())?.account.name === 'Second')
  await publishing.stop()
})
