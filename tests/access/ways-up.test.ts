/** Who holds one permission alone, in a role made for them, and tries to get at more with it. */
import { randomBytes } from 'node:crypto'
import type { Permission } from '@cockpit/contract/permissions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, signIn } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage, type Stage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

/** A member with these permissions beside. */
const holder = async ({ boss, person }: Stage, ...permissions: Permission[]) => {
  const ada = await person('member')
  const name = `Only ${permissions.join(' ')}`.slice(0, 80)
  const role = (await boss('POST /v1/roles', { name, permissions })).body
  const given = await boss('POST /v1/role-assignments', { principal: { kind: 'user', id: ada.id }, role: role.id })
  expect(given.status).toBe(201)
  return { ...ada, role }
}

describe('identity.write of the platform alone', () => {
  test('arranges nothing at Zitadel, where it could make admins and super admins', async () => {
    const stage = await openStage(cockpit)
    const platform = cockpit.as()
    const email = `sam-${randomBytes(4).toString('hex')}@example.com`
    const { id } = await platform.platformPeople.add({ body: { email, name: 'Sam', role: 'support', password } })
    const name = `Identity ${stage.tag}`
    const role = await platform.roles.create({ body: { name, permissions: ['identity.read', 'identity.write'] } })
    await platform.roleAssignments.create({ body: { principal: { kind: 'user', id }, role: role.id } })
    const send = stage.sender(await signIn(cockpit, email))
    expect((await send('GET /v1/super/zitadel/onboarding-defaults')).status).toBe(200)
    const at = `/v1/accounts/${stage.id}/zitadel`
    const acts: [string, object][] = [
      [`PUT ${at}/config`, { organizationId: '1', projectId: '2' }],
      [`POST ${at}/provision/user-grant`, { userId: '3', roleKeys: ['super_admin'], organizationId: '9' }],
      [`POST ${at}/provision/project-role`, { key: 'x', displayName: 'X' }],
      [`POST ${at}/provision/sync-roles`, {}],
      [`POST ${at}/provision/sync-admin-grants`, {}],
      [`POST ${at}/provision/bootstrap`, {}],
      [`PUT ${at}/user-links`, { email: stage.email, zitadelUserId: '3' }],
    ]
    for (const [line, body] of acts) {
      const { status, body: told } = await send(line, body)
      expect([line, status, told.type]).toEqual([line, 403, 'access.denied'])
    }
  })
})

describe('an admin for an hour', () => {
  test('keeps nothing when the hour is over: gives nobody, nor themselves, what outlasts it', async () => {
    const stage = await openStage(cockpit)
    const { boss } = stage
    const [ada, bob] = [await holder(stage, 'audit.read'), await stage.person('member')]
    const principal = { kind: 'user', id: ada.id }
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const role = 'account_admin'
    expect((await boss('POST /v1/role-assignments', { principal, role, expiresAt })).status).toBe(201)
    const bot = (await boss('POST /v1/service-accounts', { name: 'Bot' })).body
    const ofBot = { kind: 'service_account', id: bot.id }
    await boss('POST /v1/role-assignments', { principal: ofBot, role })
    const email = () => `x-${randomBytes(4).toString('hex')}@example.com`
    const later = new Date(Date.now() + 7_200_000).toISOString()
    const twin = (await boss('POST /v1/roles', { name: 'Next', permissions: ['provider.write'] })).body
    const tries: [string, object?][] = [
      ['POST /v1/role-assignments', { principal, role: 'console_admin' }],
      ['POST /v1/role-assignments', { principal: { kind: 'user', id: bob.id }, role, expiresAt: later }],
      [`PATCH /v1/users/${ada.id}`, { role }],
      [`PATCH /v1/users/${bob.id}`, { role }],
      ['POST /v1/users', { email: email(), name: 'X', role, password }],
      ['POST /v1/invites', { emails: [email()], role }],
      [`PATCH /v1/roles/${ada.role.id}`, { permissions: ['audit.read', 'access.write'] }],
      [`DELETE /v1/roles/${ada.role.id}?replacement=${twin.id}`],
      ['POST /v1/sso', { claims: { roleMap: { admins: role } } }],
      ['PUT /v1/scim/rules', { items: [{ match: 'A', gives: { kind: 'role', role } }] }],
      [`POST /v1/service-accounts/${bot.id}/credentials`, { name: 'Mine' }],
      [`POST /v1/users/${stage.admin.id}/password-reset`, {}],
    ]
    for (const [line, body] of tries) {
      const answer = await ada.send(line, body)
      expect([line, answer.status, answer.body?.type]).toEqual([line, 403, 'access.denied'])
    }
    const within = new Date(Date.now() + 1_800_000).toISOString()
    const given = { principal: { kind: 'user', id: bob.id }, role, expiresAt: within }
    expect((await ada.send('POST /v1/role-assignments', given)).status, 'for less than the hour').toBe(201)
    expect((await ada.send('POST /v1/users', { email: email(), name: 'Y', role: 'member' })).status).toBe(201)
    expect((await ada.send(`PATCH /v1/users/${bob.id}`, { status: 'suspended' })).status, 'stops people').toBe(200)
  })
})

