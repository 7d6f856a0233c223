import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issueKey, openAccount, password } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openSource, sender } from './source.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

let count = 0
const address = (name = 'p') => `${name}-${Date.now().toString(36)}-${count++}@example.com`
const missingId = 'usr_0190f5c27d7a7c3e8f00aa11bb22cc33'

describe('a source', () => {
  test('learns what this server can do', async () => {
    const { send } = await openSource(cockpit)
    expect((await send('GET /ServiceProviderConfig')).body).toMatchObject({
      patch: { supported: true },
      filter: { supported: true, maxResults: 200 },
      etag: { supported: true },
      bulk: { supported: false },
    })
    expect((await send('GET /ResourceTypes')).body.Resources.map(({ id }: { id: string }) => id)).toEqual([
      'User',
      'Group',
    ])
    const schema = encodeURIComponent('urn:ietf:params:scim:schemas:core:2.0:User')
    expect((await send(`GET /Schemas/${schema}`)).body.attributes.length).toBeGreaterThan(5)
    expect((await send('GET /Devices')).status).toBe(404)
  })

  test('without a token, with a made-up one or with a key of the gateway is nobody', async () => {
    const { acme } = await openSource(cockpit)
    const key = await issueKey(cockpit, acme)
    for (const secret of ['', 'scim_made_up', key.secret]) {
      const { status, body } = await sender(cockpit, secret).send('GET /Users')
      expect([status, body.status, body.schemas]).toEqual([401, '401', ['urn:ietf:params:scim:api:messages:2.0:Error']])
    }
  })

  test('is told in its own terms what is wrong with a request', async () => {
    const { send } = await openSource(cockpit)
    expect(await send('POST /Users', '{"userName":')).toMatchObject({ status: 400, body: { status: '400' } })
    expect(await send('POST /Users', '<a/>', { 'content-type': 'application/xml' })).toMatchObject({ status: 415 })
    expect(await send('POST /Users', { active: true })).toMatchObject({
      status: 400,
      body: { scimType: 'invalidValue', detail: expect.stringContaining('userName') },
    })
    expect(await send('POST /Users', { userName: 'no-address' })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('e-mail') },
    })
    expect((await send('POST /Users', { userName: 'x'.repeat(2_000_000) })).status).toBe(413)
  })

  test('reaches only the account of its token, and ids of another answer like missing ones', async () => {
    const [one, two] = [await openSource(cockpit), await openSource(cockpit)]
    const person = await two.person(address())
    const group = await two.group('Secret')
    const plain = (text: unknown, id: string) => JSON.stringify(text).replaceAll(id, '<id>')
    for (const [method, kind, id] of [
      ['GET', 'Users', person.id],
      ['DELETE', 'Users', person.id],
      ['GET', 'Groups', group.id],
      ['DELETE', 'Groups', group.id],
    ]) {
      const foreign = await one.send(`${method} /${kind}/${id}`)
      const missing = await one.send(`${method} /${kind}/${missingId}`)
      expect(foreign.status).toBe(404)
      expect(plain(foreign.body, id)).toBe(plain(missing.body, missingId))
    }
    expect((await one.send('GET /Users')).body.totalResults).toBe(0)
    // somebody of another account is nobody to put into a group
    const own = await one.group('Own', [person.id])
    expect(own.members).toEqual([])
  })

  test('stops with its token: revoked, expired, rotated after the grace, or of a suspended account', async () => {
    const { acme, send, tokenId, secret } = await openSource(cockpit)
    const { secret: second } = await acme.api.scim.rotateToken({ params: { id: tokenId }, body: { graceSeconds: 60 } })
    expect((await send('GET /Users')).status).toBe(200)
    expect((await sender(cockpit, second).send('GET /Users')).status).toBe(200)
    const { secret: third } = await acme.api.scim.rotateToken({ params: { id: tokenId }, body: { graceSeconds: 0 } })
    expect((await sender(cockpit, second).send('GET /Users')).status).toBe(401)
    expect((await sender(cockpit, secret).send('GET /Users')).status).toBe(401)
    await cockpit.as().accounts.setStatus({ params: { id: acme.id }, body: { status: 'suspended' } })
    expect((await sender(cockpit, third).send('GET /Users')).status).toBe(403)
    await cockpit.as().accounts.setStatus({ params: { id: acme.id }, body: { status: 'active' } })
    await acme.api.scim.revokeToken({ params: { id: tokenId } })
    expect((await sender(cockpit, third).send('GET /Users')).status).toBe(401)
  })

  test('opens no route of the API with its token', async () => {
    const { secret } = await openSource(cockpit)
    for (const line of ['GET /v1/users', 'GET /v1/scim/tokens', 'GET /v1/me/context', 'GET /v1/models'])
      expect((await cockpit.send(line, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401)
  })
})

