/** A source does no more than whoever answers for its token may do. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAccount, password, signIn, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openSource, sender } from './source.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const address = () => `p${randomBytes(5).toString('hex')}@example.com`
const browser = async (email: string) => {
  const headers = await signIn(cockpit, email)
  return async (line: string, body?: object) => {
    const { status, text } = await cockpit.send(line, { headers, ...(body && { body }) })
    return { status, body: text === '' ? null : JSON.parse(text) }
  }
}
const adminRule = { match: 'Admins', gives: { kind: 'role' as const, role: 'account_admin' as const } }

/** Somebody who may write the settings of sign-in and directories, nothing else, and made a token. */
const keeperOf = async ({ api }: TestAccount) => {
  const email = address()
  const { id } = await api.users.create({ body: { email, name: 'Keeper', role: 'member', password } })
  const role = await api.roles.create({ body: { name: 'Keeper', permissions: ['identity.read', 'identity.write'] } })
  await api.roleAssignments.create({ body: { principal: { kind: 'user', id }, role: role.id } })
  const send = await browser(email)
  const made = await send('POST /v1/scim/tokens', { name: 'Mine' })
  expect(made.status).toBe(201)
  return { id, email, send, source: sender(cockpit, made.body.secret) }
}

/** The routes at which a source was refused, as the audit log has them. */
const deniedIn = async ({ id }: TestAccount) => {
  const rows = await cockpit.database.query<{ route: string }>(
    "select after ->> 'route' as route from events where account_id = $1 and name = 'access.denied' and actor ->> 'kind' = 'scim'",
    [id],
  )
  return rows.map(({ route }) => route)
}

describe('a token of somebody who may manage directories and nothing else', () => {
  test('lets members come and go', async () => {
    const acme = await openAccount(cockpit)
    const { source } = await keeperOf(acme)
    const email = address()
    const { id } = await source.person(email, { displayName: 'Ada' })
    const of = () => acme.api.users.get({ params: { id } })
    expect(await of()).toMatchObject({ source: 'scim', role: 'end_user', status: 'active' })
    expect((await source.patch(`/Users/${id}`, { op: 'replace', value: { active: false } })).status).toBe(200)
    expect(await of()).toMatchObject({ status: 'suspended' })
    expect((await source.send(`DELETE /Users/${id}`)).status).toBe(204)
  })

  test('makes nobody an admin by a group that somebody else’s rule gives that role', async () => {
    const acme = await openAccount(cockpit)
    await acme.api.scim.setRules({ body: { items: [adminRule] } })
    const { id, email, source } = await keeperOf(acme)
    expect((await source.person(email)).id).toBe(id)
    const refused = await source.send('POST /Groups', { displayName: 'Admins', members: [{ value: id }] })
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('rotates it')])
    const { id: group } = await source.group('Staff', [id])
    expect(
      (await source.patch(`/Groups/${group}`, { op: 'replace', path: 'displayName', value: 'Admins' })).status,
    ).toBe(403)
    expect(await acme.api.users.get({ params: { id } })).toMatchObject({ role: 'end_user' })
    await expect.poll(() => deniedIn(acme)).toContain('POST /scim/v2/Groups')
  })

  test('takes over, renames the address of, removes and lets back in nobody who may do more', async () => {
    const acme = await openAccount(cockpit)
    const full = await openSource(cockpit, acme)
    const ada = await full.person(address())
    await acme.api.scim.setRules({ body: { items: [adminRule] } })
    const { id: group } = await full.group('Admins', [ada.id])
    expect(await acme.api.users.get({ params: { id: ada.id } })).toMatchObject({ role: 'account_admin' })
    const { source, send } = await keeperOf(acme)
    const attempts = [
      await source.send('POST /Users', { userName: acme.email }),
      await source.patch(`/Users/${ada.id}`, { op: 'replace', path: 'userName', value: address() }),
      await source.patch(`/Groups/${group}`, { op: 'remove', path: 'members' }),
      await source.send(`DELETE /Groups/${group}`),
    ]
    expect(attempts.map(({ status }) => status)).toEqual([403, 403, 403, 403])
    const rules = await send('PUT /v1/scim/rules', { items: [] })
    expect([rules.status, rules.body.type]).toEqual([403, 'access.denied'])
    expect(await acme.api.users.get({ params: { id: ada.id } })).toMatchObject({
      role: 'account_admin',
      status: 'active',
      email: ada.userName,
    })
    expect(await acme.api.users.get({ params: { id: acme.admin.id } })).toMatchObject({ source: 'manual' })
    const removed = await source.send(`DELETE /Users/${ada.id}`)
    expect([removed.status, removed.body.detail]).toEqual([403, expect.stringContaining('suspended')])
    await expect.poll(() => deniedIn(acme)).toContain('DELETE /scim/v2/Users/{id}')
    const stopped = { role: 'account_admin', status: 'suspended' }
    expect(await acme.api.users.get({ params: { id: ada.id } })).toMatchObject(stopped)
    expect((await source.send(`GET /Users/${ada.id}`)).body.active).toBe(false)
    const back = await source.patch(`/Users/${ada.id}`, { op: 'replace', value: { active: true } })
    expect(back.status).toBe(403)
    expect(await acme.api.users.get({ params: { id: ada.id } })).toMatchObject(stopped)
  })
})

