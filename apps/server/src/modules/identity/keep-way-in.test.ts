/** Nobody who is the last to put an account, or the platform, in order loses the last way in. */
import { describe, expect, test } from 'vitest'
import { testAccount, testDatabase } from '../../platform/testing.ts'
import { softwareAuthenticator } from './authenticator.testing.ts'
import { openHouse } from './testing.ts'

const origin = 'http://localhost:4000'
const database = await testDatabase()
const house = openHouse(database, { publicUrl: origin, masterKey: 'mk_0123456789abcdef' })
const { person, signedIn, browser } = house
type Browser = ReturnType<typeof browser>

const addPasskey = async (chrome: Browser) => {
  const { challenge, options } = (await chrome.send('POST /v1/me/passkeys/options')).body
  const credential = softwareAuthenticator(origin).register(options)
  const added = await chrome.send('POST /v1/me/passkeys', { challenge, name: 'Laptop', credential })
  expect(added.status).toBe(201)
  return String(added.body.passkey.id)
}
/** As somebody is whom an identity provider brought, or who was asked for no password. */
const forgetPassword = (id: string) => database.query('update users set password_hash = null where id = $1', [id])
const removes = (chrome: Browser, passkey: string) => chrome.send(`DELETE /v1/me/passkeys/${passkey}`)

/** Somebody with one passkey and nothing else. */
const byPasskeyAlone = async (memberships: Parameters<typeof person>[0]) => {
  const who = await person(memberships)
  const chrome = await signedIn(who)
  const passkey = await addPasskey(chrome)
  await forgetPassword(who.id)
  return { ...who, chrome, passkey }
}

describe('the last passkey of the last administrator, who has no password', () => {
  test('is not removed by them before they have another, and is then', async () => {
    const { chrome, passkey } = await byPasskeyAlone({ [await testAccount(database)]: 'account_admin' })
    const refused = await removes(chrome, passkey)
    expect(refused).toMatchObject({ status: 409, body: { type: 'user.last_admin' } })
    expect(refused.body.detail).toContain('Add another passkey')
    expect((await chrome.send('GET /v1/me/security')).body.passkeys).toHaveLength(1)
    await addPasskey(chrome)
    expect((await removes(chrome, passkey)).status).toBe(204)
  })

  test('is removed where another administrator can sign in, and kept where that one cannot', async () => {
    const account = await testAccount(database)
    const { chrome, passkey } = await byPasskeyAlone({ [account]: 'account_admin' })
    const other = await person({ [account]: 'account_admin' })
    await forgetPassword(other.id)
    expect((await removes(chrome, passkey)).body.type).toBe('user.last_admin')
    await database.query("update users set password_hash = 'x' where id = $1", [other.id])
    expect((await removes(chrome, passkey)).status).toBe(204)
  })

  test('counts in each of their accounts, and nobody who is no administrator is asked about it', async () => {
    const [one, two] = [await testAccount(database), await testAccount(database)]
    await person({ [one]: 'account_admin' })
    const { chrome, passkey } = await byPasskeyAlone({ [one]: 'account_admin', [two]: 'account_admin' })
    expect((await removes(chrome, passkey)).body.type).toBe('user.last_admin')
    const member = await byPasskeyAlone({ [one]: 'end_user' })
    expect((await removes(member.chrome, member.passkey)).status).toBe(204)
  })

  test('is not taken by an administrator of the platform either, before there is a password', async () => {
    const account = await testAccount(database)
    const { id } = await byPasskeyAlone({ [account]: 'account_admin' })
    const root = await signedIn(await person({ platform: 'super_admin' }))
    const reset = () => root.send(`DELETE /v1/users/${id}/factors`, undefined, { 'x-account-id': account })
    const refused = await reset()
    expect(refused).toMatchObject({ status: 409, body: { type: 'user.last_admin' } })
    expect(refused.body.detail).toContain('link for a new password')
    const made = await root.send(`POST /v1/users/${id}/password-reset`, {}, { 'x-account-id': account })
    const token = String(made.body.link).split('#')[1] ?? ''
    const used = { token, password: 'tangled orbit walnut' }
    expect((await browser().send('POST /v1/auth/password-reset', used)).status).toBe(204)
    expect((await reset()).status).toBe(204)
  })
})

test('the platform keeps a super admin who can sign in: neither the passkey nor the role of the last one goes', async () => {
  // of this test alone: everybody else with a role of the platform has gone
  await database.query("delete from memberships where account_id = 'platform'")
  const { id, chrome, passkey } = await byPasskeyAlone({ platform: 'super_admin' })
  const without = await person({ platform: 'super_admin' })
  await forgetPassword(without.id)
  const last = { status: 409, body: { type: 'platform_person.last' } }
  expect(await removes(chrome, passkey)).toMatchObject(last)
  const platform = (line: string, body?: object) =>
    browser().send(line, body, { authorization: 'Bearer mk_0123456789abcdef' })
  expect(await platform(`DELETE /v1/platform-people/${id}`)).toMatchObject(last)
  expect(await platform(`PATCH /v1/platform-people/${id}`, { role: 'support' })).toMatchObject(last)
  // whoever could not come in anyway is no loss
  expect((await platform(`DELETE /v1/platform-people/${without.id}`)).status).toBe(204)
  await person({ platform: 'super_admin' })
  expect((await removes(chrome, passkey)).status).toBe(204)
})
