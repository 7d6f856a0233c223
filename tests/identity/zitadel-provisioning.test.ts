import type { ZitadelRun } from '@cockpit/contract/zitadel-shapes'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { type House, openHouse, type Tenant } from '../support/zitadel-house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.stop())

const standard = [
  'account_admin',
  'console_org_admin',
  'console_team_admin',
  'copilot_org_admin',
  'copilot_team_admin',
  'end_user',
]
const statuses = (run: ZitadelRun) => Object.fromEntries(run.steps.map(({ key, status }) => [key, status]))
/** What a project knows may have been made by another test: those that need it bare get one of their own. */
const bare = async () => {
  const tenant = await house.tenant({ configured: false })
  const projectId = house.fake.addProject(house.ownerId, `project of ${tenant.tag}`)
  await house.platform.zitadel.setConfig({
    params: tenant.params,
    body: { projectId, organizationId: tenant.organizationId },
  })
  house.fake.settle()
  return { tenant, projectId }
}
const bootstrap = (tenant: Tenant, body: object = {}) =>
  house.platform.zitadel.bootstrap({ params: tenant.params, body })

describe('onboarding an account', () => {
  test('makes roles, the project grant and the admin’s authorization, and reads them back', async () => {
    const { tenant, projectId } = await bare()
    const run = await bootstrap(tenant)
    expect(run).toMatchObject({ status: 'succeeded', unresolvedAdmins: [], summary: { adminsTotal: 1 } })
    expect(statuses(run)).toEqual({
      config: 'updated',
      ...Object.fromEntries(standard.map((key) => [`role:${key}`, 'created'])),
      [`project_grant:${tenant.organizationId}`]: 'created',
      [`authorization:${tenant.zitadelUserId}`]: 'created',
      verify: 'verified',
    })
    const world = house.fake.world()
    expect([...(world.projects.get(projectId)?.roles.keys() ?? [])]).toEqual(standard)
    expect(tenant.keysOf(tenant.zitadelUserId)).toEqual(['account_admin'])
    const config = await house.platform.zitadel.config({ params: tenant.params })
    expect(config.roleMappings).toMatchObject({ account_admin: 'account_admin', copilot_admin: 'copilot_org_admin' })
    expect(run.resolvedUserIds).toEqual({ [tenant.email]: tenant.zitadelUserId })
    expect(run.result).toMatchObject({
      zitadelConfig: { projectId, organizationId: tenant.organizationId, roleMappings: config.roleMappings },
      roles: standard.map((key) => ({ key, baseKey: key, status: 'created' })),
      grants: [
        {
          ...{ email: tenant.email, zitadelUserId: tenant.zitadelUserId, role: 'account_admin' },
          ...{ roleKeys: ['account_admin'], status: 'created', message: null },
        },
      ],
    })
  })

  test('tells every change in the story of the account, and nothing when nothing changed', async () => {
    const { tenant } = await bare()
    await bootstrap(tenant)
    const told = await house.told(tenant.id)
    expect(told.filter((name) => name === 'zitadel.role_created')).toHaveLength(6)
    expect(told).toEqual(
      expect.arrayContaining([
        'zitadel.run_started',
        'zitadel.project_granted',
        'zitadel.user_granted',
        'zitadel.run_finished',
      ]),
    )
    await bootstrap(tenant)
    const again = (await house.told(tenant.id)).slice(told.length)
    expect(again).toEqual(['zitadel.run_started', 'zitadel.run_finished'])
  })

  test('twice changes nothing the second time', async () => {
    const { tenant } = await bare()
    await bootstrap(tenant)
    const before = house.fake.events.length
    const run = await bootstrap(tenant)
    expect(run.status).toBe('succeeded')
    expect(new Set(run.steps.map(({ status }) => status))).toEqual(new Set(['exists', 'verified']))
    expect(run.summary).toMatchObject({
      configUpdated: false,
      roleSyncSummary: { created: 0, exists: 6, failed: 0 },
      adminGrantSummary: { created: 0, exists: 1 },
    })
    expect(house.fake.events.length).toBe(before)
  })

  test('keeps role keys that Cockpit does not own, in the grant and of people', async () => {
    const { tenant, projectId } = await bare()
    const { fake } = house
    fake.addRole(projectId, { key: 'cfo', displayName: 'CFO', group: 'finance' })
    fake.addProjectGrant(projectId, tenant.organizationId, ['cfo'])
    fake.authorize(tenant.zitadelUserId, projectId, tenant.organizationId, ['cfo'])
    house.fake.settle()
    expect((await bootstrap(tenant)).status).toBe('succeeded')
    expect(tenant.keysOf(tenant.zitadelUserId)).toEqual(['cfo', 'account_admin'])
    const grant = [...fake.world().projectGrants.values()].find(({ orgId }) => orgId === tenant.organizationId)
    expect(grant?.roleKeys).toEqual(['cfo', ...standard])
  })

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

  test('with a prefix makes prefixed keys, and the mappings lead to them', async () => {
    const { tenant } = await bare()
    const run = await bootstrap(tenant, { rolePrefix: 'acme' })
    expect(run.status).toBe('succeeded')
    expect(tenant.keysOf(tenant.zitadelUserId)).toEqual(['acme_account_admin'])
    expect(run.result.roles[0]).toMatchObject({ key: 'acme_account_admin', baseKey: 'account_admin' })
    const plan = await house.platform.zitadel.plan({ params: tenant.params, query: { rolePrefix: 'other_' } })
    expect(plan.standardRoles.at(-1)).toMatchObject({ key: 'other_end_user', baseKey: 'end_user', group: 'common' })
  })
})

