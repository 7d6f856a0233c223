/** The provider of an account leads nobody higher than whoever wrote its settings. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, signIn } from '../support/account.ts'
import { openStage, type Stage, subject } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.stop())

type Account = Awaited<ReturnType<Stage['accountWithProvider']>>
const refusal = (location: string) => new URL(location, stage.publicUrl).searchParams.get('error')

/** A browser session of somebody of the account, and what it sends. */
const sender = async (email: string) => {
  const headers = await signIn(stage.cockpit, email)
  return async (line: string, body?: object) => {
    const { status, text } = await stage.cockpit.send(line, { headers, ...(body && { body }) })
    return { status, body: text === '' ? null : JSON.parse(text) }
  }
}

/** Somebody who may write the settings of sign-in, and nothing else that an admin may. */
const keeper = async ({ api, tag }: Account) => {
  const email = `keeper-${tag}@example.com`
  const { id } = await api.users.create({ body: { email, name: 'Keeper', role: 'member', password } })
  const role = await api.roles.create({ body: { name: 'Keeper', permissions: ['identity.read', 'identity.write'] } })
  await api.roleAssignments.create({ body: { principal: { kind: 'user', id }, role: role.id } })
  return { id, email, send: await sender(email) }
}

/** Comes in by the provider of the account as somebody it says has this e-mail, in these groups. */
const comeIn = async (acme: Account, email: string, groups: string[] = [], sub = subject()) => {
  stage.own.person({ sub, email, name: 'Ada' })
  stage.own.faults.idToken = (claims) => ({ ...claims, roles: groups, groups })
  const browser = stage.browser()
  const at = await stage.signIn(browser, sub, { accountId: acme.id })
  delete stage.own.faults.idToken
  return { browser, refused: refusal(at), sub }
}
const rolesIn = async (acme: Account, groups: string[]) => {
  const { browser } = await comeIn(acme, `p${subject()}@${acme.domain}`, groups)
  return (await stage.context(browser)).body.roles
}
const memberWith = async (acme: Account, role: 'member' | 'account_admin') => {
  const email = `${role.replace('_', '-')}@${acme.domain}`
  const { id } = await acme.api.users.create({ body: { email, name: 'Ada', role, password } })
  return { id, email }
}

describe('a name that no mapping names', () => {
  test.each(['admin', 'account_admin', 'org_admin', 'tenant_admin', 'owner', 'billing_admin', 'copilot_org_admin'])(
    'gives nothing, whatever it means elsewhere: %s',
    async (name) => {
      const acme = await stage.accountWithProvider()
      expect(await rolesIn(acme, [name])).toEqual(['end_user'])
    },
  )

  test('gives membership at most, also from a provider of the kind of the installation’s', async () => {
    const acme = await stage.accountWithProvider()
    expect(await rolesIn(acme, ['member', 'account_admin'])).toEqual(['member'])
    await acme.api.sso.set({ body: { kind: 'zitadel' } })
    const sub = subject()
    const org = `org-${acme.tag}`
    const roles = { account_admin: { [org]: 'x' }, copilot_org_admin: { [org]: 'x' } }
    stage.own.person({ sub, email: `z@${acme.domain}`, name: 'Zoe', org: { id: org, name: 'A', domain: 'a' }, roles })
    const browser = stage.browser()
    await stage.signIn(browser, sub, { accountId: acme.id })
    expect((await stage.context(browser)).body.roles).toEqual(['end_user'])
  })
})

