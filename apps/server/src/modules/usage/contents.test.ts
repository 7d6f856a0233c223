import { afterAll, expect, test } from 'vitest'
import { freshDatabase, testAccount, testCtx, testFront } from '../../platform/testing.ts'
import { createContents, keptContentHandlers } from './index.ts'

const database = await freshDatabase()
const { db, query } = database
let passedDays = 0
const now = () => new Date(Date.now() + passedDays * 86_400_000)
const contents = createContents({ db, now })
const front = testFront(keptContentHandlers(contents))
afterAll(() => database.close())

test('texts go when they are older than their account wants them, and stay while it is held', async () => {
  const [mine, other] = [testCtx(await testAccount(database)), testCtx(await testAccount(database))]
  for (const { accountId } of [mine, other])
    await query(
      `insert into request_contents (account_id, request_id, request, response, truncated, at)
       values ($1, 'req_old', 'a', 'b', false, $2), ($1, 'req_new', 'a', 'b', false, $3)`,
      [accountId, new Date(Date.now() - 20 * 86_400_000), new Date()],
    )
  const { send } = front.as(mine)
  expect((await send('PUT /v1/kept-content', { days: 14, masked: true })).body).toMatchObject({ days: 14, requests: 2 })
  await query(
    `insert into audit_holds (account_id, id, reason, by_platform, created_by, created_at) values ($1, 'ahld_1', 'Case', false, 'Ada', now())`,
    [mine.accountId],
  )
  await contents.run()
  expect((await send('GET /v1/kept-content')).body).toMatchObject({ held: true, requests: 2 })
  await query('update audit_holds set released_at = now() where account_id = $1', [mine.accountId])
  await contents.run()
  expect((await send('GET /v1/kept-content')).body).toMatchObject({ held: false, requests: 1 })
  passedDays = 15
  await contents.run()
  expect((await send('GET /v1/kept-content')).body).toMatchObject({ requests: 0, oldestAt: null })
  // nobody else said how long
  expect((await front.as(other).send('GET /v1/kept-content')).body).toMatchObject({ days: null, requests: 2 })
  const told = await query<{ name: string }>(
    "select name from events where account_id = $1 and name like 'kept%' order by id",
    [mine.accountId],
  )
  expect(told.map(({ name }) => name)).toEqual(['kept_content.set', 'kept_content.expired', 'kept_content.expired'])
})
