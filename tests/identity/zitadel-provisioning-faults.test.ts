/** Provisioning while Zitadel is late, refuses or is away: faults that only the fake can be told to have. */
import type { ZitadelRun } from '@cockpit/contract/zitadel-shapes'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { type House, openHouse, type Tenant } from '../support/zitadel-house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.stop())

const statuses = (run: ZitadelRun) => Object.fromEntries(run.steps.map(({ key, status }) => [key, status]))
/** What the project of all knows may have been made by another test: this one is a tenant's own. */
const bare = async () => {
  const tenant = await house.tenant({ configured: false })
  const projectId = house.fake.addProject(house.ownerId, `project of ${tenant.tag}`)
  const { params, organizationId } = tenant
  await house.platform.zitadel.setConfig({ params, body: { projectId, organizationId } })
  house.fake.settle()
  return { tenant, projectId }
}
const bootstrap = ({ params }: Tenant) => house.platform.zitadel.bootstrap({ params, body: {} })

test('goes on when projections are late: what is said to exist is found and completed', async () => {
  const { tenant, projectId } = await bare()
  const { fake } = house
  fake.state.lagMs = 2_000
  onTestFinished(() => {
    fake.state.lagMs = 150
  })
  // made a moment ago by somebody else, and not visible yet
  fake.addRole(projectId, { key: 'cfo', displayName: 'CFO', group: '' })
  fake.addRole(projectId, { key: 'account_admin', displayName: 'Boss', group: '' })
  fake.addProjectGrant(projectId, tenant.organizationId, ['cfo'])
  fake.authorize(tenant.zitadelUserId, projectId, tenant.organizationId, ['cfo'])
  // the project itself must be known before anything can be planned
  const run = await eventually(() => bootstrap(tenant), 8_000)
  expect(statuses(run)).toMatchObject({ 'role:account_admin': 'exists', verify: 'verified' })
  expect(run.status).toBe('succeeded')
  expect(tenant.keysOf(tenant.zitadelUserId)?.toSorted()).toEqual(['account_admin', 'cfo'])
})

test('a step that Zitadel refused is done again by resuming, and no call of another step is repeated', async () => {
  const { tenant } = await bare()
  house.fake.fail(/CreateAuthorization/, 'permission_denied')
  const run = await bootstrap(tenant)
  expect(run.status).toBe('incomplete')
  const failed = run.steps.find(({ kind }) => kind === 'authorization')
  expect(failed).toMatchObject({ status: 'failed', message: expect.stringContaining('permission_denied') })
  const calls = house.fake.calls.length
  const resumed = await house.platform.zitadel.resumeRun({ params: { ...tenant.params, runId: run.id ?? 'zrun_' } })
  expect(resumed).toMatchObject({ id: run.id, status: 'succeeded' })
  const repeated = house.fake.calls.slice(calls).filter(({ path }) => /AddProjectRole|CreateProjectGrant/.test(path))
  expect(repeated).toEqual([])
})

test('what was taken from people and organizations since the plan was made is not given back by resuming', async () => {
  const { tenant, projectId } = await bare()
  const { fake } = house
  const { organizationId, zitadelUserId } = tenant
  for (const key of ['account_admin', 'cfo']) fake.addRole(projectId, { key, displayName: key, group: '' })
  fake.addProjectGrant(projectId, organizationId, ['cfo', 'account_admin'])
  const authorization = fake.authorize(zitadelUserId, projectId, organizationId, ['cfo'])
  fake.settle()
  fake.fail(/UpdateProjectGrant/, 'permission_denied')
  const run = await bootstrap(tenant)
  expect(run.steps.filter(({ status }) => status === 'failed').map(({ kind }) => kind)).toContain('project_grant')
  fake.setAuthorization(authorization, [])
  fake.setProjectGrant(projectId, organizationId, ['account_admin'])
  fake.settle()
  const resumed = await house.platform.zitadel.resumeRun({ params: { ...tenant.params, runId: run.id ?? 'zrun_' } })
  expect(resumed.status).toBe('succeeded')
  expect(tenant.keysOf(zitadelUserId)).toEqual(['account_admin'])
  const granted = [...fake.world().projectGrants.values()].find((one) => one.projectId === projectId)
  expect(granted?.roleKeys).not.toContain('cfo')
})

test('keys that are given to a person one after another are all theirs, though reads are late', async () => {
  const { tenant, projectId } = await bare()
  const { fake } = house
  const keys = ['auditor', 'cfo', 'editor']
  for (const key of keys) fake.addRole(projectId, { key, displayName: key, group: '' })
  fake.addProjectGrant(projectId, tenant.organizationId, keys)
  fake.settle()
  fake.state.lagMs = 700
  onTestFinished(() => {
    fake.state.lagMs = 150
  })
  const { params, zitadelUserId: userId } = tenant
  for (const key of keys) await house.platform.zitadel.grantUser({ params, body: { userId, roleKeys: [key] } })
  expect(tenant.keysOf(userId)?.toSorted()).toEqual(keys)
})

