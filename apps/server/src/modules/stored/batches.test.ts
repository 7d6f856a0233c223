import { randomBytes } from 'node:crypto'
import type { LineAnswer, LineCall } from '@cockpit/contract/stored-calls'
import { afterAll, expect, test } from 'vitest'
import { createSealing } from '../../platform/index.ts'
import { freshDatabase, quietLog, testAccount } from '../../platform/testing.ts'
import { createStored } from './index.ts'

const database = await freshDatabase()
const at = { hours: 0 }
const now = () => new Date(Date.UTC(2026, 0, 1) + at.hours * 3_600_000)
const asked: LineCall[] = []
const answers = new Map<string, LineAnswer>()
const later: LineAnswer = { status: 503, body: '{}', isRetryable: true, retryAfterMs: 60_000 }
const stored = createStored({
  ...{ db: database.db, now, log: quietLog, secrets: createSealing(randomBytes(32)) },
  calls: {
    ready: () => true,
    async call(line) {
      asked.push(line)
      return answers.get(line.body) ?? later
    },
  },
})
stored.batchRunner.start()
afterAll(async () => {
  await stored.batchRunner.stop()
  await database.close()
})

test('what is not answered within a day expires, what was answered stays, and all goes when its account’s days are over', async () => {
  const accountId = await testAccount(database)
  const by = { kind: 'key', id: 'key_1', name: 'K' } as const
  const owner = { accountId, ownerId: 'usr_1', by, requestId: 'req_1' }
  answers.set('{"n":0}', { status: 200, body: '{"said":"words of a model"}', isRetryable: false, retryAfterMs: 0 })
  const lines = [0, 1, 2].map((n) => ({ customId: `c${n}`, request: JSON.stringify({ n }) }))
  const { id } = await stored.batches.create(
    owner,
    { kind: 'key', id: 'key_1' },
    { dialect: 'anthropic', endpoint: '/v1/messages', lines },
  )
  const found = () => stored.batches.find(owner, 'anthropic', id)
  await expect.poll(async () => (await found())?.counts.succeeded, { timeout: 5_000 }).toBe(1)
  await expect.poll(() => asked.length, { timeout: 5_000 }).toBe(3)
  const rows = await database.query('select * from stored_batch_lines where account_id = $1', [accountId])
  expect(JSON.stringify(rows)).not.toContain('words of a model')

  at.hours = 24.1
  await expect.poll(async () => (await found())?.status, { timeout: 5_000 }).toBe('expired')
  expect((await found())?.counts).toEqual({ total: 3, succeeded: 1, errored: 0, canceled: 0, expired: 2 })
  expect(asked.length).toBe(3)
  let results = ''
  for await (const piece of stored.batches.results(owner, id)) results += piece
  expect(
    results
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { custom_id: 'c0', result: { type: 'succeeded', message: { said: 'words of a model' } } },
    { custom_id: 'c1', result: { type: 'expired' } },
    { custom_id: 'c2', result: { type: 'expired' } },
  ])

  at.hours += 29 * 24
  await stored.retention.run()
  expect(await found()).not.toBeNull()
  at.hours += 2 * 24
  await stored.retention.run()
  expect(await found()).toBeNull()
})
