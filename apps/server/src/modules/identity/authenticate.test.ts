import { rolePermissions } from '@cockpit/contract/permissions'
import { describe, expect, test } from 'vitest'
import { newId, sha256Hex } from '../../platform/index.ts'
import { testAccount, testDatabase } from '../../platform/testing.ts'
import { openHouse } from './testing.ts'

const database = await testDatabase()
const masterKey = 'mk-0123456789abcdef0123456789abcdef'
const secrets = new Map<string, { id: string; name: string; accountId: string }>()
const house = openHouse(database, { masterKey, findKey: async (_tx, hash) => secrets.get(hash) ?? null })
const { browser, person, signedIn } = house
const asking = (authorization: string, accountId?: string, query = '') =>
  browser().send(`GET /v1/me/context${query}`, undefined, {
    authorization,
    ...(accountId && { 'x-account-id': accountId }),
  })
const keyIn = (accountId: string) => {
  const secret = `ck-${newId('secret', new Date())}`
  secrets.set(sha256Hex(secret), { id: newId('key', new Date()), name: 'CI', accountId })
  return secret
}
const suspend = (account: string) =>
  database.query("update accounts set status = 'suspended' where account_id = $1", [account])

describe('nobody', () => {
  test.each([
    ['no credential', ''],
    ['an unknown key', 'Bearer sk-unknown'],
    ['a master key that lacks its end', `Bearer ${masterKey.slice(0, -1)}`],
    ['an empty key', 'Bearer '],
    ['another scheme', `Basic ${masterKey}`],
  ])('with %s is refused', async (_, authorization) => {
    expect(await asking(authorization)).toMatchObject({ status: 401, body: { type: 'auth.required' } })
  })

  test('becomes super admin by an empty key when no master key is set', async () => {
    const answer = await openHouse(database)
      .browser()
      .send('GET /v1/me/context', undefined, { authorization: 'Bearer undefined' })
    expect(answer.status).toBe(401)
  })

  test('with cookies of others only is told that they are nobody; with one of a session that ended, to sign in', async () => {
    const stranger = browser()
    stranger.cookies = { _proxy: 'x', '__Host-cockpit-sign-in': 'y', cockpit_theme: 'dark' }
    const answer = await stranger.send('GET /v1/me/context')
    expect(answer).toMatchObject({ status: 200, body: { principal: null, accountId: null } })
    stranger.cookies = { ...stranger.cookies, '__Host-cockpit': 'ended' }
    expect(await stranger.send('GET /v1/me/context')).toMatchObject({ status: 401, body: { type: 'auth.required' } })
  })

  test('gets in by a wrong key while a valid cookie comes along', async () => {
    const chrome = await signedIn(await person({ [await testAccount(database)]: 'end_user' }))
    expect((await chrome.send('GET /v1/me/context', undefined, { authorization: 'Bearer sk-unknown' })).status).toBe(
      401,
    )
  })
})

describe('the master key', () => {
  test('acts as super admin, in the platform or in any account that exists', async () => {
    const account = await testAccount(database)
    expect((await asking(`Bearer ${masterKey}`)).body).toMatchObject({
      principal: { kind: 'master_key', email: null },
      isSuperAdmin: true,
      accountId: null,
      roles: ['super_admin'],
    })
    expect((await asking(`Bearer ${masterKey}`, account)).body.accountId).toBe(account)
    expect((await asking(`Bearer ${masterKey}`, undefined, `?account_id=${account}`)).body.accountId).toBe(account)
    expect((await asking(`Bearer ${masterKey}`, 'platform')).body.accountId).toBeNull()
    const gone = { authorization: `Bearer ${masterKey}`, 'x-account-id': 'acc_0' }
    for (const line of ['GET /v1/role-assignments', 'POST /v1/role-assignments', 'GET /v1/deny-rules'])
      expect(await browser().send(line, undefined, gone), line).toMatchObject({
        status: 404,
        body: { type: 'account.not_found' },
      })
  })
})

describe('a virtual key', () => {
  test('acts in its own account whatever it asks for, and may only read models and its own usage', async () => {
    const [own, other] = [await testAccount(database), await testAccount(database)]
    const { body } = await asking(`Bearer ${keyIn(own)}`, other)
    expect(body).toMatchObject({
      principal: { kind: 'key', name: 'CI' },
      isSuperAdmin: false,
      accountId: own,
      roles: [],
    })
    expect(body.permissions).toEqual(['model.read', 'usage.read_own'])
    expect(body.accounts.map(({ id }: { id: string }) => id)).toEqual([own])
  })

  test('stops with its account', async () => {
    const account = await testAccount(database)
    const secret = keyIn(account)
    await suspend(account)
    expect((await asking(`Bearer ${secret}`)).body.type).toBe('account.suspended')
  })
})

