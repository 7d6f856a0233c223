import { rolePermissions } from '@cockpit/contract/permissions'
import { describe, expect, test } from 'vitest'
import { eventsOf } from '../../platform/testing.ts'
import { allocated, asPerson, type Company, company, database, missingId, person, team } from './directory.testing.ts'

type Sender = Pick<Company, 'send'>
type Items = { items: { id: string; verdict: string; code: string | null }[] }
const onTeams = (acme: Sender, teamIds: string[], act: object, search = '') =>
  acme.send(`POST /v1/teams/bulk${search}`, { teamIds, act })
const onOrgs = (acme: Sender, orgIds: string[], search = '') =>
  acme.send(`POST /v1/orgs/bulk${search}`, { orgIds, act: { kind: 'delete' } })
const verdicts = ({ items }: Items) => items.map(({ verdict, code }) => code ?? verdict)
const org = async (acme: Sender, name: string, domain = 'copilot') =>
  (await acme.send('POST /v1/orgs', { name, domain })).body
const orgIdOf = async (acme: Sender, id: string) => (await acme.send(`GET /v1/teams/${id}`)).body.orgId

describe('one act on many teams', () => {
  test('a preview tells which move and why others are skipped, and the act then does exactly that', async () => {
    const acme = await company()
    const labs = await org(acme, 'Labs')
    const [a, same, b] = [
      await team(acme, 'A'),
      await team(acme, 'Same', { orgId: labs.id }),
      await team(acme, 'Taken', {}),
    ]
    await team(acme, 'Taken', { orgId: labs.id })
    const ids = [a.id, same.id, b.id, missingId('team'), a.id]
    const act = { kind: 'move', orgId: labs.id }
    const before = await eventsOf(database, acme.accountId)
    const preview = (await onTeams(acme, ids, act, '?dry_run=1')).body
    expect(verdicts(preview)).toEqual(['changed', 'unchanged', 'team.name_taken', 'team.not_found'])
    expect(preview).toMatchObject({ changed: 1, unchanged: 1, skipped: 2 })
    expect(preview.items[0]).toEqual({
      id: a.id,
      name: 'A',
      verdict: 'changed',
      before: { org: 'global' },
      after: { org: 'Labs' },
      reason: null,
      code: null,
    })
    expect(await orgIdOf(acme, a.id)).toBe(a.orgId)
    expect(await eventsOf(database, acme.accountId)).toEqual(before)
    expect((await onTeams(acme, ids, act)).body).toEqual(preview)
    expect(await orgIdOf(acme, a.id)).toBe(labs.id)
    expect((await eventsOf(database, acme.accountId)).slice(before.length)).toEqual(['team.updated'])
  })

  test('those with credits stay when many are deleted, and the members of the others stay in the account', async () => {
    const acme = await company()
    const [paid, free] = [await team(acme, 'Paid'), await team(acme, 'Free')]
    const ada = await person(acme, { teamIds: [free.id] })
    allocated.add(paid.id)
    const { body } = await onTeams(acme, [paid.id, free.id], { kind: 'delete' })
    expect(verdicts(body)).toEqual(['budget.in_use', 'changed'])
    expect(body.items[1]).toMatchObject({ before: { name: 'Free', org: 'global', members: 1 }, after: null })
    expect((await acme.send('GET /v1/teams')).body.items).toMatchObject([{ id: paid.id }])
    expect((await acme.send(`GET /v1/users/${ada.id}`)).body.teams).toEqual([])
  })

  test('a team moves within its domain only, and an administrator of one domain changes none of the other', async () => {
    const acme = await company()
    const [labs, works, yard] = [
      await org(acme, 'Labs'),
      await org(acme, 'Works', 'console'),
      await org(acme, 'Yard', 'console'),
    ]
    const [near, far] = [await team(acme, 'Near'), await team(acme, 'Far', { domain: 'console', orgId: works.id })]
    const ids = [near.id, far.id]
    const move = (orgId: string) => ({ kind: 'move', orgId })
    expect(verdicts((await onTeams(acme, ids, move(labs.id), '?dry_run=1')).body)).toEqual(['changed', 'org.not_found'])
    const admin = asPerson(acme, (await person(acme, { role: 'copilot_admin' })).id, {
      permissions: rolePermissions.copilot_admin,
    })
    const refused = { verdict: 'skipped', code: 'access.denied', name: 'Far' }
    expect((await onTeams(admin, [far.id], move(yard.id))).body.items).toMatchObject([refused])
    expect((await onTeams(admin, [far.id], { kind: 'delete' })).body.items).toMatchObject([refused])
    expect(verdicts((await onOrgs(admin, [yard.id, labs.id])).body)).toEqual(['access.denied', 'changed'])
    expect(verdicts((await onTeams(acme, ids, move(yard.id))).body)).toEqual(['org.not_found', 'changed'])
  })

  test('who manages some teams moves these to an org they manage, deletes none and learns of no other', async () => {
    const acme = await company()
    const [labs, hidden] = [await org(acme, 'Labs'), await org(acme, 'Hidden')]
    const [own, other] = [await team(acme, 'Own'), await team(acme, 'Other')]
    const part = { orgIds: [labs.id], teamIds: [own.id] }
    const delegated = new Map([['directory.write', part] as const])
    const lead = asPerson(acme, (await person(acme)).id, { permissions: new Set() }, delegated)
    const move = async (orgId: string) =>
      (await onTeams(lead, [own.id, other.id, missingId('team')], { kind: 'move', orgId })).body
    expect(verdicts(await move(hidden.id))).toEqual(['org.not_found', 'team.not_found', 'team.not_found'])
    const { items } = await move(labs.id)
    expect(verdicts({ items })).toEqual(['changed', 'team.not_found', 'team.not_found'])
    expect({ ...items[1], id: '' }).toEqual({ ...items[2], id: '' })
    const deleted = (await onTeams(lead, [own.id, other.id], { kind: 'delete' })).body
    expect(verdicts(deleted)).toEqual(['access.denied', 'team.not_found'])
    expect((await onOrgs(lead, [labs.id])).status).toBe(403)
    expect(await orgIdOf(acme, own.id)).toBe(labs.id)
  })
})