describe('an admin for an hour leaves nothing behind that goes on', () => {
  const url = 'https://siem.example.com/in'
  /** Ada has the hour; the things that are there already are the boss's, and go on. */
  const arrange = async () => {
    const stage = await openStage(cockpit)
    const { boss, person } = stage
    const [ada, bob] = [await person('member'), await person('account_admin')]
    const end = new Date(Date.now() + 3_600_000).toISOString()
    const hour = { principal: { kind: 'user', id: ada.id }, role: 'account_admin', expiresAt: end }
    expect((await boss('POST /v1/role-assignments', hour)).status).toBe(201)
    const made = async (line: string, body: object) => {
      const { status, body: told } = await boss(line, body)
      expect([line, status]).toEqual([line, 201])
      return String(told.id)
    }
    const bot = await made('POST /v1/service-accounts', { name: 'Bot' })
    const owner = { kind: 'service_account', id: bot }
    const frozen = { subject: { kind: 'role', id: 'end_user' }, permissions: ['provider.write'], reason: 'Frozen' }
    return {
      ...{ stage, boss, ada, bob, end, bot, owner, frozen },
      key: await made('POST /v1/keys', { name: 'Of the bot', owner }),
      token: await made('POST /v1/scim/tokens', { name: 'Entra' }),
      destination: await made('POST /v1/audit/destinations', { name: 'Siem', url }),
      exporter: await made('POST /v1/exporters', { name: 'Trace', kind: 'otlp', url }),
      rule: await made('POST /v1/deny-rules', frozen),
      hold: await made('POST /v1/audit/holds', { reason: 'A case' }),
      domain: await made('POST /v1/sso/domains', { domain: `${stage.tag}.example.com` }),
    }
  }
  type Scene = Awaited<ReturnType<typeof arrange>>

  const ways: [string, (scene: Scene) => [string, object?]][] = [
    ['a token of a directory', () => ['POST /v1/scim/tokens', { name: 'Mine' }]],
    ['the new secret of one', ({ token }) => [`POST /v1/scim/tokens/${token}/rotate`, {}]],
    ['an audit destination', () => ['POST /v1/audit/destinations', { name: 'Mine', url }]],
    ['one started again', ({ destination }) => [`PATCH /v1/audit/destinations/${destination}`, { status: 'active' }]],
    ['the secret that signs for one', ({ destination }) => [`POST /v1/audit/destinations/${destination}/rotate`]],
    ['an exporter', () => ['POST /v1/exporters', { name: 'Mine', kind: 'otlp', url }]],
    ['one that sends texts', ({ exporter }) => [`PATCH /v1/exporters/${exporter}`, { content: 'whole' }]],
    ['a key of a program', ({ owner }) => ['POST /v1/keys', { name: 'Mine', owner }]],
    [
      'a key of somebody',
      ({ stage }) => ['POST /v1/keys', { name: 'Mine', owner: { kind: 'user', id: stage.admin.id } }],
    ],
    ['the new secret of a key', ({ key }) => [`POST /v1/keys/${key}/rotate`, {}]],
    ['a credential of a program', ({ bot }) => [`POST /v1/service-accounts/${bot}/credentials`, { name: 'Mine' }]],
    ['a provider that gives no role', () => ['POST /v1/sso', { issuer: 'https://id.example.com', clientId: 'c' }]],
    ['a deny rule', ({ frozen }) => ['POST /v1/deny-rules', frozen]],
    ['a lifted deny rule', ({ rule }) => [`DELETE /v1/deny-rules/${rule}`]],
    ['that others may act as people here', () => ['PUT /v1/access-settings', { impersonation: 'allowed' }]],
    ['what is asked of sign-ins', () => ['PATCH /v1/security', { sessionIdleMinutes: 43_200 }]],
    ['where people may come from', () => ['PATCH /v1/security/networks', { gateway: [{ network: '0.0.0.0/0' }] }]],
    ['a shorter memory of the audit log', () => ['PUT /v1/audit/retention', { days: 30 }]],
    ['a released hold', ({ hold }) => [`POST /v1/audit/holds/${hold}/release`]],
    ['what is changed by hand', () => ['PUT /v1/directory-policy', { handEdits: ['role'] }]],
    ['a domain of the account', ({ domain }) => [`POST /v1/sso/domains/${domain}/verify`]],
    ['a suspended admin back', ({ bob }) => [`PATCH /v1/users/${bob.id}`, { status: 'active' }]],
  ]
  test('neither what sends or lets in by itself, nor a secret, nor a rule, nor a person', async () => {
    const scene = await arrange()
    const { ada, bob, boss, destination } = scene
    expect((await ada.send(`PATCH /v1/audit/destinations/${destination}`, { status: 'paused' })).status).toBe(200)
    expect((await ada.send(`PATCH /v1/users/${bob.id}`, { status: 'suspended' })).status).toBe(200)
    for (const [what, way] of ways) {
      const { status, body } = await ada.send(...way(scene))
      expect([what, status, body?.detail]).toEqual([what, 403, expect.stringMatching(/^You have '.*' until /)])
    }
    expect((await boss('GET /v1/scim/tokens')).body.total).toBe(1)
    expect((await boss(`GET /v1/users/${bob.id}`)).body.status).toBe('suspended')
    expect((await boss('GET /v1/access-settings')).body.impersonation).toBe('read_only')
    const stops: [string, object][] = [
      ['PUT /v1/access-settings', { impersonation: 'forbidden' }],
      ['PUT /v1/audit/retention', { days: null }],
    ]
    for (const [line, body] of stops) expect([line, (await ada.send(line, body)).status]).toEqual([line, 200])
  })

  test('what ends with the hour they make, and cannot make last; what is their own stays theirs', async () => {
    const { ada, owner, frozen, end, rule, bob } = await arrange()
    const expiresAt = end
    expect((await ada.send('POST /v1/scim/tokens', { name: 'Mine', expiresAt })).status).toBe(201)
    const key = await ada.send('POST /v1/keys', { name: 'Mine', owner, expiresAt })
    expect(key.status).toBe(201)
    expect((await ada.send(`PATCH /v1/keys/${key.body.id}`, { expiresAt: null })).status).toBe(403)
    const own = await ada.send('POST /v1/deny-rules', { ...frozen, expiresAt })
    expect(own.status).toBe(201)
    expect((await ada.send(`DELETE /v1/deny-rules/${own.body.id}`)).status).toBe(204)
    expect((await ada.send(`DELETE /v1/deny-rules/${rule}`)).status).toBe(403)
    expect((await ada.send('POST /v1/keys', { name: 'Own' })).status).toBe(201)
    expect((await ada.send(`PATCH /v1/users/${bob.id}`, { status: 'suspended' })).status).toBe(200)
  })
})

