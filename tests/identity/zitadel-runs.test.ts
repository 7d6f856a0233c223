/** What runs, plans and single acts promise, arranged through the API of Zitadel alone. */
import { randomInt } from 'node:crypto'
import type { ZitadelRun } from '@cockpit/contract/zitadel-shapes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { masterKey } from '../support/cockpit.ts'
import type { Stage } from '../support/zitadel-stage.ts'
import { onEveryStage, openTenants, type StagedTenant, soon, type Tenants } from '../support/zitadel-tenants.ts'

const stepOf = (run: ZitadelRun, wanted: string) => run.steps.find(({ kind }) => kind === wanted)
const runParams = ({ params }: StagedTenant, { id }: ZitadelRun) => ({ ...params, runId: id ?? 'zrun_' })

const promises = (start: () => Promise<Stage>) => {
  let house: Tenants
  beforeAll(async () => {
    house = await openTenants(await start())
  })
  afterAll(() => house?.stop())

  describe('a run', () => {
    test('that failed in the middle keeps what was done and, resumed, does only the rest', async () => {
      const tenant = await house.tenant({ known: false })
      // somebody whom Zitadel does not know yet
      const id = `7${randomInt(1e12, 9e12)}00000`
      const run = await tenant.bootstrap({ userIdByEmail: { [tenant.email]: id } })
      expect(run.status).toBe('incomplete')
      expect(stepOf(run, 'authorization')).toMatchObject({ status: 'failed', message: expect.any(String), attempts: 1 })
      const before = await tenant.changed()
      expect(before).toBe(7)
      await tenant.hire('Late', { id })
      const resumed = await house.platform.zitadel.resumeRun({ params: runParams(tenant, run) })
      expect(resumed).toMatchObject({ id: run.id, status: 'succeeded' })
      expect(stepOf(resumed, 'authorization')).toMatchObject({ status: 'created', attempts: 2 })
      expect(stepOf(resumed, 'role')).toEqual(stepOf(run, 'role'))
      expect(await tenant.changed()).toBe(before + 1)
      expect(await tenant.keysOf(id)).toEqual(['account_admin'])
    })

    test('that needs a role which nobody makes is incomplete, and says which', async () => {
      const tenant = await house.tenant()
      const run = await tenant.bootstrap({ createProjectRoles: false })
      expect(run).toMatchObject({ status: 'incomplete', summary: { adminGrantSummary: { created: 0, failed: 1 } } })
      expect(stepOf(run, 'authorization')).toMatchObject({
        status: 'conflict',
        message: expect.stringContaining("'account_admin'"),
      })
      expect(await tenant.keysOf(tenant.zitadelUserId)).toEqual([])
    })

    test('whose process died is taken over, and repeats at most the step it was in', async () => {
      const tenant = await house.tenant()
      const done = await tenant.bootstrap()
      const before = await tenant.changed()
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
      const run = await soon(async () => {
        const found = await house.platform.zitadel.run({ params: runParams(tenant, done) })
        if (found.status !== 'succeeded') throw new Error(found.status)
        return found
      })
      expect([stepOf(run, 'authorization')?.status, stepOf(run, 'verify')?.status]).toEqual(['exists', 'verified'])
      expect(await tenant.changed()).toBe(before)
    })

    test('is followed live, step by step, until it ends', async () => {
      const tenant = await house.tenant()
      const { params } = tenant
      const started = await house.platform.zitadel.bootstrap({ params, query: { wait: 'false' }, body: {} })
      const seen: ZitadelRun[] = []
      for await (const state of house.platform.zitadel.followRun({ params: runParams(tenant, started) }))
        seen.push(state)
      expect(seen.at(-1)?.status).toBe('succeeded')
      expect(seen.length).toBeGreaterThan(2)
      const finished = seen.map(({ steps }) => steps.filter(({ finishedAt }) => finishedAt !== null).length)
      expect(finished).toEqual(finished.toSorted((a, b) => a - b))
    })

    test('of another account is as missing as one that never was', async () => {
      const [one, other] = [await house.tenant(), await house.tenant()]
      const params = runParams(other, await one.bootstrap())
      await expect(house.platform.zitadel.run({ params })).rejects.toMatchObject({ code: 'zitadel.run_not_found' })
    })
  })

  describe('single acts', () => {
    test('a person gets role keys beside those they have', async () => {
      const { params, place, zitadelUserId: userId, keysOf, bootstrap } = await house.tenant()
      await bootstrap()
      const body = { userId, roleKeys: ['end_user'] }
      const granted = await house.platform.zitadel.grantUser({ params, body })
      const roleKeys = ['account_admin', 'end_user']
      expect(granted).toEqual({ status: 'updated', authorizationId: expect.any(String), userId, ...place, roleKeys })
      await soon(async () => expect(await keysOf(userId)).toEqual(roleKeys))
    })

    test('a role is made once', async () => {
      const { params, projectId, roleKeys } = await house.tenant()
      const body = { key: 'auditor', displayName: 'Auditor', group: 'audit' }
      const make = () => house.platform.zitadel.createRole({ params, body })
      expect(await make()).toEqual({ status: 'created', ...body, projectId })
      expect((await make()).status).toBe('exists')
      await soon(async () => expect(await roleKeys()).toEqual(['auditor']))
    })

    test('what Zitadel refuses is a 502 that says why; nothing is half done', async () => {
      const tenant = await house.tenant()
      const line = `POST /v1/accounts/${tenant.id}/zitadel/provision/user-grant`
      const answer = await house.cockpit.send(line, {
        headers: { authorization: `Bearer ${masterKey}` },
        body: { userId: 'nobody', roleKeys: ['account_admin'] },
      })
      expect([answer.status, JSON.parse(answer.text).type]).toEqual([502, 'zitadel.failed'])
      expect(await house.told(tenant.id)).not.toContain('zitadel.user_granted')
      expect(await tenant.changed()).toBe(0)
    })

    test('without project or organization the answer says which', async () => {
      const { projectId, bootstrap } = await house.tenant({ configured: false })
      await expect(bootstrap()).rejects.toMatchObject({ code: 'zitadel.project_required', status: 400 })
      await expect(bootstrap({ projectId })).rejects.toMatchObject({ code: 'zitadel.organization_required' })
    })

    test('nothing is granted in the organization of another account', async () => {
      const [one, other] = [await house.tenant(), await house.tenant({ configured: false })]
      const taken = { code: 'zitadel.organization_taken' }
      await expect(other.bootstrap(one.place)).rejects.toMatchObject(taken)
      const { params } = other
      await expect(house.platform.zitadel.setConfig({ params, body: one.place })).rejects.toMatchObject(taken)
      expect(await one.changed()).toBe(0)
    })
  })

  describe('the plan', () => {
    test('shows what exists, what would be made and what needs a person', async () => {
      const { params, email, projectId, organizationId, zitadelUserId } = await house.tenant()
      await house.stage.client.addRole(projectId, { key: 'end_user', displayName: 'Users', group: '' })
      const plan = await soon(async () => {
        const seen = await house.platform.zitadel.plan({ params })
        expect(seen.steps?.find(({ key }) => key === 'role:end_user')?.status).toBe('exists')
        return seen
      })
      expect(plan.accountAdmins).toMatchObject([
        { email, resolvedRoleKeys: ['account_admin'], source: 'manual', createdAt: expect.any(String) },
      ])
      expect(plan.standardRoles).toHaveLength(6)
      const step = (key: string) => plan.steps?.find((one) => one.key === key)
      expect(step('role:end_user')).toMatchObject({ message: expect.stringContaining('Users') })
      expect(step('role:account_admin')?.status).toBe('create')
      expect(step(`project_grant:${organizationId}`)?.status).toBe('create')
      expect(step(`authorization:${zitadelUserId}`)?.status).toBe('create')
    })
  })

  describe('onboarding defaults', () => {
    test('stand in for what neither the call nor the account names', async () => {
      const { projectId, organizationId, bootstrap } = await house.tenant({ configured: false })
      await house.platform.zitadel.setDefaults({ body: { projectId, rolePrefix: '', organizationId: '' } })
      expect(await house.platform.zitadel.defaults()).toEqual({
        projectId,
        organizationId: null,
        rolePrefix: null,
        resolveUserIdsFromZitadel: true,
      })
      expect(await bootstrap({ organizationId })).toMatchObject({ status: 'succeeded', projectId, organizationId })
      await house.platform.zitadel.setDefaults({ body: {} })
    })
  })
}

onEveryStage('runs', promises)
