import { afterAll, beforeAll, expect, test } from 'vitest'
import { pause, type Stage } from '../support/zitadel-stage.ts'
import { onEveryStage } from '../support/zitadel-tenants.ts'

const eventually = async <T>(read: () => Promise<T>, accept: (value: T) => boolean): Promise<T> => {
  for (let attempt = 0; ; attempt++) {
    const value = await read()
    if (accept(value) || attempt > 60) return value
    await pause(100)
  }
}

const admin = { key: 'account_admin', displayName: 'Account admin', group: 'account' }
const user = { key: 'end_user', displayName: 'End user', group: 'common' }
const other = { key: 'cfo', displayName: 'CFO', group: 'finance' }

const promises = (start: () => Promise<Stage>) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await start()
  })
  afterAll(() => stage?.stop())

  test('a role is added once, and the second time it is said to be there', async () => {
    const { client, projectId } = stage
    for (const role of [admin, user, other]) expect(await client.addRole(projectId, role)).toBe('created')
    expect(await client.addRole(projectId, admin)).toBe('exists')
    const roles = await eventually(
      () => client.roles(projectId),
      (found) => found.length >= 3,
    )
    expect(roles).toEqual(expect.arrayContaining([admin, user, other]))
    expect(roles).toHaveLength(3)
  })

  test('a person gets role keys only after their organization got the project, and once', async () => {
    const { client, projectId, organizationId } = stage
    const place = { projectId, organizationId }
    await expect(client.addAuthorization(place, stage.user.id, ['end_user'])).rejects.toMatchObject({
      code: expect.stringMatching(/failed_precondition|not_found/),
    })
    expect(await client.addProjectGrant(place, ['account_admin', 'end_user'])).toBe('created')
    expect(await client.addProjectGrant(place, ['account_admin'])).toBe('exists')
    const made = await client.addAuthorization(place, stage.user.id, ['end_user'])
    expect(made).toEqual({ id: expect.any(String) })
    expect(await client.addAuthorization(place, stage.user.id, ['account_admin'])).toBeNull()
  })

  test('setting role keys replaces them all, for people and for organizations', async () => {
    const { client, projectId, organizationId } = stage
    const place = { projectId, organizationId }
    const keysOf = async () => (await client.authorizations(place))[0]?.roleKeys ?? []
    await eventually(keysOf, (keys) => keys.length === 1)
    const [authorization] = await client.authorizations(place)
    await client.setAuthorization(authorization?.id ?? '', ['account_admin'])
    expect(await eventually(keysOf, (keys) => !keys.includes('end_user'))).toEqual(['account_admin'])
    await client.setProjectGrant(place, ['end_user', 'cfo'])
    // what the organization may not give any more, its people lose
    expect(await eventually(keysOf, (keys) => keys.length === 0)).toEqual([])
    const grant = await eventually(
      () => client.projectGrant(place),
      (found) => found?.roleKeys.includes('cfo') === true,
    )
    expect([...(grant?.roleKeys ?? [])].sort()).toEqual(['cfo', 'end_user'])
  })

  test('what became of one authorization, and of all of an organization, is told at once', async () => {
    const { client, projectId, organizationId } = stage
    const place = { projectId, organizationId }
    const [authorization] = await client.authorizations(place)
    const id = authorization?.id ?? ''
    const keys = (history: Awaited<ReturnType<typeof client.history>>) =>
      history.filter(({ aggregateId }) => aggregateId === id).map(({ payload }) => payload.roleKeys)
    await client.setAuthorization(id, ['end_user'])
    const told = await client.history({ aggregateId: id })
    expect(keys(told)[0]).toEqual(['end_user'])
    expect(keys(told).at(-1)).toEqual(['end_user'])
    expect(told[0]?.payload).toMatchObject({ userId: stage.user.id, projectId })
    const types = ['user.grant.added', 'user.grant.changed']
    const all = await client.history({ organizationId, types })
    expect(all.every(({ type, resourceOwner }) => types.includes(type) && resourceOwner === organizationId)).toBe(true)
    expect(keys(all)).toEqual(keys(told.filter(({ type }) => types.includes(type))))
  })

  test('people are found by their e-mail in whatever letters, by a part of it, and by id', async () => {
    const { client } = stage
    const found = await eventually(
      () => client.usersByEmail([stage.user.email.toLowerCase(), 'nobody@example.com']),
      (users) => users.length > 0,
    )
    expect(found).toMatchObject([
      { id: stage.user.id, state: 'active', emailVerified: true, organizationId: stage.organizationId },
    ])
    const part = stage.user.email.split('@')[0] ?? ''
    expect((await client.searchUsers(part)).map(({ id }) => id)).toContain(stage.user.id)
    expect((await client.usersById([stage.user.id])).map(({ email }) => email)).toEqual([stage.user.email])
  })

  test('what does not exist is null and no failure', async () => {
    const { client, projectId, ownerId } = stage
    expect(await client.project('100000000000000001')).toBeNull()
    expect(await client.organization('100000000000000001')).toBeNull()
    const project = await eventually(
      () => client.project(projectId),
      (found) => found !== null,
    )
    expect(project).toMatchObject({ id: projectId, organizationId: ownerId })
  })

  test('what happened is read back, oldest first', async () => {
    const { client, projectId } = stage
    const from = new Date(Date.now() - 10 * 60_000)
    const events = await client.events(from, ['project.role.added'], 1000)
    const own = events.filter((event) => event.aggregateId === projectId)
    expect(own.map(({ payload }) => payload.key)).toEqual(['account_admin', 'end_user', 'cfo'])
    expect(own[0]?.sequence).toBeLessThan(own[2]?.sequence ?? 0n)
  })
}

onEveryStage('the client', promises)