describe('a member', () => {
  test('acts in the account they choose among their own, with their role there', async () => {
    const [first, second] = [await testAccount(database), await testAccount(database)]
    const chrome = await signedIn(await person({ [first]: 'end_user', [second]: 'account_admin' }))
    const at = async (account?: string) =>
      (await chrome.send('GET /v1/me/context', undefined, account ? { 'x-account-id': account } : {})).body
    expect(await at()).toMatchObject({ accountId: first, roles: ['end_user'] })
    expect(new Set((await at()).permissions)).toEqual(rolePermissions.end_user)
    expect(await at(second)).toMatchObject({ accountId: second, roles: ['account_admin'], isSuperAdmin: false })
    expect((await at()).accounts.map(({ id }: { id: string }) => id)).toEqual([first, second])
  })

  test('who chooses an account of others, or one that is gone, stays in their own', async () => {
    const [own, foreign] = [await testAccount(database), await testAccount(database)]
    const chrome = await signedIn(await person({ [own]: 'account_admin' }))
    for (const chosen of [foreign, 'acc_0', 'platform', "' or 1=1"]) {
      const { body } = await chrome.send('GET /v1/me/context', undefined, { 'x-account-id': chosen })
      expect(body).toMatchObject({ accountId: own, isSuperAdmin: false })
      expect(JSON.stringify(body)).not.toContain(foreign)
    }
  })

  test('loses an account with the membership or with the account, and has the others', async () => {
    const [first, second, third] = [
      await testAccount(database),
      await testAccount(database),
      await testAccount(database),
    ]
    const who = await person({ [first]: 'account_admin', [second]: 'account_admin', [third]: 'end_user' })
    const chrome = await signedIn(who)
    await suspend(first)
    await database.query("update memberships set status = 'suspended' where account_id = $1 and user_id = $2", [
      second,
      who.id,
    ])
    const { body } = await chrome.send('GET /v1/me/context', undefined, { 'x-account-id': second })
    expect(body).toMatchObject({ accountId: third, roles: ['end_user'], accounts: [{ id: third }] })
  })

  test('of suspended accounts only is refused, but may sign out', async () => {
    const account = await testAccount(database)
    const who = await person({ [account]: 'account_admin' })
    const chrome = await signedIn(who)
    await suspend(account)
    expect(await chrome.send('GET /v1/me/context')).toMatchObject({ status: 403, body: { type: 'account.suspended' } })
    const again = await browser().send('POST /v1/sessions', { email: who.email, password: who.password })
    expect(again.body.type).toBe('account.suspended')
    expect((await chrome.send('DELETE /v1/sessions/current')).status).toBe(204)
  })

  test('of no account at all may sign in and sees that they have nothing', async () => {
    const chrome = await signedIn(await person())
    expect((await chrome.send('GET /v1/me/context')).body).toMatchObject({
      accountId: null,
      accounts: [],
      roles: [],
      permissions: [],
    })
  })
})

describe('a super admin', () => {
  test('is who belongs to the platform, and acts in any account', async () => {
    const account = await testAccount(database)
    const chrome = await signedIn(await person({ platform: 'super_admin' }))
    const { body } = await chrome.send('GET /v1/me/context', undefined, { 'x-account-id': account })
    expect(body).toMatchObject({ isSuperAdmin: true, accountId: account, roles: ['super_admin'] })
    expect(new Set(body.permissions)).toEqual(rolePermissions.super_admin)
  })

  test('who chose an account that is no more learns who they are, and nothing happens elsewhere instead', async () => {
    const chrome = await signedIn(await person({ platform: 'super_admin' }))
    const ask = (line: string, chosen = 'acc_0') => chrome.send(line, undefined, { 'x-account-id': chosen })
    expect(await ask('GET /v1/me/context')).toMatchObject({
      status: 200,
      body: { accountId: null, isSuperAdmin: true, roles: ['super_admin'] },
    })
    expect((await ask('GET /v1/me/context', "' or 1=1")).body.accountId).toBeNull()
    expect((await ask('GET /v1/role-assignments')).body.type).toBe('account.not_found')
    expect((await ask('POST /v1/role-assignments')).body.type).toBe('account.not_found')
    expect((await ask('GET /v1/sessions')).status).toBe(200)
  })

  test('whose platform membership is suspended is none', async () => {
    const account = await testAccount(database)
    const who = await person({ platform: 'super_admin', [account]: 'end_user' })
    const chrome = await signedIn(who)
    await database.query("update memberships set status = 'suspended' where account_id = 'platform' and user_id = $1", [
      who.id,
    ])
    expect((await chrome.send('GET /v1/me/context')).body).toMatchObject({ isSuperAdmin: false, accountId: account })
  })
})