describe('a dry run', () => {
  // T101
  test('changes nothing: neither Zitadel, nor the configuration, nor the story', async () => {
    const { tenant } = await bare()
    const config = await house.platform.zitadel.config({ params: tenant.params })
    const [happened, told] = [house.fake.events.length, await house.told(tenant.id)]
    const run = await bootstrap(tenant, { dryRun: true, rolePrefix: 'dry' })
    expect(run).toMatchObject({ id: null, status: 'dry_run', summary: { configUpdated: false } })
    expect(new Set(run.steps.map(({ status }) => status))).toEqual(new Set(['skipped']))
    expect(run.steps.map(({ message }) => message)).toContain('It would be created.')
    expect(run.result).toMatchObject({
      zitadelConfig: { roleMappings: { account_admin: 'dry_account_admin' } },
      roles: expect.arrayContaining([expect.objectContaining({ key: 'dry_end_user', status: 'skipped' })]),
      grants: [{ email: tenant.email, roleKeys: ['dry_account_admin'], status: 'skipped' }],
    })
    expect(house.fake.events.length).toBe(happened)
    expect(await house.platform.zitadel.config({ params: tenant.params })).toEqual(config)
    expect(await house.told(tenant.id)).toEqual(told)
    expect((await house.platform.zitadel.runs({ params: tenant.params })).items).toEqual([])
  })
})

describe('administrators', () => {
  test('nobody finds are listed with the reason, and a mapping by hand resolves them', async () => {
    const tenant = await house.tenant({ known: false })
    const run = await bootstrap(tenant)
    expect(run.unresolvedAdmins).toEqual([
      { email: tenant.email, role: 'account_admin', reason: 'user_id_not_found', roleKeys: ['account_admin'] },
    ])
    const zitadelUserId = house.fake.addUser(tenant.organizationId, `other-${tenant.tag}@example.com`)
    await house.platform.zitadel.setLink({ params: tenant.params, body: { email: tenant.email, zitadelUserId } })
    const again = await bootstrap(tenant)
    expect(again).toMatchObject({ status: 'succeeded', unresolvedAdmins: [] })
    expect(tenant.keysOf(zitadelUserId)).toEqual(['account_admin'])
  })

  test('are not taken for a stranger of another organization who has their e-mail', async () => {
    const tenant = await house.tenant({ known: false })
    const stranger = house.fake.addUser(house.fake.addOrg('Evil'), tenant.email)
    house.fake.settle()
    const run = await bootstrap(tenant)
    expect(run.unresolvedAdmins).toMatchObject([{ email: tenant.email, reason: 'not_allowed' }])
    expect([...house.fake.world().userGrants.values()].filter(({ userId }) => userId === stranger)).toEqual([])
  })

  test('of two with one e-mail in the organization, nobody is guessed', async () => {
    const tenant = await house.tenant()
    house.fake.addUser(tenant.organizationId, tenant.email)
    house.fake.settle()
    expect((await bootstrap(tenant)).unresolvedAdmins).toMatchObject([{ reason: 'ambiguous' }])
  })

  test('whose role maps to nothing get nothing, least of all an account admin’s key', async () => {
    const tenant = await house.tenant()
    const email = `bill-${tenant.tag}@example.com`
    await tenant.api.users.create({ body: { email, name: 'Bill', role: 'billing_admin' } })
    const bill = house.fake.addUser(tenant.organizationId, email)
    const run = await bootstrap(tenant)
    expect(run.unresolvedAdmins).toEqual([{ email, role: 'billing_admin', reason: 'no_role_keys', roleKeys: [] }])
    expect(tenant.keysOf(bill)).toBeUndefined()
  })

  test('are given as ids in the call, with keys that everybody gets', async () => {
    const { tenant, projectId } = await bare()
    house.fake.addRole(projectId, { key: 'extra', displayName: 'Extra', group: '' })
    house.fake.settle()
    await house.platform.zitadel.syncRoles({ params: tenant.params, body: {} })
    const known = house.fake.addUser(tenant.organizationId, `known-${tenant.tag}@example.com`)
    const run = await house.platform.zitadel.syncAdminGrants({
      params: tenant.params,
      body: { userIdByEmail: { [tenant.email]: known }, defaultRoleKeys: ['extra'], resolveUserIdsFromZitadel: false },
    })
    expect(run.status).toBe('succeeded')
    expect(tenant.keysOf(known)).toEqual(['account_admin', 'extra'])
  })
})

