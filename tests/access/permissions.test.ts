import type { HeldPermission, UserPermissions } from '@cockpit/contract/user-permissions'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage, type Stage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const hour = 3_600_000
const permissionsOf = async ({ boss }: Stage, id: string): Promise<UserPermissions> =>
  (await boss(`GET /v1/users/${id}/permissions`)).body
const entry = ({ permissions }: UserPermissions, name: string): HeldPermission | undefined =>
  permissions.find(({ permission }) => permission === name)

test('a permission names every role that gives it, where, since when, until when, by whom and why', async () => {
  const stage = await openStage(cockpit)
  const org = await stage.api.orgs.create({ body: { name: 'Labs' } })
  const team = await stage.api.teams.create({ body: { name: 'Mine', orgId: org.id } })
  const ada = await stage.person('member', [team.id])
  const principal = { kind: 'user', id: ada.id }
  const expiresAt = new Date(Date.now() + hour).toISOString()
  const role = (await stage.boss('POST /v1/roles', { name: 'Key desk', permissions: ['key.read', 'key.write'] })).body
  const give = async (body: object) => (await stage.boss('POST /v1/role-assignments', { principal, ...body })).body
  const inTeam = await give({ role: 'team_admin', scope: { type: 'team', id: team.id }, expiresAt, reason: 'Holidays' })
  const inOrg = await give({ role: role.id, scope: { type: 'org', id: org.id } })
  const told = await permissionsOf(stage, ada.id)
  expect(told).toMatchObject({ userId: ada.id, status: 'active', source: 'manual', upcoming: [] })
  expect(entry(told, 'key.write')).toMatchObject({ allowed: true, reach: 'part', deniedBy: null })
  expect(entry(told, 'key.write')?.sources).toEqual([
    {
      via: 'assignment',
      id: inTeam.id,
      role: { id: 'team_admin', name: 'Team admin', builtIn: true },
      scope: { type: 'team', id: team.id, name: 'Mine' },
      since: inTeam.startsAt,
      expiresAt,
      by: stage.admin.name,
      reason: 'Holidays',
      eventId: null,
    },
    expect.objectContaining({
      id: inOrg.id,
      role: { id: role.id, name: 'Key desk', builtIn: false },
      scope: { type: 'org', id: org.id, name: 'Labs' },
      expiresAt: null,
      reason: null,
    }),
  ])
  expect(entry(told, 'usage.read_own')).toMatchObject({
    reach: 'account',
    sources: [{ via: 'membership', role: { id: 'member', builtIn: true }, scope: { type: 'account' } }],
  })
})

test('the role of the membership is as old as the change that gave it, and leads to it in the audit log', async () => {
  const stage = await openStage(cockpit)
  const ada = await stage.person('end_user')
  const source = async () => entry(await permissionsOf(stage, ada.id), 'usage.read_own')?.sources[0]
  const joined = await source()
  await stage.boss(`PATCH /v1/users/${ada.id}`, { name: 'Ada the Second' })
  expect(await source()).toEqual(joined)
  await stage.boss(`PATCH /v1/users/${ada.id}`, { role: 'billing_admin' })
  const promoted = await source()
  expect(promoted).toMatchObject({ role: { id: 'billing_admin' }, by: stage.admin.name })
  expect(Date.parse(promoted?.since ?? '')).toBeGreaterThan(Date.parse(joined?.since ?? ''))
  const event = (await stage.boss(`GET /v1/audit-events/${promoted?.eventId}`)).body
  expect(event).toMatchObject({ name: 'user.updated', at: promoted?.since, after: { role: 'billing_admin' } })
})

test('what a rule takes is shown as taken, with the rule; what begins later or is over gives nothing yet or any more', async () => {
  const stage = await openStage(cockpit)
  const ada = await stage.person('end_user')
  const principal = { kind: 'user', id: ada.id }
  const rule = (
    await stage.boss('POST /v1/deny-rules', {
      subject: { kind: 'role', id: 'end_user' },
      permissions: ['playground.use'],
      reason: 'Freeze',
    })
  ).body
  const startsAt = new Date(Date.now() + hour).toISOString()
  const later = (await stage.boss('POST /v1/role-assignments', { principal, role: 'billing_admin', startsAt })).body
  const ended = (await stage.boss('POST /v1/role-assignments', { principal, role: 'console_admin' })).body
  expect(entry(await permissionsOf(stage, ada.id), 'provider.write')).toBeDefined()
  await stage.boss(`DELETE /v1/role-assignments/${ended.id}`)
  const told = await permissionsOf(stage, ada.id)
  expect(entry(told, 'playground.use')).toMatchObject({ allowed: false, deniedBy: rule })
  expect(entry(told, 'provider.write')).toBeUndefined()
  expect(entry(told, 'budget.write')).toBeUndefined()
  expect(told.upcoming).toMatchObject([{ id: later.id, role: { id: 'billing_admin' }, since: startsAt }])
})

test('it says of each permission what the server does', async () => {
  const stage = await openStage(cockpit)
  const team = await stage.api.teams.create({ body: { name: 'Mine' } })
  const ada = await stage.person('member', [team.id])
  const principal = { kind: 'user', id: ada.id }
  await stage.boss('POST /v1/role-assignments', { principal, role: 'team_admin', scope: { type: 'team', id: team.id } })
  await stage.boss('POST /v1/deny-rules', { subject: principal, permissions: ['model.read'], reason: 'Freeze' })
  const { permissions } = await permissionsOf(stage, ada.id)
  const context = (await ada.send('GET /v1/me/context')).body
  const named = (reach: string) => permissions.filter((p) => p.allowed && p.reach === reach).map((p) => p.permission)
  expect(named('account')).toEqual(context.permissions)
  expect(named('part')).toEqual(context.delegated.map(({ permission }: HeldPermission) => permission).sort())
})

test('nobody of another account is known, and without access.read nobody at all', async () => {
  const [stage, other] = [await openStage(cockpit), await openStage(cockpit)]
  const ada = await stage.person('member')
  const missing = await other.boss('GET /v1/users/usr_0190f5c27d7a7c3e8f00aa11bb22cc33/permissions')
  const foreign = await other.boss(`GET /v1/users/${ada.id}/permissions`)
  expect([foreign.status, foreign.body.type]).toEqual([404, 'user.not_found'])
  expect({ ...foreign.body, requestId: '' }).toEqual({ ...missing.body, requestId: '' })
  expect((await ada.send(`GET /v1/users/${ada.id}/permissions`)).status).toBe(403)
})
