/** The management client while Zitadel refuses, is away or caps its pages: faults that only the fake can be told to have. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { createZitadelClient, managementScope } from '../../apps/server/src/adapters/identity/zitadel/index.ts'
import { startZitadelFake, type ZitadelFake } from '../support/zitadel-fake/index.ts'
import { pause } from '../support/zitadel-stage.ts'

const admin = { key: 'account_admin', displayName: 'Account admin', group: 'account' }
const user = { key: 'end_user', displayName: 'End user', group: 'common' }

describe('the client, when things go wrong,', () => {
  const open = async (credentials: 'token' | 'client' = 'token') => {
    const fake = await startZitadelFake()
    onTestFinished(fake.stop)
    const projectId = fake.addProject(fake.addOrg('Platform'), 'cockpit')
    const slept: number[] = []
    const client = createZitadelClient({
      baseUrl: fake.url,
      credentials:
        credentials === 'token'
          ? { kind: 'token', token: fake.token }
          : { kind: 'client_credentials', ...fake.client, scope: managementScope },
      now: fake.now,
      sleep: async (ms) => void slept.push(ms),
      random: () => 0.5,
    })
    return { fake, client, projectId, slept }
  }
  const roleCalls = (fake: ZitadelFake) => fake.calls.filter(({ path }) => path.endsWith('/AddProjectRole')).length

  test.each([
    ['too many requests', 'resource_exhausted'],
    ['a service that is away', 'unavailable'],
    ['a connection that breaks', 'broken'],
  ] as const)('%s is tried again, waiting longer each time', async (_, failure) => {
    const { fake, client, projectId, slept } = await open()
    fake.fail(/AddProjectRole/, failure, { times: 3 })
    expect(await client.addRole(projectId, admin)).toBe('created')
    expect(roleCalls(fake)).toBe(4)
    expect(slept).toEqual([200, 400, 800])
  })

  test('it gives up after five attempts and says what was wrong', async () => {
    const { fake, client, projectId } = await open()
    fake.fail(/AddProjectRole/, 'unavailable', { times: 99 })
    await expect(client.addRole(projectId, admin)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('503'),
    })
    expect(roleCalls(fake)).toBe(5)
  })

  test('a refusal is not tried again, whether it comes as Connect or as REST', async () => {
    const { fake, client, projectId, slept } = await open()
    fake.state.denied = /AddProjectRole|v2.users/
    await expect(client.addRole(projectId, admin)).rejects.toMatchObject({ code: 'permission_denied' })
    await expect(client.usersById(['1'])).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('No matching permissions'),
    })
    expect(slept).toEqual([])
  })

  test('a Zitadel without the service is named as such', async () => {
    const { fake, projectId } = await open()
    const old = createZitadelClient({
      baseUrl: `${fake.url}/nowhere`,
      credentials: { kind: 'token', token: fake.token },
      now: fake.now,
      sleep: pause,
      random: Math.random,
    })
    await expect(old.roles(projectId)).rejects.toMatchObject({ code: 'unimplemented', message: /4\.13 or newer/ })
  })

  test('one token serves many calls, is renewed before it expires, and at once when it was revoked', async () => {
    const { fake, client, projectId } = await open('client')
    await Promise.all([client.roles(projectId), client.project(projectId), client.usersById(['1'])])
    expect(fake.tokensIssued()).toBe(1)
    fake.advance((fake.state.tokenLifeS - 59) * 1000)
    await client.roles(projectId)
    expect(fake.tokensIssued()).toBe(2)
    fake.revokeTokens()
    await client.roles(projectId)
    expect(fake.tokensIssued()).toBe(3)
  })

  test('wrong client credentials say which variable to look at', async () => {
    const { fake } = await open()
    const client = createZitadelClient({
      baseUrl: fake.url,
      credentials: { kind: 'client_credentials', clientId: 'machine', clientSecret: 'wrong', scope: managementScope },
      now: fake.now,
      sleep: pause,
      random: Math.random,
    })
    await expect(client.roles('1')).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('ZITADEL_CLIENT_ID'),
    })
  })

  test('pages that are capped below what was asked are all read', async () => {
    const { fake, client, projectId } = await open()
    fake.state.pageCap = 3
    for (let n = 0; n < 10; n++) fake.addRole(projectId, { key: `role_${n}`, displayName: 'R', group: '' })
    expect((await client.roles(projectId)).map(({ key }) => key)).toEqual([...Array(10).keys()].map((n) => `role_${n}`))
  })

  test('a story longer than a page is read to its end, though much of it happened at one moment', async () => {
    const { fake, client, projectId } = await open()
    for (let n = 0; n < 1_300; n++) fake.addRole(projectId, { key: `role_${n}`, displayName: 'R', group: '' })
    const told = await client.history({ aggregateId: projectId })
    expect(told.map(({ sequence }) => Number(sequence))).toEqual([...Array(1_301).keys()].map((n) => n + 1))
  })

  test('the organization of a grant is a field of the body and never a header', async () => {
    const { fake, client, projectId } = await open()
    const organizationId = fake.addOrg('Acme')
    const userId = fake.addUser(organizationId, 'ada@acme.example.com')
    await client.addRole(projectId, user)
    await client.addProjectGrant({ projectId, organizationId }, ['end_user'])
    await client.addAuthorization({ projectId, organizationId }, userId, ['end_user'])
    const granted = fake.calls.find(({ path }) => path.endsWith('/CreateAuthorization'))
    expect(granted?.body).toMatchObject({ organizationId })
    expect(fake.calls.filter(({ headers }) => 'x-zitadel-orgid' in headers)).toEqual([])
    expect([...fake.world().userGrants.values()].map(({ orgId }) => orgId)).toEqual([organizationId])
  })
})