describe('audit.manage alone', () => {
  test('sends itself neither the audit log nor the calls of everybody', async () => {
    const stage = await openStage(cockpit)
    const { send } = await holder(stage, 'audit.manage')
    const url = 'https://siem.example.com/in'
    const audit = await send('POST /v1/audit/destinations', { name: 'Mine', url })
    expect([audit.status, audit.body.type]).toEqual([403, 'access.denied'])
    const calls = await send('POST /v1/exporters', { name: 'Mine', kind: 'otlp', url })
    expect([calls.status, calls.body.type]).toEqual([403, 'access.denied'])
    expect((await stage.boss('GET /v1/exporters')).body.total).toBe(0)
    expect((await stage.boss('GET /v1/audit/destinations')).body.total).toBe(0)
  })

  test('with the figures of everybody sends those, and no texts without content.read', async () => {
    const stage = await openStage(cockpit)
    const { send } = await holder(stage, 'audit.manage', 'usage.read')
    const exporter = { name: 'Mine', kind: 'otlp', url: 'https://otlp.example.com' }
    const texts = await send('POST /v1/exporters', { ...exporter, content: 'masked' })
    expect([texts.status, texts.body.type]).toEqual([403, 'access.denied'])
    const figures = await send('POST /v1/exporters', exporter)
    expect(figures.status).toBe(201)
    const more = await send(`PATCH /v1/exporters/${figures.body.id}`, { content: 'whole' })
    expect([more.status, more.body.type]).toEqual([403, 'access.denied'])
    // what others chose it may still end
    const whole = (await stage.boss('POST /v1/exporters', { ...exporter, name: 'Whole', content: 'whole' })).body
    expect((await send(`PATCH /v1/exporters/${whole.id}`, { status: 'paused' })).status).toBe(200)
    expect((await send(`PATCH /v1/exporters/${whole.id}`, { status: 'active' })).status).toBe(403)
  })
})

