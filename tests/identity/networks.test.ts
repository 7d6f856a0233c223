/** Where people may come from. Addresses come by a trusted proxy on this machine, as they do behind a reverse proxy. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, issueKey, openAccount, password, signIn, type TestAccount } from '../support/account.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

type Headers = Record<string, string>
const office = '203.0.113.0/24'
const atOffice = { 'x-forwarded-for': '203.0.113.9' }
const elsewhere = { 'x-forwarded-for': '198.51.100.7' }
const path = '/v1/security/networks'
const list = (...networks: string[]) => networks.map((network) => ({ network, note: '' }))

const send = async (line: string, headers: Headers, body?: unknown) => {
  const answer = await cockpit.send(line, { headers, body })
  return { status: answer.status, body: answer.text === '' ? null : JSON.parse(answer.text) }
}
const asMaster = (account?: TestAccount): Headers => ({
  authorization: `Bearer ${masterKey}`,
  ...(account && { 'x-account-id': account.id }),
})
const restrict = async (account: TestAccount, body: object) => {
  const answer = await send(`PATCH ${path}`, asMaster(account), body)
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body
}
const signInFrom = (email: string, from: Headers, secret = password) =>
  cockpit.send('POST /v1/sessions', { body: { email, password: secret }, headers: from })
const eventsOf = ({ id }: TestAccount, name: string) =>
  cockpit.database.query<{ ip: string; before: object; after: Record<string, unknown>; actor: { id: string } }>(
    'select ip, before, after, actor from events where account_id = $1 and name = $2 order by seq',
    [id, name],
  )

describe('the people of an account', () => {
  test('are let in from everywhere until a list says otherwise, and then at once from its networks only', async () => {
    const acme = await openAccount(cockpit)
    const session = await signIn(cockpit, acme.email)
    expect((await send('GET /v1/teams', { ...session, ...elsewhere })).status).toBe(200)
    await restrict(acme, { people: list(office, '2001:db8::/32') })
    const refused = await send('GET /v1/teams', { ...session, ...elsewhere })
    expect(refused).toMatchObject({ status: 403, body: { type: 'network.not_allowed' } })
    expect(refused.body.detail).toContain('198.51.100.7')
    for (const from of ['203.0.113.9', '::ffff:203.0.113.9', '2001:db8::7'])
      expect((await send('GET /v1/teams', { ...session, 'x-forwarded-for': from })).status, from).toBe(200)
    await restrict(acme, { people: [] })
    expect((await send('GET /v1/teams', { ...session, ...elsewhere })).status).toBe(200)
  })

  test('learn nothing from elsewhere by signing in: a right password answers what a wrong one does', async () => {
    const acme = await openAccount(cockpit)
    await restrict(acme, { people: list(office) })
    const answers = [
      await signInFrom(acme.email, elsewhere),
      await signInFrom(acme.email, elsewhere, 'not the password'),
    ].map(({ status, text }) => ({ status, ...JSON.parse(text), requestId: '' }))
    expect(answers[0]).toMatchObject({ status: 401, type: 'auth.failed' })
    expect(answers[0]).toEqual(answers[1])
    expect((await signInFrom(acme.email, atOffice)).status).toBe(201)
  })

  test('whose password was right leave the true reason in the audit log of their account', async () => {
    const acme = await openAccount(cockpit)
    await restrict(acme, { people: list(office) })
    await signInFrom(acme.email, elsewhere)
    await eventually(async () => {
      const told = await eventsOf(acme, 'sign_in.failed')
      expect(told).toMatchObject([{ ip: '198.51.100.7', after: { code: 'network.not_allowed' } }])
    })
  })

  test('may sign out from anywhere', async () => {
    const acme = await openAccount(cockpit)
    const session = await signIn(cockpit, acme.email)
    await restrict(acme, { people: list(office) })
    expect((await send('GET /v1/me/context', { ...session, ...elsewhere })).status).toBe(403)
    expect((await send('DELETE /v1/sessions/current', { ...session, ...elsewhere })).status).toBe(204)
    expect((await send('GET /v1/me/context', { ...session, ...atOffice })).status).toBe(401)
  })

  test('are one event of a minute each that is refused, with the address it came from', async () => {
    const acme = await openAccount(cockpit)
    const session = await signIn(cockpit, acme.email)
    await restrict(acme, { people: list(office) })
    for (let tries = 0; tries < 5; tries++) await send('GET /v1/teams', { ...session, ...elsewhere })
    await eventually(async () => {
      const told = await eventsOf(acme, 'access.denied')
      expect(told).toMatchObject([
        {
          ip: '198.51.100.7',
          actor: { id: acme.admin.id },
          after: { code: 'network.not_allowed', route: 'GET /v1/teams' },
        },
      ])
    })
  })

  test('include service accounts, and not the keys, which are under the list of the gateway', async () => {
    const acme = await openAccount(cockpit)
    const { id } = await acme.api.serviceAccounts.create({ body: { name: 'Bot' } })
    const { secret } = await acme.api.clientCredentials.create({ params: { id }, body: { name: 'CI' } })
    const grant = await fetch(`${cockpit.url}/v1/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
    })
    const { access_token: token } = (await grant.json()) as { access_token: string }
    const key = await issueKey(cockpit, acme)
    const line = 'GET /v1/me/context'
    const of = async (bearer: string, from: Headers) =>
      (await send(line, { authorization: `Bearer ${bearer}`, ...from })).body.type
    await restrict(acme, { people: list(office) })
    expect(await of(token, elsewhere)).toBe('network.not_allowed')
    expect(await of(token, atOffice)).not.toBe('network.not_allowed')
    expect(await of(key.secret, elsewhere)).not.toBe('network.not_allowed')
    await restrict(acme, { people: [], gateway: list(office) })
    expect(await of(key.secret, elsewhere)).toBe('network.not_allowed')
    expect(await of(token, elsewhere)).not.toBe('network.not_allowed')
  })
})

describe('a list', () => {
  test('that would shut out the address it comes from is refused, unless it is forced', async () => {
    const acme = await openAccount(cockpit)
    const session = { ...(await signIn(cockpit, acme.email)), ...elsewhere }
    const refused = await send(`PATCH ${path}`, session, { people: list(office) })
    expect(refused).toMatchObject({ status: 409, body: { type: 'network.own_address' } })
    expect(refused.body.detail).toContain('198.51.100.7')
    expect((await send(`GET ${path}`, session)).body).toMatchObject({
      people: [],
      yourAddress: '198.51.100.7',
      bindsYou: true,
    })
    const forced = await send(`PATCH ${path}`, session, { people: list(office), force: true })
    expect(forced).toMatchObject({ status: 200, body: { people: list(office), gateway: [] } })
    expect((await send(`GET ${path}`, session)).status).toBe(403)
    expect((await send(`GET ${path}`, { ...session, ...atOffice })).status).toBe(200)
  })

  test('answers what is in force in one form, and its change stands in the audit log with what was before', async () => {
    const acme = await openAccount(cockpit)
    const given = ['203.0.113.7', '2001:DB8:0:0::/32', '::ffff:192.0.2.0/120', '::1.2.3.4']
    const kept = ['203.0.113.7/32', '2001:db8::/32', '192.0.2.0/24', '::102:304/128']
    expect((await restrict(acme, { gateway: list(...given) })).gateway).toEqual(list(...kept))
    await restrict(acme, { gateway: list(...given) })
    await restrict(acme, { gateway: list(office) })
    const told = await eventsOf(acme, 'security.networks_updated')
    expect(told).toMatchObject([
      { before: { gateway: [] }, after: { gateway: list(...kept) } },
      { before: { gateway: list(...kept) }, after: { gateway: list(office) } },
    ])
    expect(told[0]?.after).not.toHaveProperty('people')
  })

  test.each([
    ['no network', list('office'), '/people/0/network', 'neither an address nor a network'],
    ['bits beyond the prefix', list(office, '10.1.2.3/8'), '/people/1/network', '10.0.0.0/8 is the network it lies in'],
    ['one network twice', list('10.0.0.1', '::ffff:10.0.0.1'), '/people/1/network', 'is there twice'],
  ])('with %s is refused with the entry and a sentence', async (_, people, pointer, sentence) => {
    const acme = await openAccount(cockpit)
    const { status, body } = await send(`PATCH ${path}`, asMaster(acme), { people })
    expect({ status, pointer: body.errors?.[0]?.pointer }).toEqual({ status: 400, pointer })
    expect(body.errors[0].detail).toContain(sentence)
  })

  test('of the gateway is something the platform does not have', async () => {
    const { status, body } = await send(`PATCH ${path}`, asMaster(), { gateway: list(office) })
    expect({ status, pointer: body.errors?.[0]?.pointer }).toEqual({ status: 400, pointer: '/gateway' })
  })
})

describe('the platform', () => {
  const withList = async (people: object[], work: () => Promise<void>) => {
    expect((await send(`PATCH ${path}`, asMaster(), { people, force: true })).status).toBe(200)
    try {
      await work()
    } finally {
      expect((await send(`PATCH ${path}`, asMaster(), { people: [] })).status).toBe(200)
    }
  }

  test('binds the master key by its own list, and never on this machine; lists of accounts do not bind it', async () => {
    const acme = await openAccount(cockpit)
    await restrict(acme, { people: list('192.0.2.0/24') })
    await withList(list(office), async () => {
      const from = async (headers: Headers) => (await send('GET /v1/accounts', { ...asMaster(), ...headers })).status
      expect([await from(elsewhere), await from(atOffice), await from({})]).toEqual([403, 200, 200])
      expect((await send('GET /v1/teams', { ...asMaster(acme), ...atOffice })).status).toBe(200)
    })
  })

  test('binds its people wherever they act, also while they see the product as somebody of an account', async () => {
    const acme = await openAccount(cockpit)
    await restrict(acme, { people: list('192.0.2.0/24') })
    const email = `sam-${acme.tag}@example.com`
    await cockpit.as().platformPeople.add({ body: { email, name: 'Sam', role: 'super_admin', password } })
    const session = { ...(await signIn(cockpit, email)), 'x-account-id': acme.id }
    const seesFrom = async (from: Headers) => {
      const { body } = await send('GET /v1/me/context', { ...session, ...from })
      return body.type ?? body.principal.id
    }
    await withList(list(office), async () => {
      expect((await send('GET /v1/keys', { ...session, ...elsewhere })).body.type).toBe('network.not_allowed')
      const mask = { userId: acme.admin.id, reason: 'Ticket of the customer', ticket: 'T-1' }
      const started = await send('POST /v1/impersonations', { ...session, ...atOffice }, mask)
      expect(started.status, JSON.stringify(started.body)).toBe(201)
      expect(await seesFrom(atOffice)).toBe(acme.admin.id)
      expect(await seesFrom(elsewhere)).toBe('network.not_allowed')
      const fromElsewhere = await signInFrom(email, elsewhere)
      expect(JSON.parse(fromElsewhere.text).type).toBe('auth.failed')
    })
  })

  test('does not bind the people of accounts', async () => {
    const acme = await openAccount(cockpit)
    const session = await signIn(cockpit, acme.email)
    await withList(list(office), async () => {
      expect((await send('GET /v1/teams', { ...session, ...elsewhere })).status).toBe(200)
    })
  })
})

test('only a trusted proxy says where somebody comes from', async () => {
  const distrustful = await startCockpit({ COCKPIT_TRUSTED_PROXIES: '192.0.2.1' })
  try {
    const acme = await openAccount(distrustful)
    const key = await issueKey(distrustful, acme)
    await distrustful.as(acme.id).networks.update({ body: { people: list('127.0.0.0/8'), gateway: list(office) } })
    const asked = (headers: Headers) => distrustful.send('GET /v1/me/context', { headers })
    const session = await signIn(distrustful, acme.email)
    expect((await asked({ ...session, ...elsewhere })).status).toBe(200)
    await eventually(async () => {
      const headers = { authorization: `Bearer ${key.secret}`, ...atOffice }
      const answer = await distrustful.send('GET /v1/models', { headers })
      expect([answer.status, JSON.parse(answer.text).error?.code]).toEqual([403, 'network.not_allowed'])
    })
  } finally {
    await distrustful.stop()
  }
})