describe('a run', () => {
  test('that failed in the middle keeps what was done and, resumed, does only the rest', async () => {
    const { tenant } = await bare()
    house.fake.fail(/CreateAuthorization/, 'permission_denied')
    const run = await bootstrap(tenant)
    expect(run.status).toBe('incomplete')
    const failed = run.steps.find(({ kind }) => kind === 'authorization')
    expect(failed).toMatchObject({ status: 'failed', message: expect.stringContaining('permission_denied') })
    const calls = house.fake.calls.length
    const resumed = await house.platform.zitadel.resumeRun({ params: { ...tenant.params, runId: run.id ?? 'zrun_' } })
    expect(resumed).toMatchObject({ id: run.id, status: 'succeeded' })
    expect(resumed.steps.find(({ kind }) => kind === 'authorization')).toMatchObject({ status: 'created', attempts: 2 })
    const repeated = house.fake.calls.slice(calls).filter(({ path }) => /AddProjectRole|CreateProjectGrant/.test(path))
    expect(repeated).toEqual([])
  })

  test('whose process died is taken over, and repeats at most the step it was in', async () => {
    const { tenant } = await bare()
    const done = await bootstrap(tenant)
    // as a dead process leaves it: running, its lease over, one step begun and one not yet
    const { query } = house.cockpit.database
    await query(
      `update zitadel_run_steps set status = case when kind = 'verify' then 'pending' else 'running' end
       where run_id = $1 and kind in ('authorization', 'verify')`,
      [done.id],
    )
    await query(
      `update zitadel_runs set status = 'running', finished_at = null, leased_until = now() - interval '1 second' where id = $1`,
      [done.id],
    )
    await query(`select pg_notify('cockpit_zitadel_work', '')`)
    const params = { ...tenant.params, runId: done.id ?? 'zrun_' }
    const run = await eventually(async () => {
      const found = await house.platform.zitadel.run({ params })
      if (found.status !== 'succeeded') throw new Error(found.status)
      return found
    })
    expect(statuses(run)).toMatchObject({ [`authorization:${tenant.zitadelUserId}`]: 'exists', verify: 'verified' })
    expect(tenant.keysOf(tenant.zitadelUserId)).toEqual(['account_admin'])
  })

  test('is followed live, step by step, until it ends', async () => {
    const { tenant } = await bare()
    const started = await house.platform.zitadel.bootstrap({
      params: tenant.params,
      query: { wait: 'false' },
      body: {},
    })
    const seen: ZitadelRun[] = []
    const params = { ...tenant.params, runId: started.id ?? 'zrun_' }
    for await (const state of house.platform.zitadel.followRun({ params })) seen.push(state)
    expect(seen.at(-1)?.status).toBe('succeeded')
    expect(seen.length).toBeGreaterThan(2)
    const finished = seen.map(({ steps }) => steps.filter(({ finishedAt }) => finishedAt !== null).length)
    expect(finished).toEqual(finished.toSorted((a, b) => a - b))
  })

  test('of another account is as missing as one that never was', async () => {
    const [one, other] = [await house.tenant(), await house.tenant()]
    const run = await bootstrap(one)
    const params = { ...other.params, runId: run.id ?? 'zrun_' }
    await expect(house.platform.zitadel.run({ params })).rejects.toMatchObject({ code: 'zitadel.run_not_found' })
  })
})