test('a token reaches as far as whoever answers for it by now: less when they are demoted, again when another rotates it', async () => {
  const acme = await openAccount(cockpit)
  const email = address()
  const { id } = await acme.api.users.create({ body: { email, name: 'Ada', role: 'account_admin', password } })
  const made = await (await browser(email))('POST /v1/scim/tokens', { name: 'Entra' })
  await acme.api.scim.setRules({ body: { items: [adminRule] } })
  const source = sender(cockpit, made.body.secret)
  const [first, second] = [await source.person(address()), await source.person(address())]
  const { id: group } = await source.group('Admins', [first.id])
  await acme.api.users.update({ params: { id }, body: { role: 'member' } })
  const add = (by: typeof source) =>
    by.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: second.id }] })
  expect((await add(source)).status).toBe(403)
  const { secret } = await acme.api.scim.rotateToken({ params: { id: made.body.id }, body: { graceSeconds: 0 } })
  expect((await add(sender(cockpit, secret))).status).toBe(200)
  expect(await acme.api.users.get({ params: { id: second.id } })).toMatchObject({ role: 'account_admin' })
})

test('a source stops whom it looks after also when whoever made its token is gone, but neither owners nor the last admin', async () => {
  const acme = await openAccount(cockpit)
  const email = address()
  const maker = await acme.api.users.create({ body: { email, name: 'Ada', role: 'account_admin', password } })
  const made = await (await browser(email))('POST /v1/scim/tokens', { name: 'Entra' })
  const source = sender(cockpit, made.body.secret)
  const leaver = await source.person(address())
  const owner = await source.person(address())
  const role = await acme.api.roles.create({ body: { name: 'Auditor', permissions: ['audit.read'] } })
  await acme.api.roleAssignments.create({ body: { principal: { kind: 'user', id: leaver.id }, role: role.id } })
  await acme.api.directoryPolicy.set({ body: { handEdits: ['role'] } })
  await acme.api.users.update({ params: { id: owner.id }, body: { role: 'owner' } })
  const key = await acme.api.keys.create({ body: { name: 'Own', owner: { kind: 'user', id: leaver.id } } })
  const models = async () =>
    (await cockpit.send('GET /v1/models', { headers: { authorization: `Bearer ${key.secret}` } })).status
  expect(await models()).toBe(200)
  await acme.api.users.remove({ params: { id: maker.id } })
  const body = { schemas: [], userName: address(), active: false, displayName: 'Gone' }
  expect((await source.send(`PUT /Users/${leaver.id}`, body)).status).toBe(200)
  const gone = await acme.api.users.get({ params: { id: leaver.id } })
  expect(gone).toMatchObject({ status: 'suspended', email: leaver.userName })
  await expect.poll(models, { timeout: 10_000 }).toBe(403)
  const back = await source.patch(`/Users/${leaver.id}`, { op: 'replace', value: { active: true } })
  expect(back.status).toBe(403)
  const owners = await source.patch(`/Users/${owner.id}`, { op: 'replace', value: { active: false } })
  expect(owners.status).toBe(403)
  expect(await acme.api.users.get({ params: { id: owner.id } })).toMatchObject({ role: 'owner', status: 'active' })
})

describe('on whose word a token stands', () => {
  const standing = async ({ api }: TestAccount, of: string) => {
    const { items } = await api.scim.tokens({ query: { limit: '100' } })
    return items.find(({ id }) => id === of)?.vouching
  }

  test('is shown with its maker, what it may give by now, and when it is less than it was', async () => {
    const acme = await openAccount(cockpit)
    const email = address()
    const { id } = await acme.api.users.create({ body: { email, name: 'Ada', role: 'account_admin', password } })
    const { body: made } = await (await browser(email))('POST /v1/scim/tokens', { name: 'Entra' })
    const by = { kind: 'user', id, name: 'Ada' }
    expect(made.vouching).toMatchObject({ by, since: made.createdAt, standing: 'full' })
    expect(made.vouching.roles).toContain('account_admin')
    expect(await standing(acme, made.id)).toEqual(made.vouching)
    await acme.api.users.update({ params: { id }, body: { role: 'member' } })
    const fewer = await standing(acme, made.id)
    expect(fewer).toMatchObject({ by, standing: 'less' })
    expect(fewer?.roles).toEqual(['team_admin', 'member', 'end_user'])
    await acme.api.users.remove({ params: { id } })
    expect(await standing(acme, made.id)).toMatchObject({ by, standing: 'gone', roles: fewer?.roles })
    await acme.api.scim.rotateToken({ params: { id: made.id }, body: { graceSeconds: 0 } })
    const again = await standing(acme, made.id)
    expect(again).toMatchObject({ by: { kind: 'master_key' }, standing: 'full' })
    expect(again?.roles).toContain('owner')
  })

  test('that nobody is known to have given is trusted about members and no further', async () => {
    const { acme, tokenId, ...source } = await openSource(cockpit)
    const ada = await source.person(address())
    await acme.api.scim.setRules({ body: { items: [adminRule] } })
    await cockpit.database.query('update scim_tokens set vouched_at = null where id = $1', [tokenId])
    const refused = await source.send('POST /Groups', { displayName: 'Admins', members: [{ value: ada.id }] })
    expect(refused.status).toBe(403)
    expect((await source.patch(`/Users/${ada.id}`, { op: 'replace', value: { active: false } })).status).toBe(200)
    expect(await standing(acme, tokenId)).toEqual({
      ...{ by: null, since: null, standing: 'unknown' },
      roles: ['team_admin', 'member', 'end_user'],
    })
    const { secret } = await acme.api.scim.rotateToken({ params: { id: tokenId }, body: { graceSeconds: 0 } })
    const { status } = await sender(cockpit, secret).send('POST /Groups', { displayName: 'Admins', members: [] })
    expect(status).toBe(201)
    expect(await standing(acme, tokenId)).toMatchObject({ standing: 'full' })
  })
})
