/** What onboarding promises, arranged through the API of Zitadel alone, so that a living instance is asked the same. */
import type { ZitadelRun } from '@cockpit/contract/zitadel-shapes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Stage } from '../support/zitadel-stage.ts'
import { onEveryStage, openTenants, soon, type Tenants } from '../support/zitadel-tenants.ts'

const standard = [
  'account_admin',
  'console_org_admin',
  'console_team_admin',
  'copilot_org_admin',
  'copilot_team_admin',
  'end_user',
]
const cfo = { key: 'cfo', displayName: 'CFO', group: 'finance' }
const statuses = (run: ZitadelRun) => Object.fromEntries(run.steps.map(({ key, status }) => [key, status]))

const promises = (start: () => Promise<Stage>) => {
  let house: Tenants
  beforeAll(async () => {
    house = await openTenants(await start())
  })
  afterAll(() => house?.stop())
  const configOf = (params: { id: string }) => house.platform.zitadel.config({ params })

  describe('onboarding an account', () => {
    test('makes roles, the project grant and the admin’s authorization, and reads them back', async () => {
      const { params, email, zitadelUserId, place, keysOf, roleKeys, bootstrap } = await house.tenant()
      const run = await bootstrap()
      expect(run).toMatchObject({ status: 'succeeded', unresolvedAdmins: [], summary: { adminsTotal: 1 } })
      expect(statuses(run)).toEqual({
        config: 'updated',
        ...Object.fromEntries(standard.map((key) => [`role:${key}`, 'created'])),
        [`project_grant:${place.organizationId}`]: 'created',
        [`authorization:${zitadelUserId}`]: 'created',
        verify: 'verified',
      })
      expect(await roleKeys()).toEqual(standard)
      expect(await keysOf(zitadelUserId)).toEqual(['account_admin'])
      const { roleMappings } = await configOf(params)
      expect(roleMappings).toMatchObject({ account_admin: 'account_admin', copilot_admin: 'copilot_org_admin' })
      expect(run.resolvedUserIds).toEqual({ [email]: zitadelUserId })
      const done = { status: 'created', message: null }
      expect(run.result).toMatchObject({
        zitadelConfig: { ...place, roleMappings },
        roles: standard.map((key) => ({ key, baseKey: key, ...done })),
        grants: [{ email, zitadelUserId, role: 'account_admin', roleKeys: ['account_admin'], ...done }],
      })
    })

    test('tells every change in the story of the account, and twice changes nothing the second time', async () => {
      const tenant = await house.tenant()
      await tenant.bootstrap()
      const told = await house.told(tenant.id)
      expect(told.filter((name) => name === 'zitadel.role_created')).toHaveLength(6)
      expect(told).toEqual(
        expect.arrayContaining(['zitadel.project_granted', 'zitadel.user_granted', 'zitadel.run_finished']),
      )
      const before = await tenant.changed()
      expect(before).toBe(8)
      const run = await tenant.bootstrap()
      expect(run.status).toBe('succeeded')
      expect(new Set(run.steps.map(({ status }) => status))).toEqual(new Set(['exists', 'verified']))
      expect(run.summary).toMatchObject({
        configUpdated: false,
        roleSyncSummary: { created: 0, exists: 6, failed: 0 },
        adminGrantSummary: { created: 0, exists: 1 },
      })
      expect((await house.told(tenant.id)).slice(told.length)).toEqual(['zitadel.run_started', 'zitadel.run_finished'])
      expect(await tenant.changed()).toBe(before)
    })

    test('keeps role keys that Cockpit does not own, in the project, in the grant and of people', async () => {
      const { place, zitadelUserId, keysOf, roleKeys, bootstrap } = await house.tenant()
      const { client } = house.stage
      await client.addRole(place.projectId, cfo)
      await soon(() => client.addProjectGrant(place, ['cfo']))
      await soon(() => client.addAuthorization(place, zitadelUserId, ['cfo']))
      expect((await bootstrap()).status).toBe('succeeded')
      expect(await keysOf(zitadelUserId)).toEqual(['account_admin', 'cfo'])
      expect((await client.projectGrant(place))?.roleKeys.toSorted()).toEqual([...standard, 'cfo'].toSorted())
      expect(await roleKeys()).toContain('cfo')
    })

    test('with a prefix makes prefixed keys, and the mappings lead to them', async () => {
      const { params, zitadelUserId, keysOf, bootstrap } = await house.tenant()
      const run = await bootstrap({ rolePrefix: 'acme' })
      expect(run.status).toBe('succeeded')
      expect(await keysOf(zitadelUserId)).toEqual(['acme_account_admin'])
      expect((await configOf(params)).roleMappings).toMatchObject({ account_admin: 'acme_account_admin' })
      expect(run.result.roles[0]).toMatchObject({ key: 'acme_account_admin', baseKey: 'account_admin' })
      const plan = await house.platform.zitadel.plan({ params, query: { rolePrefix: 'other_' } })
      expect(plan.standardRoles.at(-1)).toMatchObject({ key: 'other_end_user', baseKey: 'end_user', group: 'common' })
    })

    test('leaves the mappings that somebody made, and grants by them', async () => {
      const { params, place, zitadelUserId, keysOf, bootstrap } = await house.tenant({ configured: false })
      const body = { ...place, roleMappings: { account_admin: 'cfo' } }
      await house.platform.zitadel.setConfig({ params, body })
      await house.platform.zitadel.createRole({ params, body: cfo })
      const plan = await soon(async () => {
        const seen = await house.platform.zitadel.plan({ params })
        expect(seen.steps?.find(({ kind }) => kind === 'authorization')?.status).toBe('create')
        return seen
      })
      expect(plan.accountAdmins).toMatchObject([{ resolvedRoleKeys: ['cfo'] }])
      expect((await bootstrap()).status).toBe('succeeded')
      expect(await keysOf(zitadelUserId)).toEqual(['cfo'])
      expect((await configOf(params)).roleMappings).toMatchObject({ account_admin: 'cfo', end_user: 'end_user' })
    })
  })

  describe('a dry run', () => {
    // T101
    test('changes nothing: neither Zitadel, nor the configuration, nor the story', async () => {
      const tenant = await house.tenant()
      const { params, email } = tenant
      const before = [await configOf(params), await house.told(tenant.id), await tenant.changed()]
      const run = await tenant.bootstrap({ dryRun: true, rolePrefix: 'dry' })
      expect(run).toMatchObject({ id: null, status: 'dry_run', summary: { configUpdated: false } })
      expect(new Set(run.steps.map(({ status }) => status))).toEqual(new Set(['skipped']))
      expect(run.steps.map(({ message }) => message)).toContain('It would be created.')
      expect(run.result).toMatchObject({
        zitadelConfig: { roleMappings: { account_admin: 'dry_account_admin' } },
        roles: expect.arrayContaining([expect.objectContaining({ key: 'dry_end_user', status: 'skipped' })]),
        grants: [{ email, roleKeys: ['dry_account_admin'], status: 'skipped' }],
      })
      expect([await configOf(params), await house.told(tenant.id), await tenant.changed()]).toEqual(before)
      expect(await tenant.changed()).toBe(0)
      expect((await house.platform.zitadel.runs({ params })).items).toEqual([])
    })
  })

  describe('administrators', () => {
    test('nobody finds are listed with the reason, and a mapping by hand resolves them', async () => {
      const { params, email, hire, keysOf, bootstrap } = await house.tenant({ known: false })
      expect((await bootstrap()).unresolvedAdmins).toEqual([
        { email, role: 'account_admin', reason: 'user_id_not_found', roleKeys: ['account_admin'] },
      ])
      const { id: zitadelUserId } = await hire('Other')
      await house.platform.zitadel.setLink({ params, body: { email, zitadelUserId } })
      expect(await bootstrap()).toMatchObject({ status: 'succeeded', unresolvedAdmins: [] })
      expect(await keysOf(zitadelUserId)).toEqual(['account_admin'])
    })

    test('are not taken for a stranger of another organization who has their e-mail', async () => {
      const { email, keysOf, bootstrap } = await house.tenant({ known: false })
      const stranger = await house.stage.hire('Eve', { at: await house.stage.makeOrganization(), email })
      await soon(async () => expect(await house.stage.client.usersByEmail([email])).toHaveLength(1))
      expect((await bootstrap()).unresolvedAdmins).toMatchObject([{ email, reason: 'not_allowed' }])
      expect(await keysOf(stranger.id)).toEqual([])
    })

    test('of two with one e-mail in the organization, nobody is guessed', async () => {
      const { email, hire, bootstrap } = await house.tenant()
      await hire('Twin', { email })
      await soon(async () => expect(await house.stage.client.usersByEmail([email])).toHaveLength(2))
      expect((await bootstrap()).unresolvedAdmins).toMatchObject([{ reason: 'ambiguous' }])
    })

    test('whose role maps to nothing get nothing, least of all an account admin’s key', async () => {
      const { tag, api, hire, keysOf, bootstrap } = await house.tenant()
      const email = `bill-${tag}@acme.example.com`
      await api.users.create({ body: { email, name: 'Bill', role: 'billing_admin' } })
      const bill = await hire('Bill', { email })
      expect((await bootstrap()).unresolvedAdmins).toEqual([
        { email, role: 'billing_admin', reason: 'no_role_keys', roleKeys: [] },
      ])
      expect(await keysOf(bill.id)).toEqual([])
    })

    test('are given as ids in the call, with keys that everybody gets', async () => {
      const { params, email, projectId, hire, keysOf } = await house.tenant()
      await house.stage.client.addRole(projectId, cfo)
      const synced = await house.platform.zitadel.syncRoles({ params, body: {} })
      expect(synced).toMatchObject({ status: 'succeeded', summary: { roleSyncSummary: { created: 6, failed: 0 } } })
      expect(synced.result).toMatchObject({ zitadelConfig: null, grants: [] })
      const known = await hire('Known')
      const userIdByEmail = { [email]: known.id }
      const run = await house.platform.zitadel.syncAdminGrants({
        params,
        body: { userIdByEmail, defaultRoleKeys: ['cfo'], resolveUserIdsFromZitadel: false },
      })
      expect(run.status).toBe('succeeded')
      expect(run.result).toMatchObject({ roles: [], grants: [{ zitadelUserId: known.id, status: 'created' }] })
      expect(await keysOf(known.id)).toEqual(['account_admin', 'cfo'])
    })
  })
}

onEveryStage('provisioning', promises)