describe('whoever may write the settings of sign-in and no more', () => {
  test('lets no name mean a role above their own, nor leads one that does elsewhere, nor takes it', async () => {
    const acme = await stage.accountWithProvider()
    const { send } = await keeper(acme)
    for (const role of ['account_admin', 'copilot_admin', 'console_admin', 'billing_admin']) {
      const { status, body } = await send('POST /v1/sso', { claims: { roleMap: { x: role } } })
      expect([role, status, body.type]).toEqual([role, 403, 'access.denied'])
    }
    expect((await send('POST /v1/sso', { claims: { roleMap: { x: 'member' } } })).status).toBe(200)
    await acme.api.sso.set({ body: { claims: { roleMap: { admins: 'account_admin' } } } })
    const elsewhere = [
      { issuer: 'https://evil.example.com' },
      { clientId: 'another' },
      { claims: { roles: 'hobbies' } },
      { claims: { roleMap: {} } },
    ]
    for (const body of elsewhere) expect((await send('POST /v1/sso', body)).body.type).toBe('access.denied')
    expect((await acme.api.sso.get()).claims.roleMap).toEqual({ admins: 'account_admin' })
  })

  test('cannot come in as somebody who may do more, until somebody who may as much saves the settings', async () => {
    const acme = await stage.accountWithProvider()
    const [member, boss] = [await memberWith(acme, 'member'), await memberWith(acme, 'account_admin')]
    const { send } = await keeper(acme)
    expect((await send('POST /v1/sso', { claims: { roles: 'hobbies' } })).status).toBe(200)
    expect((await comeIn(acme, member.email)).refused).toBeNull()
    const refused = await comeIn(acme, boss.email)
    expect(refused.refused).toBe('not_vouched')
    expect((await stage.context(refused.browser)).body).not.toHaveProperty('principal.id')
    const linked = 'select 1 from user_identities where user_id = $1'
    expect(await stage.cockpit.database.query(linked, [boss.id])).toEqual([])
    expect((await send('POST /v1/sso', {})).status, 'saving it themselves again changes nothing').toBe(200)
    expect((await comeIn(acme, boss.email)).refused).toBe('not_vouched')
    expect((await (await sender(boss.email))('POST /v1/sso', {})).status).toBe(200)
    const came = await comeIn(acme, boss.email)
    expect(came.refused).toBeNull()
    expect((await stage.context(came.browser)).body.principal.id).toBe(boss.id)
  })

  test('takes from nobody what it is believed about by what people are called, nor the only way in from the admins', async () => {
    const acme = await stage.accountWithProvider()
    const [boss, warden] = [await memberWith(acme, 'account_admin'), await memberWith(acme, 'member')]
    const permissions = ['identity.read', 'identity.write'] as const
    const role = await acme.api.roles.create({ body: { name: 'Keeper', permissions: [...permissions] } })
    const principal = { kind: 'user' as const, id: warden.id }
    await acme.api.roleAssignments.create({ body: { principal, role: role.id } })
    const { sub } = await comeIn(acme, boss.email)
    await acme.api.sso.set({ body: { required: true } })
    const { browser } = await comeIn(acme, warden.email)
    const save = async (body: object) => {
      const answer = await stage.post(browser, '/v1/sso', body)
      return [answer.status, ((await answer.json()) as { type?: string }).type]
    }
    expect(await save({ claims: { name: 'nickname' } })).toEqual([200, undefined])
    expect((await comeIn(acme, boss.email, [], sub)).refused).toBeNull()
    expect(await save({ claims: { roles: 'hobbies' } })).toEqual([409, 'sso.lockout'])
    const came = await comeIn(acme, boss.email, [], sub)
    expect((await stage.context(came.browser)).body.principal.id).toBe(boss.id)
    expect((await stage.post(came.browser, '/v1/sso', { claims: { roles: 'hobbies' } })).status).toBe(200)
  })

  test('is no longer believed about somebody who rises, by a new sign-in, an open session or a token', async () => {
    const acme = await stage.accountWithProvider()
    const ada = await memberWith(acme, 'member')
    const { send } = await keeper(acme)
    await send('POST /v1/sso', { claims: { roles: 'hobbies' } })
    const { sub, browser } = await comeIn(acme, ada.email)
    const clientId = `cockpit-${acme.tag}`
    const me = async () => {
      const person = stage.own.person({ sub, email: ada.email, name: 'Ada' })
      const token = await stage.own.token({ person, clientId, audience: clientId })
      return (await stage.cockpit.send('GET /v1/me/context', { headers: { authorization: `Bearer ${token}` } })).status
    }
    expect([await me(), (await stage.context(browser)).status]).toEqual([200, 200])
    await acme.api.users.update({ params: { id: ada.id }, body: { role: 'account_admin' } })
    expect((await comeIn(acme, ada.email, [], sub)).refused).toBe('not_vouched')
    expect([await me(), (await stage.context(browser)).status]).toEqual([401, 401])
    expect((await (await sender(ada.email))('POST /v1/sso', {})).status).toBe(200)
    expect((await stage.context(browser)).status, 'somebody who may as much answers for it').toBe(200)
  })

  test('cannot come in as somebody of the platform who is a member', async () => {
    const acme = await stage.accountWithProvider()
    const email = `sam@${acme.domain}`
    await stage.cockpit.as().platformPeople.add({ body: { email, name: 'Sam', role: 'support', password } })
    await acme.api.users.create({ body: { email, name: 'Sam', role: 'end_user' } })
    const { send } = await keeper(acme)
    await send('POST /v1/sso', { claims: { roles: 'hobbies' } })
    expect((await comeIn(acme, email)).refused).toBe('not_vouched')
  })

  test('takes the only way in from no admin whom a role beside their membership makes one', async () => {
    const acme = await stage.accountWithProvider()
    // whoever is an admin by membership is of the platform, and needs it not
    await stage.cockpit
      .as()
      .platformPeople.add({ body: { email: acme.email, name: 'Pat', role: 'super_admin', password } })
    const [ada, warden] = [await memberWith(acme, 'member'), `warden@${acme.domain}`]
    const { id: wim } = await acme.api.users.create({ body: { email: warden, name: 'Wim', role: 'member' } })
    const keeps = await acme.api.roles.create({
      body: { name: 'Keeper', permissions: ['identity.read', 'identity.write'] },
    })
    await acme.api.roleAssignments.create({ body: { principal: { kind: 'user', id: wim }, role: keeps.id } })
    await stage.cockpit.database.query(
      'update sso_configs set required = true, admin_signed_in_at = now() where account_id = $1',
      [acme.id],
    )
    const principal = { kind: 'user' as const, id: ada.id }
    const role = 'account_admin'
    const { id } = await acme.api.roleAssignments.create({ body: { principal, role } })
    const { browser } = await comeIn(acme, warden)
    const save = async (body: object) => {
      const answer = await stage.post(browser, '/v1/sso', body)
      return [answer.status, ((await answer.json()) as { type?: string }).type]
    }
    expect(await save({ claims: { name: 'nickname' } }), 'nobody is believed about less by this').toEqual([
      200,
      undefined,
    ])
    expect(await save({ claims: { roles: 'hobbies' } })).toEqual([409, 'sso.lockout'])
    await acme.api.roleAssignments.end({ params: { id } })
    expect(await save({ claims: { roles: 'hobbies' } })).toEqual([200, undefined])
  })
})

test('an admin by a role beside their membership shows that admins come in by the provider; one for an hour does not', async () => {
  const acme = await stage.accountWithProvider()
  const [ada, bob] = [await memberWith(acme, 'member'), { email: `bob@${acme.domain}` }]
  const { id } = await acme.api.users.create({ body: { email: bob.email, name: 'Bob', role: 'member' } })
  const role = 'account_admin'
  const give = (user: string, expiresAt: string | null) =>
    acme.api.roleAssignments.create({ body: { principal: { kind: 'user', id: user }, role, expiresAt } })
  await give(id, new Date(Date.now() + 3_600_000).toISOString())
  await give(ada.id, null)
  expect((await comeIn(acme, bob.email)).refused).toBeNull()
  expect((await acme.api.sso.get()).adminSignedInAt).toBeNull()
  expect((await comeIn(acme, ada.email)).refused).toBeNull()
  expect((await acme.api.sso.get()).adminSignedInAt).not.toBeNull()
  expect(await acme.api.sso.set({ body: { required: true } })).toMatchObject({ required: true })
})
