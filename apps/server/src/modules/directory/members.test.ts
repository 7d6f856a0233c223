import { rolePermissions } from '@cockpit/contract/permissions'
import { describe, expect, test } from 'vitest'
import { eventsOf } from '../../platform/testing.ts'
import { asPerson, company, database, missingId, person, query, synchronise, team } from './directory.testing.ts'

const named = (people: { id: string }[]) => people.map(({ id }) => id)

describe('members of a team', () => {
  test('two administrators who add people at once both keep what they added', async () => {
    const acme = await company()
    const { id } = await team(acme)
    const people = await Promise.all([1, 2, 3, 4].map(() => person(acme)))
    const [a = '', b = '', c = '', d = ''] = named(people)
    const answers = await Promise.all(
      [[a, b], [b, c], [d]].map((userIds) => acme.send(`POST /v1/teams/${id}/members`, { userIds })),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const { items, total } = (await acme.send(`GET /v1/teams/${id}/members`)).body
    expect(total).toBe(4)
    expect(new Set(named(items))).toEqual(new Set([a, b, c, d]))
  })

  test('come and go all or none, and one change is one event', async () => {
    const acme = await company()
    const { id } = await team(acme)
    const [ada, bob] = [await person(acme), await person(acme)]
    const wrong = await acme.send(`POST /v1/teams/${id}/members`, { userIds: [ada.id, missingId('usr')] })
    expect(wrong.body).toMatchObject({ type: 'user.not_found', errors: [{ pointer: '/userIds/1' }] })
    expect((await acme.send(`GET /v1/teams/${id}/members`)).body.total).toBe(0)
    const line = `POST /v1/teams/${id}/members`
    expect((await acme.send(line, { userIds: [ada.id, bob.id] })).body.added).toHaveLength(2)
    expect((await acme.send(line, { userIds: [ada.id] })).body).toEqual({ added: [], already: [ada.id] })
    const gone = await acme.send(`${line}/remove`, { userIds: [ada.id, missingId('usr')] })
    expect(gone.body).toEqual({ removed: [ada.id], absent: [missingId('usr')] })
    expect((await acme.send(`DELETE /v1/teams/${id}/members/${bob.id}`)).status).toBe(204)
    expect((await acme.send(`DELETE /v1/teams/${id}/members/${bob.id}`)).body.type).toBe('user.not_found')
    const told = (await eventsOf(database, acme.accountId)).filter((name) => name.startsWith('team.members'))
    expect(told).toEqual(['team.members_added', 'team.members_removed', 'team.members_removed'])
  })

  test('who joins one more team keeps the primary one', async () => {
    const acme = await company()
    const [first, second] = [await team(acme, 'First'), await team(acme, 'Second')]
    const ada = await person(acme, { teamIds: [first.id] })
    await acme.send(`POST /v1/teams/${second.id}/members`, { userIds: [ada.id] })
    const { teams } = (await acme.send(`GET /v1/users/${ada.id}`)).body
    expect(teams.map(({ name }: { name: string }) => name)).toEqual(['First', 'Second'])
    expect((await acme.send(`GET /v1/teams/${second.id}/members`)).body.items[0]).toMatchObject({ isPrimary: false })
  })

  test('people of another account are refused like people who never were, and its teams are not there', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const [own, foreign] = [await team(acme), await team(globex)]
    const stranger = await person(globex)
    const refused = await acme.send(`POST /v1/teams/${own.id}/members`, { userIds: [stranger.id] })
    expect([refused.status, refused.body.type]).toEqual([404, 'user.not_found'])
    expect((await acme.send(`POST /v1/teams/${foreign.id}/members`, { userIds: [stranger.id] })).status).toBe(404)
    expect((await acme.send(`GET /v1/teams/${foreign.id}/members`)).status).toBe(404)
  })

  test('whoever leads one team manages its members and no other', async () => {
    const acme = await company()
    const [own, other] = [await team(acme, 'Own'), await team(acme, 'Other')]
    const ada = await person(acme)
    const ctx = { permissions: rolePermissions.member }
    const delegated = new Map([['directory.write', { orgIds: [], teamIds: [own.id] }]] as const)
    const lead = asPerson(acme, ada.id, ctx, delegated)
    expect((await lead.send(`POST /v1/teams/${own.id}/members`, { userIds: [ada.id] })).status).toBe(200)
    expect((await lead.send(`POST /v1/teams/${other.id}/members`, { userIds: [ada.id] })).status).toBe(404)
    expect((await lead.send(`PATCH /v1/teams/${own.id}`, { name: 'Mine' })).status).toBe(200)
    expect((await lead.send(`PATCH /v1/teams/${other.id}`, { name: 'Mine' })).status).toBe(404)
  })
})

