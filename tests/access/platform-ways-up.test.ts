/** Who has a role of the platform, and tries to get higher, or to somebody higher, with what they may. */
import { randomBytes } from 'node:crypto'
import { type Permission, rolePermissions } from '@cockpit/contract/permissions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, signIn } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const unique = (domain = 'example.com') => `p-${randomBytes(4).toString('hex')}@${domain}`

/** Somebody of the platform, with these permissions beside by a custom role, for good or until then. */
const staff = async (
  role: 'platform_operator' | 'support',
  permissions: readonly Permission[] = [],
  expiresAt?: string,
) => {
  const platform = cockpit.as()
  const email = unique('platform.example')
  const { id } = await platform.platformPeople.add({ body: { email, name: 'Sam', role, password } })
  if (permissions.length > 0) {
    const made = await platform.roles.create({ body: { name: email, permissions: [...permissions] } })
    const principal = { kind: 'user' as const, id }
    await platform.roleAssignments.create({ body: { principal, role: made.id, ...(expiresAt ? { expiresAt } : {}) } })
  }
  const headers = await signIn(cockpit, email)
  const send = async (line: string, body?: object) => {
    const { status, text } = await cockpit.send(line, { headers, body })
    return { status, body: text === '' ? null : JSON.parse(text) }
  }
  return { id, send }
}

const accountWithAdmin = (adminEmail = unique()) => {
  const name = `New ${randomBytes(4).toString('hex')}`
  return { name, adminEmail, adminName: 'Eve', adminPassword: password }
}
const isProven = async (email: string) =>
  (
    await cockpit.database.query('select email_verified_at is not null as proven from users where email = $1', [email])
  )[0]

describe('the first admin of a new account', () => {
  const adminsPermissions = [...rolePermissions.account_admin]
  const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()
  test.each([
    ['an operator', () => staff('platform_operator')],
    ['a custom role of the platform with account.write', () => staff('support', ['account.write'])],
    ['who has what an admin may for an hour', () => staff('platform_operator', adminsPermissions, inAnHour())],
  ])('is not made by %s, who makes the account without one for a super admin to add', async (_who, person) => {
    const { send } = await person()
    const { name, adminEmail, ...admin } = accountWithAdmin()
    const refused = await send('POST /v1/accounts', { name, adminEmail, ...admin })
    expect(refused).toMatchObject({ status: 403, body: { type: 'access.denied' } })
    expect(refused.body.detail).toContain('Make the account without an administrator; a super admin then adds one.')
    expect(await isProven(adminEmail)).toBeUndefined()
    const made = await send('POST /v1/accounts', { name })
    expect(made.status).toBe(201)
    const body = { email: adminEmail, name: 'Eve', role: 'account_admin' as const, password }
    expect(await cockpit.as(made.body.id).users.create({ body })).toMatchObject({ role: 'account_admin' })
  })

  test('has an e-mail that is proven by a super admin, not by an operator where another account runs the domain', async () => {
    const acme = await openStage(cockpit)
    const domain = `${acme.tag}.example.net`
    await cockpit.database.query(
      `insert into account_domains (account_id, domain, token, verified_at, created_at) values ($1, $2, 'x', now(), now())`,
      [acme.id, domain],
    )
    const { send } = await staff('platform_operator', adminsPermissions)
    const [theirs, free, supers] = [unique(domain), unique(), unique(domain)]
    expect((await send('POST /v1/accounts', accountWithAdmin(theirs))).status).toBe(201)
    expect((await send('POST /v1/accounts', accountWithAdmin(free))).status).toBe(201)
    await cockpit.as().accounts.create({ body: accountWithAdmin(supers) })
    expect([await isProven(theirs), await isProven(free), await isProven(supers)]).toEqual([
      { proven: false },
      { proven: true },
      { proven: true },
    ])
    // Acme gets a person of its own by the address: the password that the operator chose opens nothing there
    await cockpit.as(acme.id).users.create({ body: { email: theirs, name: 'Real', role: 'member' } })
    expect((await cockpit.send('POST /v1/sessions', { body: { email: theirs, password } })).status).toBe(401)
  })
})

test('somebody of the platform gives no other role to a person who may do more by a role beside it', async () => {
  const sam = await staff('platform_operator', ['access.write'])
  const [higher, plain] = [await staff('support', ['account.delete']), await staff('support')]
  const role = 'platform_operator'
  const refused = await sam.send(`PATCH /v1/platform-people/${higher.id}`, { role })
  expect(refused).toMatchObject({ status: 403, body: { type: 'access.denied' } })
  expect(await sam.send(`PATCH /v1/platform-people/${plain.id}`, { role })).toMatchObject({
    status: 200,
    body: { role },
  })
  expect(await cockpit.as().platformPeople.update({ params: { id: higher.id }, body: { role } })).toMatchObject({
    role,
  })
})