describe('a person', () => {
  test('joins the account, is found by what the source knows, and keeps what Cockpit has no use for', async () => {
    const { acme, send, person } = await openSource(cockpit)
    const userName = address('Ada')
    const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
    const ada = await person(userName, {
      externalId: 'E1',
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      emails: [{ value: userName, type: 'work', primary: true }],
      [enterprise]: { department: 'Engines' },
      password: 'never kept',
    })
    expect(ada).toMatchObject({
      userName,
      externalId: 'E1',
      active: true,
      meta: { resourceType: 'User', version: 'W/"1"' },
    })
    expect(ada[enterprise]).toEqual({ department: 'Engines' })
    expect(JSON.stringify(ada)).not.toContain('never kept')
    for (const filter of [
      `userName eq "${userName.toUpperCase()}"`,
      `externalId eq "E1"`,
      `emails[type eq "work" and value eq "${userName.toLowerCase()}"]`,
      `emails.value co "${userName.slice(0, 12).toLowerCase()}" and active eq true`,
      `name.familyName sw "love" and not (active eq "False")`,
      `urn:ietf:params:scim:schemas:core:2.0:User:userName eq "${userName}"`,
    ]) {
      const { body } = await send(`GET /Users?filter=${encodeURIComponent(filter)}`)
      expect([filter, body.totalResults]).toEqual([filter, 1])
    }
    const user = (await acme.api.users.list({ query: { q: userName.toLowerCase() } })).items[0]
    expect(user).toMatchObject({ name: 'Ada Lovelace', role: 'end_user', status: 'active', source: 'scim' })
  })

  test('that nobody fits is an empty list, and a filter nobody can read is refused', async () => {
    const { send } = await openSource(cockpit)
    expect((await send('GET /Users?filter=userName%20eq%20%22nobody%22')).body).toMatchObject({
      totalResults: 0,
      Resources: [],
    })
    for (const filter of ['userName eq', 'shoeSize eq 4', 'active gt true', `userName eq "${'x'.repeat(2000)}"`])
      expect((await send(`GET /Users?filter=${encodeURIComponent(filter)}`)).body).toMatchObject({
        scimType: 'invalidFilter',
      })
  })

  test('is one of a page, which begins at 1 and is never larger than the server allows', async () => {
    const { send, person } = await openSource(cockpit)
    for (let i = 0; i < 3; i++) await person(address())
    const page = (await send('GET /Users?startIndex=2&count=1')).body
    expect(page).toMatchObject({ totalResults: 3, startIndex: 2, itemsPerPage: 1 })
    expect((await send('GET /Users?count=0')).body).toMatchObject({ totalResults: 3, Resources: [] })
    const slim = (await send('GET /Users?attributes=userName')).body.Resources[0]
    expect(Object.keys(slim).sort()).toEqual(['id', 'meta', 'schemas', 'userName'])
  })

  test('cannot be provisioned twice', async () => {
    const { send, person } = await openSource(cockpit)
    const userName = address()
    await person(userName)
    const again = await send('POST /Users', { userName })
    expect([again.status, again.body.scimType]).toEqual([409, 'uniqueness'])
  })

  test('who was in the account by hand is taken over as they are, and told so', async () => {
    const { acme, person } = await openSource(cockpit)
    const email = address()
    const before = await acme.api.users.create({ body: { email, name: 'Grace', role: 'billing_admin' } })
    const { id } = await person(email)
    expect(id).toBe(before.id)
    expect(await acme.api.users.get({ params: { id } })).toMatchObject({ source: 'scim', role: 'billing_admin' })
  })

  test('who was stopped here by hand is not let in by being taken over', async () => {
    const { acme, person } = await openSource(cockpit)
    const email = address()
    const { id } = await acme.api.users.create({ body: { email, name: 'Grace', role: 'member' } })
    await acme.api.users.update({ params: { id }, body: { status: 'suspended' } })
    expect((await person(email)).id).toBe(id)
    expect(await acme.api.users.get({ params: { id } })).toMatchObject({ source: 'scim', status: 'suspended' })
  })

  test('who was stopped here by hand stays so until the source stops them and lets them in again', async () => {
    const { acme, patch, person } = await openSource(cockpit)
    const { id } = await person(address())
    await acme.api.users.update({ params: { id }, body: { status: 'suspended' } })
    const status = async () => (await acme.api.users.get({ params: { id } })).status
    await patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'Dr' })
    expect(await status()).toBe('suspended')
    await patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false })
    await patch(`/Users/${id}`, { op: 'replace', path: 'active', value: true })
    expect(await status()).toBe('active')
  })

  test('is changed as Entra writes it: capitals, texts for booleans, values without a path', async () => {
    const { acme, patch, person, send } = await openSource(cockpit)
    const { id } = await person(address())
    await patch(`/Users/${id}`, { op: 'Replace', path: 'displayName', value: 'Ada King' })
    await patch(`/Users/${id}`, { op: 'Add', value: { 'name.givenName': 'Ada', title: 'Countess' } })
    const work = address('work')
    await patch(`/Users/${id}`, { op: 'Add', path: 'emails[type eq "work"].value', value: work })
    const now = (await send(`GET /Users/${id}`)).body
    expect(now).toMatchObject({ displayName: 'Ada King', title: 'Countess', name: { givenName: 'Ada' } })
    expect(now.emails).toEqual([{ type: 'work', value: work }])
    expect(await acme.api.users.get({ params: { id } })).toMatchObject({ name: 'Ada King', email: work })
    expect((await patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' })).body.active).toBe(false)
    expect(await acme.api.users.get({ params: { id } })).toMatchObject({ status: 'suspended' })
    expect((await patch(`/Users/${id}`, { op: 'Replace', value: { active: 'True' } })).body.active).toBe(true)
    expect(await acme.api.users.get({ params: { id } })).toMatchObject({ status: 'active' })
  })

  test.each([
    ['a path', { path: '__proto__.strangers', value: true }],
    ['a path through the constructor', { path: 'constructor.prototype.strangers', value: true }],
    ['a path with a filter', { path: 'emails[type eq "work"].__proto__.strangers', value: true }],
    ['a name without a path', { value: { '__proto__.strangers': true } }],
    ['a name within a value', { path: 'name', value: { 'constructor.prototype.strangers': true } }],
    ['a name within a list', { path: 'emails', value: [{ value: 'a@example.com', '__proto__.strangers': true }] }],
  ])('is not led to what all objects of the process share, by %s', async (_, operation) => {
    const { patch, person } = await openSource(cockpit)
    const { id } = await person(address())
    const { status, body } = await patch(`/Users/${id}`, { op: 'replace', ...operation })
    expect(({} as { strangers?: boolean }).strangers).toBeUndefined()
    expect([status, body.scimType]).toEqual([400, 'invalidPath'])
    expect((await cockpit.send('GET /v1/users')).status).toBe(401)
  })

  test('switched off loses sessions at once, and keys work no more', async () => {
    const { acme, patch, person } = await openSource(cockpit)
    const email = address()
    await acme.api.users.create({ body: { email, name: 'Alan', password } })
    const signedIn = await cockpit.send('POST /v1/sessions', { body: { email, password } })
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const { id } = await person(email)
    const key = await issueKey(cockpit, acme, { owner: { kind: 'user', id } })
    expect((await cockpit.send('GET /v1/sessions', { headers: { cookie } })).status).toBe(200)
    await patch(`/Users/${id}`, { op: 'replace', value: { active: false } })
    expect((await cockpit.send('GET /v1/sessions', { headers: { cookie } })).status).toBe(401)
    await expect
      .poll(
        async () =>
          (await cockpit.send('GET /v1/models', { headers: { authorization: `Bearer ${key.secret}` } })).status,
      )
      .toBe(403)
  })

  test('deleted leaves the account with their keys; who belongs elsewhere too stays there', async () => {
    const { acme, send, person } = await openSource(cockpit)
    const other = await openAccount(cockpit)
    const email = address()
    await other.api.users.create({ body: { email, name: 'Alan' } })
    expect(await person(email)).toMatchObject({ status: '409', detail: expect.stringContaining('invitation') })
    await acme.api.users.create({ body: { email, name: 'Alan' } })
    const { id } = await person(email, { displayName: 'Another name' })
    expect((await send(`DELETE /Users/${id}`)).status).toBe(204)
    expect((await send(`GET /Users/${id}`)).status).toBe(404)
    await expect(acme.api.users.get({ params: { id } })).rejects.toMatchObject({ code: 'user.not_found' })
    expect(await other.api.users.get({ params: { id } })).toMatchObject({ name: 'Alan', status: 'active' })
  })

  test('changed meanwhile is not overwritten by a source that says what it has seen', async () => {
    const { send, person } = await openSource(cockpit)
    const { id, userName } = await person(address())
    const seen = (await send(`GET /Users/${id}`)).headers.get('etag') ?? ''
    expect((await send(`GET /Users/${id}`, undefined, { 'if-none-match': seen })).status).toBe(304)
    expect((await send(`PUT /Users/${id}`, { userName, title: 'One' }, { 'if-match': seen })).status).toBe(200)
    expect((await send(`PUT /Users/${id}`, { userName, title: 'Two' }, { 'if-match': seen })).status).toBe(412)
  })

  test('who is the last admin is not switched off', async () => {
    const { acme, patch, person } = await openSource(cockpit)
    const { id } = await person(acme.email)
    const refused = await patch(`/Users/${id}`, { op: 'replace', value: { active: false } })
    expect(refused.status).toBe(409)
    expect(await acme.api.users.get({ params: { id } })).toMatchObject({ status: 'active', role: 'account_admin' })
  })
})

test('what a source asked and why it was refused is kept for the admin', async () => {
  const { acme, send, person } = await openSource(cockpit)
  await person(address())
  await send('GET /Users/nobody')
  const { items } = await acme.api.scim.requests()
  expect(items.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
    'GET /Users/nobody 404',
    'POST /Users 201',
  ])
  expect(items[0]).toMatchObject({ token: 'Entra', detail: expect.stringContaining('not found') })
  expect(await acme.api.scim.state()).toMatchObject({
    users: 1,
    activeUsers: 1,
    refused: 1,
    baseUrl: expect.stringContaining('/scim/v2'),
  })
})
