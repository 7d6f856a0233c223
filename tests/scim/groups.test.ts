import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openSource, type Source } from './source.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

let count = 0
const address = () => `g-${Date.now().toString(36)}-${count++}@example.com`
const membersOf = async ({ send }: Source, id: string) =>
  ((await send(`GET /Groups/${id}`)).body.members ?? []).map(({ value }: { value: string }) => value).sort()
const people = async (source: Source, howMany: number): Promise<string[]> => {
  const ids: string[] = []
  for (let i = 0; i < howMany; i++) ids.push((await source.person(address())).id)
  return ids.sort()
}
const teamsOf = async ({ acme }: Source, id: string) =>
  (await acme.api.users.get({ params: { id } })).teams.map(({ name, source }) => `${name} ${source}`).sort()

describe('members of a group', () => {
  test('come and go as Entra and Okta write it', async () => {
    const source = await openSource(cockpit)
    const [a, b, c] = (await people(source, 3)) as [string, string, string]
    const { id } = await source.group('Engineers', [a])
    // Entra without the flag: a value array to remove
    await source.patch(`/Groups/${id}`, { op: 'Add', path: 'members', value: [{ value: b }, { value: c }] })
    await source.patch(`/Groups/${id}`, { op: 'Remove', path: 'members', value: [{ value: a }] })
    expect(await membersOf(source, id)).toEqual([b, c])
    // Okta and Entra with the flag: a path with a filter
    await source.patch(`/Groups/${id}`, { op: 'remove', path: `members[value eq "${b}"]` })
    expect(await membersOf(source, id)).toEqual([c])
    // without a path, and replaced as a whole
    await source.patch(`/Groups/${id}`, { op: 'add', value: { members: [{ value: a }] } })
    await source.patch(`/Groups/${id}`, {
      op: 'replace',
      path: 'members',
      value: [{ value: b }, { value: 'usr_nobody' }],
    })
    expect(await membersOf(source, id)).toEqual([b])
    await source.patch(`/Groups/${id}`, { op: 'remove', path: 'members' })
    expect(await membersOf(source, id)).toEqual([])
  })

  test('a group inside a group is no person', async () => {
    const source = await openSource(cockpit)
    const inner = await source.group('Inner')
    const { id } = await source.group('Outer')
    const added = await source.patch(`/Groups/${id}`, {
      op: 'add',
      path: 'members',
      value: [{ value: inner.id, type: 'Group' }],
    })
    expect([added.status, added.body.members]).toEqual([200, []])
  })

  test('added by many requests at once are all there: none undoes another', async () => {
    const source = await openSource(cockpit)
    const ids = await people(source, 12)
    const { id } = await source.group('Everybody', ids.slice(0, 4))
    const changes = [
      ...ids
        .slice(4)
        .map((one) => source.patch(`/Groups/${id}`, { op: 'add', path: 'members', value: [{ value: one }] })),
      ...ids
        .slice(0, 4)
        .map((one) => source.patch(`/Groups/${id}`, { op: 'remove', path: `members[value eq "${one}"]` })),
    ]
    expect((await Promise.all(changes)).map(({ status }) => status)).toEqual(changes.map(() => 200))
    expect(await membersOf(source, id)).toEqual(ids.slice(4))
  })

  test('of a large group are left out when the source asks for it', async () => {
    const source = await openSource(cockpit)
    const [a] = (await people(source, 1)) as [string]
    const { id } = await source.group('Large', [a])
    expect((await source.send(`GET /Groups/${id}?excludedAttributes=members`)).body.members).toBeUndefined()
    const found = await source.send(`GET /Groups?filter=${encodeURIComponent(`members[value eq "${a}"]`)}`)
    expect(found.body.Resources.map(({ id: one }: { id: string }) => one)).toEqual([id])
    expect((await source.send(`GET /Users/${a}`)).body.groups).toMatchObject([{ value: id, display: 'Large' }])
  })
})