describe('synchronised people', () => {
  test('a source of identities owns what it made: role and removal are refused, suspending and limits never', async () => {
    const acme = await company()
    const ada = await person(acme)
    await synchronise(acme, ada.id)
    const line = `/v1/users/${ada.id}`
    const role = await acme.send(`PATCH ${line}`, { role: 'member' })
    expect([role.status, role.body.type, role.body.detail]).toMatchObject([409, 'user.synchronised', /SCIM/])
    expect((await acme.send(`DELETE ${line}`)).body.type).toBe('user.synchronised')
    expect((await acme.send(`PATCH ${line}`, { limits: { rpm: 5, tpm: null } })).body.source).toBe('scim')
    expect((await acme.send(`PATCH ${line}`, { status: 'suspended' })).body.status).toBe('suspended')
    expect((await acme.send(`PATCH ${line}`, { status: 'active' })).body.type).toBe('user.synchronised')
    // to be as one is already is no change
    expect((await acme.send(`PATCH ${line}`, { role: 'end_user', status: 'suspended' })).status).toBe(200)
  })

  test('an account may open fields for changes by hand, and that is told', async () => {
    const acme = await company()
    const ada = await person(acme)
    await synchronise(acme, ada.id, 'sso')
    expect((await acme.send('PUT /v1/directory-policy', { handEdits: ['remove', 'role', 'role'] })).status).toBe(200)
    expect((await acme.send('PUT /v1/directory-policy', { handEdits: ['role', 'remove'] })).body.handEdits).toEqual([
      'role',
      'remove',
    ])
    expect((await acme.send(`PATCH /v1/users/${ada.id}`, { role: 'member' })).body.role).toBe('member')
    expect((await acme.send(`DELETE /v1/users/${ada.id}`)).status).toBe(204)
    const told = (await eventsOf(database, acme.accountId)).filter((name) => name === 'directory_policy.updated')
    expect(told).toHaveLength(1)
  })

  test('a team somebody came into by synchronisation is not left by hand, while others are', async () => {
    const acme = await company()
    const [synced, own] = [await team(acme, 'Synced'), await team(acme, 'Own')]
    const ada = await person(acme, { teamIds: [synced.id, own.id] })
    await query(`update team_members set source = 'scim' where team_id = $1`, [synced.id])
    expect((await acme.send(`PATCH /v1/users/${ada.id}`, { teamIds: [own.id] })).body.type).toBe('user.synchronised')
    const out = await acme.send(`POST /v1/teams/${synced.id}/members/remove`, { userIds: [ada.id] })
    expect(out.body).toMatchObject({ type: 'user.synchronised', errors: [{ pointer: '/userIds/0' }] })
    const kept = await acme.send(`PATCH /v1/users/${ada.id}`, { teamIds: [synced.id] })
    expect(kept.body.teams).toEqual([{ id: synced.id, name: 'Synced', source: 'scim' }])
  })
})

