import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokenFor } from '../isolation/programs.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const missingTeam = 'team_0190f5c27d7a7c3e8f00aa11bb22cc33'

/** An account with a team in each domain, somebody in each, and a key of each team. */
const twoDomains = async () => {
  const stage = await openStage(cockpit)
  const { api } = stage
  const org = await api.orgs.create({ body: { name: 'Works', domain: 'console' } })
  const near = await api.teams.create({ body: { name: 'Near' } })
  const far = await api.teams.create({ body: { name: 'Far', domain: 'console', orgId: org.id } })
  const [inNear, inFar] = [await stage.person('end_user', [near.id]), await stage.person('end_user', [far.id])]
  const key = (id: string) => api.keys.create({ body: { name: 'k', owner: { kind: 'user', id } } })
  return { ...stage, org, near, far, inNear, inFar, farKey: await key(inFar.id) }
}
type Domains = Awaited<ReturnType<typeof twoDomains>>

/** Somebody with a role for one part of the account. */
const lead = async (of: Domains, scope: { type: 'team' | 'org'; id: string }) => {
  const person = await of.person('end_user')
  const principal = { kind: 'user', id: person.id }
  const given = await of.boss('POST /v1/role-assignments', { principal, role: 'team_admin', scope })
  expect(given.status, JSON.stringify(given.body)).toBe(201)
  return person
}

const bearerOf = async (id: string, secret: string) => ({
  authorization: `Bearer ${await tokenFor(cockpit, id, secret)}`,
})

describe('a team admin of one domain', () => {
  test.each(['team', 'org'] as const)('finds a team of the other domain missing, by a role for a %s', async (type) => {
    const of = await twoDomains()
    const { send } = await lead(of, { type, id: type === 'team' ? of.near.id : (of.near.orgId ?? '') })
    expect((await send(`GET /v1/teams/${of.near.id}`)).status).toBe(200)
    const asks = (id: string): [string, object?][] => [
      [`GET /v1/teams/${id}`],
      [`PATCH /v1/teams/${id}`, { name: 'Taken' }],
      [`GET /v1/teams/${id}/members`],
      [`POST /v1/teams/${id}/members`, { userIds: [of.inNear.id] }],
      [`POST /v1/teams/${id}/members/remove`, { userIds: [of.inFar.id] }],
      [`DELETE /v1/teams/${id}/members/${of.inFar.id}`],
    ]
    for (const [index, [line, body]] of asks(of.far.id).entries()) {
      const [nobodys, sent] = asks(missingTeam)[index] ?? [line, body]
      const { requestId: _, ...answer } = (await send(line, body)).body
      const { requestId: __, ...missing } = (await send(nobodys, sent)).body
      expect(answer, line).toMatchObject({ status: 404, type: 'team.not_found' })
      expect(answer, line).toEqual(JSON.parse(JSON.stringify(missing).replaceAll(missingTeam, of.far.id)))
    }
    expect(await of.api.teams.get({ params: { id: of.far.id } })).toMatchObject({ name: 'Far', members: 1 })
  })

  test('sees no people, keys or usage of the other domain, nor moves a team there', async () => {
    const of = await twoDomains()
    const { send } = await lead(of, { type: 'team', id: of.near.id })
    expect((await send(`GET /v1/users/${of.inNear.id}`)).status).toBe(200)
    expect((await send(`GET /v1/users/${of.inFar.id}`)).status).toBe(404)
    expect((await send(`GET /v1/users?teamId=${of.far.id}`)).body.items).toEqual([])
    expect((await send('GET /v1/teams?domain=console')).body.items).toEqual([])
    expect((await send(`GET /v1/keys/${of.farKey.id}`)).status).toBe(404)
    const body = { name: 'k', owner: { kind: 'user', id: of.inNear.id }, teamId: of.far.id }
    expect((await send('POST /v1/keys', body)).status).toBe(404)
    expect((await send('GET /v1/usage/breakdown?by=team')).body.items).toEqual([])
    expect((await send(`PATCH /v1/teams/${of.near.id}`, { orgId: of.org.id })).body.type).toBe('org.not_found')
  })
})