describe('rules', () => {
  test('make groups into roles, teams and teams of an org, and take back what they gave and nothing else', async () => {
    const source = await openSource(cockpit)
    const { api } = source.acme
    const [a, b] = (await people(source, 2)) as [string, string]
    const [team, own, org] = [
      await api.teams.create({ body: { name: 'Support' } }),
      await api.teams.create({ body: { name: 'By hand' } }),
      await api.orgs.create({ body: { name: 'Research' } }),
    ]
    const { id: admins } = await source.group('AI Admins', [a])
    const { id: lab } = await source.group('Lab Zurich', [a, b])
    await source.group('Helpers', [a])
    await api.users.update({ params: { id: a }, body: { teamIds: [own.id] } })
    const items = [
      { match: 'ai admins', gives: { kind: 'role' as const, role: 'account_admin' as const } },
      { match: '*', gives: { kind: 'role' as const, role: 'member' as const } },
      { match: 'Helpers', gives: { kind: 'team' as const, id: team.id } },
      { match: 'Lab *', gives: { kind: 'org' as const, id: org.id } },
    ]
    const preview = await api.scim.previewRules({ body: { items } })
    expect(preview).toMatchObject({ people: 2, joins: 3, leaves: 0, teams: ['Lab Zurich'] })
    expect(preview.roles.map(({ userId, after }) => [userId, after]).sort()).toEqual(
      [
        [a, 'account_admin'],
        [b, 'member'],
      ].sort(),
    )
    expect(await teamsOf(source, a)).toEqual(['By hand manual'])

    await api.scim.setRules({ body: { items } })
    expect(await api.users.get({ params: { id: a } })).toMatchObject({ role: 'account_admin' })
    expect(await api.users.get({ params: { id: b } })).toMatchObject({ role: 'member' })
    expect(await teamsOf(source, a)).toEqual(['By hand manual', 'Lab Zurich scim', 'Support scim'])

    await source.patch(`/Groups/${admins}`, { op: 'remove', path: 'members' })
    await source.patch(`/Groups/${lab}`, { op: 'remove', path: `members[value eq "${a}"]` })
    expect(await api.users.get({ params: { id: a } })).toMatchObject({ role: 'member' })
    expect(await teamsOf(source, a)).toEqual(['By hand manual', 'Support scim'])
    await source.send(`DELETE /Groups/${lab}`)
    expect(await teamsOf(source, b)).toEqual([])
    expect((await api.scim.groups()).items.find(({ name }) => name === 'Helpers')?.gives).toEqual([
      'role member',
      'team Support',
    ])
  })

  test('give nobody more than whoever writes them may do, and name only what is here', async () => {
    const source = await openSource(cockpit)
    const missing = { match: 'x', gives: { kind: 'team' as const, id: 'team_0190f5c27d7a7c3e8f00aa11bb22cc33' } }
    await expect(source.acme.api.scim.setRules({ body: { items: [missing] } })).rejects.toMatchObject({
      code: 'team.not_found',
      errors: [{ pointer: '/items/0/gives/id' }],
    })
  })

  test('that say nothing of roles leave them as people gave them; the last one that did takes back what it gave', async () => {
    const source = await openSource(cockpit)
    const { api } = source.acme
    const roleOf = async (id: string) => (await api.users.get({ params: { id } })).role
    const email = address()
    const { id } = await api.users.create({ body: { email, name: 'Grace', role: 'billing_admin' } })
    await source.person(email)
    const org = await api.orgs.create({ body: { name: 'Research' } })
    await api.scim.setRules({ body: { items: [{ match: '*', gives: { kind: 'org', id: org.id } }] } })
    await source.group('Staff', [id])
    expect(await roleOf(id)).toBe('billing_admin')
    await api.scim.setRules({ body: { items: [{ match: 'Staff', gives: { kind: 'role', role: 'member' } }] } })
    expect(await roleOf(id)).toBe('member')
    expect(await api.scim.previewRules({ body: { items: [] } })).toMatchObject({
      roles: [{ userId: id, before: 'member', after: 'end_user' }],
    })
    await api.scim.setRules({ body: { items: [] } })
    expect(await roleOf(id)).toBe('end_user')
  })

  test('of a source leave the last admin an admin', async () => {
    const source = await openSource(cockpit)
    const { id } = await source.person(source.acme.email)
    await source.acme.api.scim.setRules({ body: { items: [{ match: '*', gives: { kind: 'role', role: 'member' } }] } })
    expect(await source.acme.api.users.get({ params: { id } })).toMatchObject({ role: 'account_admin' })
  })
})