describe('domains', () => {
  test('an account administrator manages its own directory under the address of each domain, and no other (T77, T93)', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    for (const domain of ['copilot', 'console']) {
      const org = await acme.send(`POST /v1/${domain}/orgs`, { name: 'Sales' })
      expect([org.status, org.body.domain]).toEqual([201, domain])
      const made = await acme.send(`POST /v1/${domain}/teams`, { name: 'North', orgId: org.body.id })
      expect([made.status, made.body.domain]).toEqual([201, domain])
      expect((await acme.send(`GET /v1/${domain}/teams?orgId=${org.body.id}`)).body.total).toBe(1)
      expect((await globex.send(`GET /v1/${domain}/orgs`)).body.items).not.toContainEqual(org.body)
      const user = await acme.send(`POST /v1/${domain}/users`, { email: `${org.body.id}@example.com`, name: 'Ada' })
      expect(user.status).toBe(201)
      expect((await acme.send(`GET /v1/${domain}/users`)).status).toBe(200)
    }
    const names = async (path: string) =>
      (await acme.send(`GET ${path}`)).body.items.map((one: { name: string; domain: string }) => [one.domain, one.name])
    expect(await names('/v1/console/orgs')).toEqual([['console', 'Sales']])
    expect(await names('/v1/orgs?domain=console')).toEqual([['console', 'Sales']])
    expect(await names('/v1/orgs')).toHaveLength(3)
    // the address decides, whatever the query says
    expect(await names('/v1/console/orgs?domain=copilot')).toEqual([['console', 'Sales']])
  })

  test('an end user is refused at every address of the directory (T78)', async () => {
    const acme = await company()
    const user = asPerson(acme, (await person(acme)).id, { permissions: rolePermissions.end_user })
    for (const base of ['/v1', '/v1/copilot', '/v1/console'])
      for (const noun of ['orgs', 'teams', 'users']) {
        expect((await user.send(`GET ${base}/${noun}`)).status, `${base}/${noun}`).toBe(403)
        expect((await user.send(`POST ${base}/${noun}`, { name: 'x' })).status).toBe(403)
      }
  })

  test('the default org "global" of a new account belongs to copilot (T99)', async () => {
    const acme = await company()
    expect((await acme.send('GET /v1/copilot/orgs')).body.items).toMatchObject([{ name: 'global', isDefault: true }])
    expect((await acme.send('GET /v1/console/orgs')).body.items).toEqual([])
  })

  test('a team stays in its domain, and in console it names its org', async () => {
    const acme = await company()
    const [copilot, own] = [
      (await acme.send('POST /v1/copilot/orgs', { name: 'A' })).body,
      (await acme.send('POST /v1/console/orgs', { name: 'B' })).body,
    ]
    expect((await acme.send('POST /v1/console/teams', { name: 'T' })).body.errors).toMatchObject([
      { pointer: '/orgId' },
    ])
    const wrong = await acme.send('POST /v1/console/teams', { name: 'T', orgId: copilot.id })
    expect(wrong.body.type).toBe('org.not_found')
    const { id } = (await acme.send('POST /v1/console/teams', { name: 'T', orgId: own.id })).body
    expect((await acme.send(`PATCH /v1/teams/${id}`, { orgId: copilot.id })).body.type).toBe('org.not_found')
  })

  test('an administrator of one domain changes nothing of the other', async () => {
    const acme = await company()
    const boss = await person(acme, { role: 'console_admin' })
    const console = asPerson(acme, boss.id, { permissions: rolePermissions.console_admin })
    const org = (await console.send('POST /v1/console/orgs', { name: 'Labs' })).body
    expect(org.domain).toBe('console')
    expect((await console.send('POST /v1/copilot/orgs', { name: 'Labs' })).status).toBe(403)
    const other = await team(acme)
    expect((await console.send(`PATCH /v1/teams/${other.id}`, { name: 'Mine' })).status).toBe(403)
    expect((await console.send(`POST /v1/teams/${other.id}/members`, { userIds: [boss.id] })).status).toBe(403)
    expect((await console.send(`DELETE /v1/orgs/${org.id}`)).status).toBe(204)
  })

  test('a scope of another account or of nowhere is refused, in a path, a filter and a body alike (T95)', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const foreign = { org: (await globex.send('POST /v1/orgs', { name: 'S' })).body.id, team: (await team(globex)).id }
    for (const org of [foreign.org, missingId('org')]) {
      const answer = await acme.send('POST /v1/copilot/teams', { name: 'Spies', orgId: org })
      expect([answer.status, answer.body.type]).toEqual([404, 'org.not_found'])
      expect((await acme.send(`GET /v1/copilot/teams?orgId=${org}`)).body.total).toBe(0)
      expect((await acme.send(`GET /v1/users?orgId=${org}`)).body.total).toBe(0)
    }
    for (const id of [foreign.team, missingId('team')])
      expect((await acme.send('POST /v1/users', { email: 'a@b.example', name: 'A', teamIds: [id] })).status).toBe(404)
  })
})
