/** What onboarding promises, where no fault is needed that a living instance cannot be told to have. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, password } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { fakeStage, liveStage, type Stage, whyNotLive } from '../support/zitadel-stage.ts'

const foreign = { key: 'cfo', displayName: 'CFO', group: 'finance' }

const promises = (start: () => Promise<Stage>) => {
  let stage: Stage
  let cockpit: TestCockpit
  let params: { id: string }
  beforeAll(async () => {
    stage = await start()
    cockpit = await startCockpit(stage.environment)
    const { user, projectId, organizationId } = stage
    const body = { name: 'Acme', adminEmail: user.email.toLowerCase(), adminName: 'Ada', adminPassword: password }
    params = { id: (await cockpit.as().accounts.create({ body })).id }
    await cockpit.as().zitadel.setConfig({ params, body: { projectId, organizationId } })
    await stage.client.addRole(projectId, foreign)
    await eventually(async () => {
      const [roles, people] = [await stage.client.roles(projectId), await stage.client.usersByEmail([user.email])]
      if (roles.length === 0 || people.length === 0) throw new Error('not visible yet')
    })
  })
  afterAll(async () => {
    await cockpit?.stop()
    await stage?.stop()
  })
  const bootstrap = (body: object = {}) => cockpit.as().zitadel.bootstrap({ params, body })
  const keysOf = async () => {
    const place = { projectId: stage.projectId, organizationId: stage.organizationId }
    return (await stage.client.authorizations(place))[0]?.roleKeys.toSorted() ?? []
  }
  const rolesThere = async () => (await stage.client.roles(stage.projectId)).map(({ key }) => key)

  // T101
  test('a dry run says what would be made and makes nothing', async () => {
    const run = await bootstrap({ dryRun: true })
    expect(run).toMatchObject({ id: null, status: 'dry_run', unresolvedAdmins: [] })
    expect(run.steps.map(({ message }) => message)).toContain('It would be created.')
    expect([await rolesThere(), await keysOf()]).toEqual([[foreign.key], []])
  })

  test('onboarding makes roles, the grant and the authorization, and leaves the role that is not of Cockpit', async () => {
    const run = await bootstrap()
    expect(run).toMatchObject({ status: 'succeeded', unresolvedAdmins: [], summary: { adminsTotal: 1 } })
    expect(run.resolvedUserIds).toEqual({ [stage.user.email.toLowerCase()]: stage.user.id })
    await eventually(async () => expect(await keysOf()).toEqual(['account_admin']))
    expect(await rolesThere()).toEqual(expect.arrayContaining([foreign.key, 'account_admin', 'end_user']))
  })

  test('onboarding again changes nothing', async () => {
    const run = await eventually(async () => {
      const again = await bootstrap()
      expect(new Set(again.steps.map(({ status }) => status))).toEqual(new Set(['exists', 'verified']))
      return again
    })
    expect(run.status).toBe('succeeded')
  })

  test('a person gets role keys beside those they have', async () => {
    const body = { userId: stage.user.id, roleKeys: ['end_user'] }
    await cockpit.as().zitadel.grantUser({ params, body })
    await eventually(async () => expect(await keysOf()).toEqual(['account_admin', 'end_user']))
  })
}

describe('onboarding, against the fake,', () => promises(fakeStage))
describe.skipIf(!liveStage)(`onboarding, against ${whyNotLive},`, () => promises(liveStage ?? fakeStage))
