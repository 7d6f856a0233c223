import { randomBytes } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { createSealing } from '../../platform/index.ts'
import { freshDatabase, quietLog, testAccount, testCtx } from '../../platform/testing.ts'
import { createStored } from './index.ts'

const database = await freshDatabase()
afterAll(() => database.close())

const at = { days: 0 }
const now = () => new Date(Date.UTC(2026, 0, 1) + at.days * 86_400_000)
const calls = { ready: () => false, call: () => Promise.reject(new Error('nobody calls here')) }
const stored = createStored({ db: database.db, now, log: quietLog, secrets: createSealing(randomBytes(32)), calls })
const ownerIn = (accountId: string) =>
  ({ accountId, ownerId: 'usr_1', by: { kind: 'user', id: 'usr_1', name: 'U' }, requestId: 'req_1' }) as const

test('a response is deleted after as many days as its account says, and not before', async () => {
  const [usual, brief] = [await testAccount(database), await testAccount(database)]
  await stored.policy.update(testCtx(brief), { responseDays: 2 })
  for (const accountId of [usual, brief])
    await stored.responses.keep(ownerIn(accountId), {
      id: 'resp_1',
      previousId: null,
      input: [],
      response: { said: 'secret words' },
    })
  const left = async (days: number) => {
    at.days = days
    await stored.retention.run()
    return Promise.all([usual, brief].map(async (id) => (await stored.responses.find(ownerIn(id), 'resp_1')) !== null))
  }
  expect(await left(1.9)).toEqual([true, true])
  expect(await left(2.1)).toEqual([true, false])
  expect(await left(29.9)).toEqual([true, false])
  expect(await left(30.1)).toEqual([false, false])
})

test('what is kept cannot be read in the database', async () => {
  const accountId = await testAccount(database)
  const owner = ownerIn(accountId)
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

test('a file is deleted with its content: by its own end, by its account’s days, or when it stopped arriving', async () => {
  at.days = 100
  const accountId = await testAccount(database)
  const owner = ownerIn(accountId)
  const arriving = async () => {
    const draft = await stored.files.begin(owner, 'a.txt')
    if (draft) await draft.write(Buffer.from('the words of a caller '.repeat(60_000)))
    return draft
  }
  const kept = async (expiresAt: Date | null) =>
    (await arriving())?.finish({ purpose: 'batch', mediaType: 'text/plain', expiresAt })
  const [brief, long] = [await kept(new Date(now().getTime() + 3_600_000)), await kept(null)]
  await arriving()
  const left = async (days: number) => {
    at.days = days
    await stored.retention.run()
    const pieces = await database.query('select 1 from stored_file_pieces where account_id = $1', [accountId])
    const page = { after: undefined, limit: 10, order: 'asc', purpose: null } as const
    return { ids: (await stored.files.list(owner, page)).map(({ id }) => id), pieces: pieces.length }
  }
  const rows = await database.query("select encode(sealed, 'escape') as text from stored_file_pieces", [])
  expect(JSON.stringify(rows)).not.toContain('the words')
  expect((await left(100)).ids.sort()).toEqual([brief?.id, long?.id].sort())
  expect(await left(100.1)).toEqual({ ids: [long?.id], pieces: 2 })
  expect(await left(101.1)).toEqual({ ids: [long?.id], pieces: 1 })
  expect(await left(130.1)).toEqual({ ids: [], pieces: 0 })
})

test('a response whose process fell silent is told as failed, and nothing ends it afterwards', async () => {
  const accountId = await testAccount(database)
  const owner = ownerIn(accountId)
  const turn = { id: 'resp_9', previousId: null, input: [], response: { id: 'resp_9', status: 'queued' } }
  const inAMoment = () => new Date(now().getTime() + 20_000)
  await stored.responses.begin(owner, turn, inAMoment())
  expect(await stored.responses.renew(owner, 'resp_9', inAMoment())).toBe(true)
  expect((await stored.responses.find(owner, 'resp_9'))?.response).toMatchObject({ status: 'queued' })
  at.days += 0.001
  expect((await stored.responses.find(owner, 'resp_9'))?.response).toMatchObject({ status: 'failed' })
  await stored.responses.end(owner, 'resp_9', { status: 'completed' })
  expect((await stored.responses.find(owner, 'resp_9'))?.response).toMatchObject({ status: 'failed' })
})
