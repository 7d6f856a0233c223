import { randomBytes } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { createSealing } from '../../platform/index.ts'
import { freshDatabase, testAccount, testCtx } from '../../platform/testing.ts'
import { createStored } from './index.ts'

const database = await freshDatabase()
afterAll(() => database.close())

const at = { days: 0 }
const now = () => new Date(Date.UTC(2026, 0, 1) + at.days * 86_400_000)
const stored = createStored({ db: database.db, now, secrets: createSealing(randomBytes(32)) })

test('a response is deleted after as many days as its account says, and not before', async () => {
  const [usual, brief] = [await testAccount(database), await testAccount(database)]
  await stored.policy.update(testCtx(brief), { responseDays: 2 })
  const owner = (accountId: string) =>
    ({ accountId, ownerId: 'usr_1', by: { kind: 'user', id: 'usr_1', name: 'U' } }) as const
  for (const accountId of [usual, brief])
    await stored.responses.keep(owner(accountId), {
      id: 'resp_1',
      previousId: null,
      input: [],
      response: { said: 'secret words' },
    })
  const left = async (days: number) => {
    at.days = days
    await stored.retention.run()
    return Promise.all([usual, brief].map(async (id) => (await stored.responses.find(owner(id), 'resp_1')) !== null))
  }
  expect(await left(1.9)).toEqual([true, true])
  expect(await left(2.1)).toEqual([true, false])
  expect(await left(29.9)).toEqual([true, false])
  expect(await left(30.1)).toEqual([false, false])
})

test('what is kept cannot be read in the database', async () => {
  const accountId = await testAccount(database)
  const owner = { accountId, ownerId: 'usr_1', by: { kind: 'user', id: 'usr_1', name: 'U' } } as const
  const input = [{ type: 'message', content: 'the words of a caller' }]
  await stored.responses.keep(owner, {
    id: 'resp_2',
    previousId: null,
    input,
    response: { output: 'the words of a model' },
  })
  const [row] = await database.query<object>('select * from stored_responses where account_id = $1', [accountId])
  expect(JSON.stringify(row)).not.toContain('the words')
  expect(await stored.responses.find(owner, 'resp_2')).toMatchObject({
    input,
    response: { output: 'the words of a model' },
  })
})