describe('role keys that somebody else changes at the same time', () => {
  const keys = ['auditor', 'cfo', 'editor', 'viewer']
  const granted = async () => {
    const { tenant, projectId } = await bare()
    const { fake } = house
    for (const key of keys) fake.addRole(projectId, { key, displayName: key, group: '' })
    fake.addProjectGrant(projectId, tenant.organizationId, keys)
    fake.settle()
    const { params, zitadelUserId: userId, organizationId } = tenant
    const grant = (...roleKeys: string[]) => house.platform.zitadel.grantUser({ params, body: { userId, roleKeys } })
    const authorize = () => fake.authorize(userId, projectId, organizationId, ['cfo'])
    return { fake, tenant, projectId, grant, authorize, held: () => tenant.keysOf(userId)?.toSorted() }
  }
  const late = () => {
    house.fake.state.lagMs = 700
    onTestFinished(() => {
      house.fake.state.lagMs = 150
    })
  }

  test('in Cockpit are all given, though reads are late', async () => {
    const { grant, held } = await granted()
    late()
    const answers = await Promise.all(keys.map((key) => grant(key)))
    expect(held()).toEqual(keys)
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['created', 'updated', 'updated', 'updated'])
  })

  test('in Zitadel, between our read and our write, are neither taken nor given back', async () => {
    const { fake, grant, authorize, held } = await granted()
    const id = authorize()
    fake.settle()
    fake.cross(/UpdateAuthorization/, { before: () => fake.setAuthorization(id, ['editor', 'viewer']) })
    const answer = await grant('auditor')
    expect(held()).toEqual(['auditor', 'editor', 'viewer'])
    expect(answer.roleKeys.toSorted()).toEqual(['auditor', 'editor', 'viewer'])
  })

  test('in Zitadel a moment before, while lists do not show it yet, count', async () => {
    const { fake, grant, authorize, held } = await granted()
    const id = authorize()
    fake.settle()
    late()
    fake.setAuthorization(id, ['editor'])
    await grant('auditor')
    expect(held()).toEqual(['auditor', 'editor'])
  })

  test('in Zitadel right after our write, which they lose, are put right', async () => {
    const { fake, grant, authorize, held } = await granted()
    const id = authorize()
    fake.settle()
    fake.cross(/UpdateAuthorization/, { after: () => fake.setAuthorization(id, ['cfo', 'viewer']) })
    await grant('auditor')
    expect(held()).toEqual(['auditor', 'cfo', 'viewer'])
  })

  test('in Zitadel again and again are reported, and the keys of nobody are said to be given', async () => {
    const { fake, tenant, grant, authorize } = await granted()
    const id = authorize()
    fake.settle()
    fake.cross(/UpdateAuthorization/, { after: () => fake.setAuthorization(id, ['viewer']) }, 20)
    await expect(grant('auditor')).rejects.toMatchObject({
      code: 'zitadel.failed',
      detail: expect.stringContaining('somebody else changes the same ones'),
    })
    expect(await house.told(tenant.id)).not.toContain('zitadel.user_granted')
  })

  test('of an organization are kept as well', async () => {
    const { fake, tenant, projectId } = await granted()
    const { organizationId } = tenant
    fake.cross(/UpdateProjectGrant/, {
      before: () => fake.setProjectGrant(projectId, organizationId, ['cfo', 'viewer']),
    })
    expect((await bootstrap(tenant)).status).toBe('succeeded')
    const grant = [...fake.world().projectGrants.values()].find((one) => one.projectId === projectId)
    expect(grant?.roleKeys).toEqual(expect.arrayContaining(['cfo', 'viewer', 'account_admin']))
    expect(grant?.roleKeys).not.toContain('auditor')
  })

  test('are not lost either where Cockpit may not read events', async () => {
    const { fake, grant, held } = await granted()
    late()
    fake.state.denied = /events/
    onTestFinished(() => {
      fake.state.denied = null
    })
    await Promise.all(keys.map((key) => grant(key)))
    expect(held()).toEqual(keys)
  })
})

test('an authorization that was deactivated is not taken for one that gives anything', async () => {
  const { tenant, projectId } = await bare()
  const { fake } = house
  fake.addRole(projectId, { key: 'cfo', displayName: 'CFO', group: '' })
  fake.addProjectGrant(projectId, tenant.organizationId, ['cfo'])
  fake.deactivateAuthorization(fake.authorize(tenant.zitadelUserId, projectId, tenant.organizationId, ['cfo']))
  fake.settle()
  const { params, zitadelUserId: userId } = tenant
  await expect(house.platform.zitadel.grantUser({ params, body: { userId, roleKeys: ['cfo'] } })).rejects.toMatchObject(
    { code: 'zitadel.failed', detail: expect.stringContaining('activate it there') },
  )
})

test('a plan without Zitadel tells what Cockpit knows, and why it is no more', async () => {
  const tenant = await house.tenant()
  house.fake.fail(/./, 'permission_denied', { times: 20 })
  const plan = await house.platform.zitadel.plan({ params: tenant.params })
  house.fake.clearFailures()
  expect(plan).toMatchObject({ steps: null, problem: expect.stringContaining('permission_denied') })
  expect(plan.accountAdmins).toHaveLength(1)
})