describe('single acts', () => {
  test('a person gets role keys beside those they have', async () => {
    const tenant = await house.tenant()
    await bootstrap(tenant)
    const body = { userId: tenant.zitadelUserId, roleKeys: ['end_user'] }
    const granted = await eventually(async () => {
      const answer = await house.platform.zitadel.grantUser({ params: tenant.params, body })
      if (answer.status === 'created') throw new Error('not visible yet')
      return answer
    })
    expect(granted).toMatchObject({
      ...{ userId: tenant.zitadelUserId, projectId: house.projectId, organizationId: tenant.organizationId },
      roleKeys: ['account_admin', 'end_user'],
    })
    expect(tenant.keysOf(tenant.zitadelUserId)).toEqual(['account_admin', 'end_user'])
  })

  test('a role is made once', async () => {
    const { tenant, projectId } = await bare()
    const body = { key: 'auditor', displayName: 'Auditor', group: 'audit' }
    const make = () => house.platform.zitadel.createRole({ params: tenant.params, body })
    expect(await make()).toEqual({ status: 'created', ...body, projectId })
    expect((await make()).status).toBe('exists')
  })

  test('what Zitadel refuses is a 502 that says why; nothing is half done', async () => {
    const tenant = await house.tenant()
    const body = { userId: 'nobody', roleKeys: ['account_admin'] }
    const answer = await house.cockpit.send(`POST /v1/accounts/${tenant.id}/zitadel/provision/user-grant`, {
      headers: { authorization: 'Bearer mk_test_0123456789abcdef' },
      body,
    })
    expect([answer.status, JSON.parse(answer.text).type]).toEqual([502, 'zitadel.failed'])
    expect(await house.told(tenant.id)).not.toContain('zitadel.user_granted')
  })

  test('without project or organization the answer says which', async () => {
    const tenant = await house.tenant({ configured: false })
    await expect(bootstrap(tenant)).rejects.toMatchObject({ code: 'zitadel.project_required', status: 400 })
    await expect(bootstrap(tenant, { projectId: house.projectId })).rejects.toMatchObject({
      code: 'zitadel.organization_required',
    })
  })

  test('nothing is granted in the organization of another account', async () => {
    const [one, other] = [await house.tenant(), await house.tenant({ configured: false })]
    const { organizationId } = one
    await expect(bootstrap(other, { projectId: house.projectId, organizationId })).rejects.toMatchObject({
      code: 'zitadel.organization_taken',
    })
    const body = { projectId: house.projectId, organizationId }
    await expect(house.platform.zitadel.setConfig({ params: other.params, body })).rejects.toMatchObject({
      code: 'zitadel.organization_taken',
    })
  })
})

describe('the plan', () => {
  test('shows what exists, what would be made and what needs a person', async () => {
    const { tenant, projectId } = await bare()
    house.fake.addRole(projectId, { key: 'end_user', displayName: 'Users', group: '' })
    house.fake.settle()
    const plan = await house.platform.zitadel.plan({ params: tenant.params })
    expect(plan.accountAdmins).toMatchObject([
      { email: tenant.email, resolvedRoleKeys: ['account_admin'], source: 'manual', createdAt: expect.any(String) },
    ])
    expect(plan.standardRoles.map(({ key }) => key)).toEqual(standard)
    const step = (key: string) => plan.steps?.find((one) => one.key === key)
    expect(step('role:end_user')).toMatchObject({ status: 'exists', message: expect.stringContaining('Users') })
    expect(step('role:account_admin')?.status).toBe('create')
    expect(step(`project_grant:${tenant.organizationId}`)?.status).toBe('create')
    expect(step(`authorization:${tenant.zitadelUserId}`)?.status).toBe('create')
  })

  test('without Zitadel tells what Cockpit knows, and why it is no more', async () => {
    const tenant = await house.tenant()
    house.fake.fail(/./, 'permission_denied', { times: 20 })
    const plan = await house.platform.zitadel.plan({ params: tenant.params })
    house.fake.clearFailures()
    expect(plan).toMatchObject({ steps: null, problem: expect.stringContaining('permission_denied') })
    expect(plan.accountAdmins).toHaveLength(1)
  })
})

describe('onboarding defaults', () => {
  test('stand in for what neither the call nor the account names', async () => {
    const tenant = await house.tenant({ configured: false })
    const projectId = house.fake.addProject(house.ownerId, 'defaults')
    house.fake.settle()
    await house.platform.zitadel.setDefaults({ body: { projectId, rolePrefix: '', organizationId: '' } })
    expect(await house.platform.zitadel.defaults()).toEqual({
      projectId,
      organizationId: null,
      rolePrefix: null,
      resolveUserIdsFromZitadel: true,
    })
    const run = await bootstrap(tenant, { organizationId: tenant.organizationId })
    expect(run).toMatchObject({ status: 'succeeded', projectId, organizationId: tenant.organizationId })
    await house.platform.zitadel.setDefaults({ body: {} })
  })
})
