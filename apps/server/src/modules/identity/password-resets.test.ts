import { expect, test } from 'vitest'
import { testAccount, testDatabase } from '../../platform/testing.ts'
import { openHouse } from './testing.ts'

const database = await testDatabase()
let shiftMs = 0
const house = openHouse(database, { now: () => new Date(Date.now() + shiftMs) })
const { person, signedIn, browser } = house
const hourMs = 60 * 60_000
const next = 'tangled orbit walnut'

const stage = async () => {
  const account = await testAccount(database)
  const admin = await person({ [account]: 'account_admin' })
  const member = await person({ [account]: 'end_user' })
  return { account, admin, member, chrome: await signedIn(admin) }
}
const issue = async ({ chrome, member }: Pick<Awaited<ReturnType<typeof stage>>, 'chrome' | 'member'>) => {
  const answer = await chrome.send(`POST /v1/users/${member.id}/password-reset`)
  return { ...answer, token: String(answer.body?.link ?? '').split('#')[1] ?? '' }
}
const use = (token: string, password = next) => browser().send('POST /v1/auth/password-reset', { token, password })
const signIn = (email: string, password: string) => browser().send('POST /v1/sessions', { email, password })

test('a link sets a new password once, ends every session, and is stored as a hash only', async () => {
  const staged = await stage()
  const before = await signedIn(staged.member)
  const { status, token } = await issue(staged)
  expect(status).toBe(201)
  const [row] = await database.query<{ token_hash: string }>(
    'select token_hash from password_resets where user_id = $1',
    [staged.member.id],
  )
  expect(row?.token_hash).not.toContain(token)
  expect((await use(token)).status).toBe(204)
  expect((await before.send('GET /v1/sessions')).status).toBe(401)
  expect((await signIn(staged.member.email, staged.member.password)).status).toBe(401)
  expect((await signIn(staged.member.email, next)).status).toBe(201)
  expect((await use(token)).body.type).toBe('password_reset.invalid')
})

test('a link is over after a day, and when another one was made', async () => {
  const staged = await stage()
  const first = await issue(staged)
  const second = await issue(staged)
  expect((await use(first.token)).body.type).toBe('password_reset.invalid')
  shiftMs += 25 * hourMs
  expect((await use(second.token)).body.type).toBe('password_reset.invalid')
  shiftMs -= 25 * hourMs
  expect((await use(second.token)).status).toBe(204)
})

test('a password that breaks the rules is refused, and the link stays', async () => {
  const staged = await stage()
  const { token } = await issue(staged)
  expect((await use(token, 'password1234')).body.type).toBe('password.refused')
  expect((await use(token)).status).toBe(204)
})

test('somebody of two accounts is taken over by neither, not even by a link from before they joined', async () => {
  const [staged, other] = [await stage(), await stage()]
  const { token } = await issue(staged)
  await database.query(
    "insert into memberships (account_id, user_id, role, created_at) values ($1, $2, 'end_user', clock_timestamp())",
    [other.account, staged.member.id],
  )
  expect((await issue(staged)).body.type).toBe('access.denied')
  expect((await use(token)).body.type).toBe('password_reset.invalid')
  expect((await signIn(staged.member.email, staged.member.password)).status).toBe(201)
})

test('nobody resets whoever may do more, nor uses a link to somebody who may by now', async () => {
  const staged = await stage()
  const helper = await person({ [staged.account]: 'end_user' })
  await database.query("update memberships set role = 'copilot_admin' where user_id = $1", [helper.id])
  const chrome = await signedIn(helper)
  expect((await issue({ chrome, member: staged.admin })).body.type).toBe('access.denied')
  const { token, status } = await issue({ chrome, member: staged.member })
  expect(status).toBe(201)
  await database.query("update memberships set role = 'account_admin' where user_id = $1", [staged.member.id])
  expect((await use(token)).body.type).toBe('password_reset.invalid')
})

test('a link ends with the rights of whoever made it', async () => {
  const staged = await stage()
  const { token } = await issue(staged)
  await database.query("update memberships set role = 'end_user' where user_id = $1", [staged.admin.id])
  expect((await use(token)).body.type).toBe('password_reset.invalid')
})

test("another account's person is like a missing one, and a member makes no link", async () => {
  const [staged, other] = [await stage(), await stage()]
  expect(await issue({ chrome: staged.chrome, member: other.member })).toMatchObject({ status: 404 })
  const chrome = await signedIn(staged.member)
  expect((await issue({ chrome, member: staged.admin })).status).toBe(403)
})