describe('one act on many orgs', () => {
  test('the default one and those in use stay, the others go, after a preview that says so', async () => {
    const acme = await company()
    const [busy, paid, free] = [await org(acme, 'Busy'), await org(acme, 'Paid'), await org(acme, 'Free')]
    const first = await team(acme, 'First', { orgId: busy.id })
    const global = await orgIdOf(acme, (await team(acme, 'Loose')).id)
    allocated.add(paid.id)
    const ids = [global, busy.id, paid.id, free.id, missingId('org')]
    const preview = (await onOrgs(acme, ids, '?dry_run=1')).body
    expect(verdicts(preview)).toEqual(['org.default', 'org.in_use', 'org.in_use', 'changed', 'org.not_found'])
    expect(preview.items[1].reason).toMatch(/still has a team/)
    expect((await acme.send(`GET /v1/orgs/${free.id}`)).status).toBe(200)
    expect((await onOrgs(acme, ids)).body).toEqual(preview)
    expect((await acme.send(`GET /v1/orgs/${free.id}`)).status).toBe(404)
    expect(await orgIdOf(acme, first.id)).toBe(busy.id)
  })

  test('orgs and teams of another account are skipped like ones that never were', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const [theirs, team1] = [await org(globex, 'Theirs'), await team(globex)]
    for (const { items } of [
      (await onOrgs(acme, [theirs.id, missingId('org')])).body,
      (await onTeams(acme, [team1.id, missingId('team')], { kind: 'delete' })).body,
    ])
      expect({ ...items[0], id: '' }).toEqual({ ...items[1], id: '' })
    expect((await globex.send(`GET /v1/orgs/${theirs.id}`)).status).toBe(200)
    expect((await globex.send(`GET /v1/teams/${team1.id}`)).status).toBe(200)
  })

  test('at most 200 are taken at once, and nothing is done to more', async () => {
    const acme = await company()
    const free = await org(acme, 'Free')
    const many = [free.id, ...Array.from({ length: 200 }, (_, n) => `org_${n}`)]
    const { status, body } = await onOrgs(acme, many)
    expect([status, body.errors[0].pointer]).toEqual([400, '/orgIds'])
    expect(verdicts((await onOrgs(acme, many.slice(0, 200))).body)[0]).toBe('changed')
  })
})