describe('an admin of the domain copilot', () => {
  test('puts nobody into a team of the console, and takes nobody out, by whichever way', async () => {
    const of = await twoDomains()
    const admin = await of.person('end_user')
    await of.boss(`PATCH /v1/users/${admin.id}`, { role: 'copilot_admin' })
    const email = () => `guest-${randomBytes(4).toString('hex')}@example.com`
    for (const [line, body] of [
      [`POST /v1/teams/${of.far.id}/members`, { userIds: [of.inNear.id] }],
      [`PATCH /v1/users/${of.inNear.id}`, { teamIds: [of.near.id, of.far.id] }],
      [`PATCH /v1/users/${of.inFar.id}`, { teamIds: [] }],
      ['POST /v1/users', { email: email(), name: 'Guest', teamIds: [of.far.id] }],
      ['POST /v1/invites', { emails: [email()], teamIds: [of.far.id] }],
    ] as const) {
      const answer = await admin.send(line, body)
      expect([answer.status, answer.body.type], line).toEqual([403, 'access.denied'])
    }
    const members = await of.api.teamMembers.list({ params: { id: of.far.id } })
    expect(members.items.map(({ id }) => id)).toEqual([of.inFar.id])
    // their own domain is theirs, also for somebody who is in a team of the other one
    const moved = await admin.send(`PATCH /v1/users/${of.inFar.id}`, { teamIds: [of.far.id, of.near.id] })
    expect([moved.status, JSON.stringify(moved.body)]).toEqual([200, expect.stringContaining(of.near.id)])
    expect((await admin.send('POST /v1/invites', { emails: [email()], teamIds: [of.near.id] })).status).toBe(201)
  })

  test('puts no service account into a team of the console, and takes none out, keys and all', async () => {
    const of = await twoDomains()
    const admin = await of.person('copilot_admin')
    const make = (name: string, teamId: string | null) => of.api.serviceAccounts.create({ body: { name, teamId } })
    const [free, near, far] = [await make('a', null), await make('b', of.near.id), await make('c', of.far.id)]
    for (const [line, body] of [
      ['POST /v1/service-accounts', { name: 'd', teamId: of.far.id }],
      [`PATCH /v1/service-accounts/${free.id}`, { teamId: of.far.id }],
      [`PATCH /v1/service-accounts/${near.id}`, { teamId: of.far.id }],
      [`PATCH /v1/service-accounts/${far.id}`, { teamId: of.near.id }],
      [`PATCH /v1/service-accounts/${far.id}`, { teamId: null }],
    ] as const) {
      const answer = await admin.send(line, body)
      expect([answer.status, answer.body.type], line).toEqual([403, 'access.denied'])
    }
    const { items } = (await of.boss('GET /v1/service-accounts')).body
    const places = items.map(({ name, teamId }: { name: string; teamId: string | null }) => [name, teamId])
    expect(Object.fromEntries(places)).toEqual({ a: null, b: of.near.id, c: of.far.id })
    // what stays in its team is changed as before, and their own domain is theirs
    const named = await admin.send(`PATCH /v1/service-accounts/${far.id}`, { name: 'e', teamId: of.far.id })
    expect([named.status, named.body.teamId]).toEqual([200, of.far.id])
    for (const teamId of [of.near.id, null])
      expect((await admin.send(`PATCH /v1/service-accounts/${free.id}`, { teamId })).status).toBe(200)
    expect((await admin.send('POST /v1/service-accounts', { name: 'f', teamId: of.near.id })).status).toBe(201)
  })

  test('is one also by an assigned role, a person as well as a service account, until a wider role joins it', async () => {
    const of = await twoDomains()
    const person = await of.person('end_user')
    const program = await of.api.serviceAccounts.create({ body: { name: 'CI' } })
    const { secret } = await of.api.clientCredentials.create({ params: { id: program.id }, body: { name: 'CI' } })
    const assign = (kind: 'user' | 'service_account', id: string, role: string) =>
      of.boss('POST /v1/role-assignments', { principal: { kind, id }, role })
    const both = [
      { kind: 'user', id: person.id, send: person.send },
      { kind: 'service_account', id: program.id, send: of.sender(await bearerOf(program.id, secret)) },
    ] as const
    for (const { kind, id, send } of both) {
      expect((await assign(kind, id, 'copilot_admin')).status).toBe(201)
      expect((await send(`POST /v1/teams/${of.near.id}/members`, { userIds: [of.inFar.id] })).status, kind).toBe(200)
      const refused = await send(`POST /v1/teams/${of.far.id}/members`, { userIds: [of.inNear.id] })
      expect([refused.status, refused.body.type], kind).toEqual([403, 'access.denied'])
      expect((await send(`PATCH /v1/orgs/${of.org.id}`, { name: 'Taken' })).status, kind).toBe(403)
      expect((await assign(kind, id, 'console_admin')).status).toBe(201)
      expect((await send(`POST /v1/teams/${of.far.id}/members`, { userIds: [of.inNear.id] })).status, kind).toBe(200)
    }
  })
})