describe('directory.write alone', () => {
  test('makes nobody more than themselves: by hand, from a file, in bulk, by invitation, of oneself or another', async () => {
    const stage = await openStage(cockpit)
    const ada = await holder(stage, 'directory.read', 'directory.write')
    const bob = await stage.person('member')
    const email = () => `x-${randomBytes(4).toString('hex')}@example.com`
    const tries: [string, object?][] = [
      ['POST /v1/users', { email: email(), name: 'X', role: 'account_admin', password }],
      [`PATCH /v1/users/${ada.id}`, { role: 'account_admin' }],
      [`PATCH /v1/users/${bob.id}`, { role: 'console_admin' }],
      ['POST /v1/invites', { emails: [email()], role: 'account_admin' }],
      [`POST /v1/users/${stage.admin.id}/password-reset`, {}],
      [`PATCH /v1/users/${stage.admin.id}`, { status: 'suspended' }],
      [`DELETE /v1/users/${stage.admin.id}`],
      ['POST /v1/role-assignments', { principal: { kind: 'user', id: ada.id }, role: 'account_admin' }],
    ]
    for (const [line, body] of tries) expect([line, (await ada.send(line, body)).status]).toEqual([line, 403])
    const act = { kind: 'role', role: 'account_admin' }
    const bulk = (await ada.send('POST /v1/users/bulk', { userIds: [ada.id, bob.id], act })).body
    expect([bulk.changed, bulk.skipped]).toEqual([0, 2])
    const csv = `email,role\n${ada.email},account_admin\n${email()},owner\n`
    const file = (await ada.send('POST /v1/users/import', { csv, onError: 'skip' })).body
    expect([file.created, file.updated, file.errors]).toEqual([0, 0, 2])
    const { items } = (await stage.boss('GET /v1/users?role=account_admin')).body
    expect(items.map(({ id }: { id: string }) => id)).toEqual([stage.admin.id])
  })

  const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
  const higher: [string, (teamId: string) => object][] = [
    ['for the whole account', () => ({ role: 'account_admin' })],
    ['for a team', (id) => ({ role: 'team_admin', scope: { type: 'team', id } })],
    ['from later on', () => ({ role: 'account_admin', startsAt: inAnHour })],
  ]
  test.each(higher)('does nothing with a program that may do more %s', async (_, given) => {
    const stage = await openStage(cockpit)
    const { boss } = stage
    const ada = await holder(stage, 'directory.read', 'directory.write')
    const team = (await boss('POST /v1/teams', { name: 'Support' })).body
    const bot = (await boss('POST /v1/service-accounts', { name: 'Bot' })).body
    const at = `/v1/service-accounts/${bot.id}`
    const principal = { kind: 'service_account', id: bot.id }
    expect((await boss('POST /v1/role-assignments', { principal, ...given(team.id) })).status).toBe(201)
    const made = (await boss(`POST ${at}/credentials`, { name: 'Theirs' })).body
    const acts: [string, object?][] = [
      [`PATCH ${at}`, { name: 'Mine' }],
      [`PATCH ${at}`, { teamId: team.id }],
      [`POST ${at}/credentials`, { name: 'Mine' }],
      [`DELETE ${at}/credentials/${made.id}`],
      [`DELETE ${at}`],
    ]
    for (const [line, body] of acts) {
      const answer = await ada.send(line, body)
      expect([line, answer.status, answer.body?.type]).toEqual([line, 403, 'access.denied'])
    }
    expect((await boss(`GET ${at}`)).body).toMatchObject({ name: 'Bot', teamId: null })
    expect((await boss(`GET ${at}/credentials`)).body.items).toMatchObject([{ id: made.id, status: 'active' }])
    for (const [line, body] of acts) expect([line, (await boss(line, body)).status < 300]).toEqual([line, true])
  })

  test('manages a program that may do no more than they', async () => {
    const stage = await openStage(cockpit)
    const ada = await holder(stage, 'directory.read', 'directory.write')
    const bot = (await stage.boss('POST /v1/service-accounts', { name: 'Bot' })).body
    const principal = { kind: 'service_account', id: bot.id }
    expect((await stage.boss('POST /v1/role-assignments', { principal, role: ada.role.id })).status).toBe(201)
    const at = `/v1/service-accounts/${bot.id}`
    const made = await ada.send(`POST ${at}/credentials`, { name: 'Mine' })
    expect(made.status).toBe(201)
    expect((await ada.send(`PATCH ${at}`, { name: 'Ours' })).status).toBe(200)
    expect((await ada.send(`DELETE ${at}/credentials/${made.body.id}`)).status).toBe(204)
    expect((await ada.send(`DELETE ${at}`)).status).toBe(204)
  })
})
