/** Webhooks that are forged, late, doubled or out of order: faults that only the fake can be told to have. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { eventually, password } from '../support/account.ts'
import type { Happened } from '../support/zitadel-fake/state.ts'
import { type House, openHouse, signingKey, type Tenant } from '../support/zitadel-house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.stop())

const last = (): Happened => {
  const event = house.fake.events.at(-1)
  if (!event) throw new Error('nothing happened')
  return event
}
const send = (event: Happened, { keys = [signingKey], lateMs = 0 } = {}) => {
  const at = new Date(Date.now() - lateMs)
  const { body, headers } = house.fake.delivery(event, keys, at)
  return house.cockpit.send('POST /v1/webhooks/zitadel', { body, headers })
}
const signIn = async ({ email }: Tenant) => {
  const answer = await house.cockpit.send('POST /v1/sessions', { body: { email, password } })
  expect(answer.status, answer.text).toBe(201)
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return { cookie, 'sec-fetch-site': 'same-origin' }
}
const linked = async () => {
  const tenant = await house.tenant()
  const { email, zitadelUserId, params } = tenant
  await house.platform.zitadel.setLink({ params, body: { email, zitadelUserId } })
  return tenant
}
const statusOf = async ({ id, adminId }: Tenant) =>
  (
    await house.cockpit.database.query<{ status: string }>(
      'select status from memberships where account_id = $1 and user_id = $2',
      [id, adminId],
    )
  )[0]?.status

describe('a webhook', () => {
  test('with a good signature is taken, also one of several while a key is replaced', async () => {
    const tenant = await linked()
    house.fake.setUser(tenant.zitadelUserId, 'locked')
    expect((await send(last(), { keys: ['the-new-key-12345', signingKey] })).status).toBe(200)
  })

  test.each([
    ['of another key', { keys: ['whk_another_key_0000'] }],
    ['that is older than five minutes', { lateMs: 302_000 }],
    ['from the future', { lateMs: -330_000 }],
    ['that is missing', { keys: [] }],
  ])('with a signature %s is refused and changes nothing', async (_, how) => {
    const tenant = await linked()
    house.fake.setUser(tenant.zitadelUserId, 'deactivated')
    const answer = await send(last(), how)
    expect([answer.status, JSON.parse(answer.text).type]).toEqual([401, 'zitadel.signature_refused'])
    expect(await statusOf(tenant)).toBe('active')
  })

  test('whose body was touched is refused', async () => {
    const tenant = await linked()
    house.fake.setUser(tenant.zitadelUserId, 'deactivated')
    const { body, headers } = house.fake.delivery(last(), [signingKey], new Date())
    const answer = await house.cockpit.send('POST /v1/webhooks/zitadel', { body: `${body} `, headers })
    expect(answer.status).toBe(401)
  })

  test('that comes twice, or is replayed, is known and changes nothing', async () => {
    const tenant = await linked()
    house.fake.setUser(tenant.zitadelUserId, 'deactivated')
    const { body, headers } = house.fake.delivery(last(), [signingKey], new Date())
    const once = () => house.cockpit.send('POST /v1/webhooks/zitadel', { body, headers })
    const answers = await Promise.all([once(), once(), once()])
    expect(answers.map(({ text }) => JSON.parse(text).status).sort()).toEqual(['accepted', 'duplicate', 'duplicate'])
    const told = (await house.told(tenant.id)).filter((name) => name === 'user.updated')
    expect(told).toHaveLength(1)
  })

  test('with a sequence that another aggregate has too is another event', async () => {
    const [one, other] = [await linked(), await linked()]
    house.fake.setUser(one.zitadelUserId, 'deactivated')
    const first = last()
    house.fake.setUser(other.zitadelUserId, 'deactivated')
    expect(last().sequence).toBe(first.sequence)
    await send(first)
    await send(last())
    expect([await statusOf(one), await statusOf(other)]).toEqual(['suspended', 'suspended'])
  })
})

describe('a person who is deactivated in Zitadel', () => {
  test('loses sessions and membership at once, even the only admin', async () => {
    const tenant = await linked()
    const session = await signIn(tenant)
    expect((await house.cockpit.send('GET /v1/keys', { headers: session })).status).toBe(200)
    house.fake.setUser(tenant.zitadelUserId, 'deactivated')
    expect((await send(last())).status).toBe(200)
    expect((await house.cockpit.send('GET /v1/keys', { headers: session })).status).toBe(401)
    expect(await statusOf(tenant)).toBe('suspended')
  })

  test('comes back as they were, but not against the will of somebody here', async () => {
    const [one, other] = [await linked(), await linked()]
    await house.cockpit.database.query("update memberships set status = 'suspended' where account_id = $1", [other.id])
    for (const tenant of [one, other])
      for (const what of ['deactivated', 'reactivated']) {
        house.fake.setUser(tenant.zitadelUserId, what)
        await send(last())
      }
    expect([await statusOf(one), await statusOf(other)]).toEqual(['active', 'suspended'])
  })

  test('stays active when the news of an older stop arrives after the return', async () => {
    const tenant = await linked()
    house.fake.setUser(tenant.zitadelUserId, 'deactivated')
    const stop = last()
    house.fake.setUser(tenant.zitadelUserId, 'reactivated')
    await send(last())
    await send(stop)
    expect(await statusOf(tenant)).toBe('active')
  })
})

test('with the policy to report only, a deactivated organization stops nobody', async () => {
  const tenant = await linked()
  const { params, organizationId } = tenant
  const body = { projectId: house.projectId, organizationId, organizationDeactivated: 'report' as const }
  await house.platform.zitadel.setConfig({ params, body })
  house.fake.setOrg(organizationId, 'deactivated')
  await send(last())
  expect(await statusOf(tenant)).toBe('active')
  expect(await house.told(tenant.id)).toContain('zitadel.organization_stopped')
})

test('health tells what was heard, what was refused and how far the story is read', async () => {
  const health = await house.platform.zitadel.health()
  expect(health.client).toMatchObject({ configured: true, baseUrl: house.fake.url, credentials: 'token' })
  expect(health.webhook).toMatchObject({ configured: true, lastEventType: expect.any(String) })
  expect(health.webhook.duplicates).toBeGreaterThanOrEqual(2)
  expect(health.webhook.refused).toBeGreaterThanOrEqual(1)
  expect(health.failures).toEqual([])
})

test('drift names what is missing on either side', async () => {
  const tenant = await linked()
  const stranger = house.fake.addUser(tenant.organizationId, `new-${tenant.tag}@example.com`)
  await house.platform.zitadel.bootstrap({ params: tenant.params, body: {} })
  house.fake.authorize(stranger, house.projectId, tenant.organizationId, ['end_user'])
  house.fake.setUser(tenant.zitadelUserId, 'locked')
  house.fake.settle()
  const { findings } = await house.platform.zitadel.drift({ params: tenant.params })
  expect(findings.map(({ kind, subject }) => [kind, subject])).toEqual([
    ['user_inactive', tenant.email],
    ['membership_missing', `new-${tenant.tag}@example.com`],
  ])
})

describe('a comparison', () => {
  /** Arranged by a change of role keys, and over when nothing waits any more. */
  const compared = async (tenant: Tenant) => {
    const { fake, projectId } = house
    const grant = [...fake.world().projectGrants.values()].find(({ orgId }) => orgId === tenant.organizationId)
    if (!grant) fake.addProjectGrant(projectId, tenant.organizationId, [])
    fake.authorize(
      fake.addUser(tenant.organizationId, `x-${tenant.tag}@example.com`),
      projectId,
      tenant.organizationId,
      [],
    )
    const before = fake.calls.length
    await send(last())
    await eventually(async () => {
      const asked = fake.calls.slice(before).filter(({ path }) => path === '/v2/users')
      const { waiting } = await house.platform.zitadel.health()
      if (asked.length < 2 || waiting > 0) throw new Error('still comparing')
    }, 15_000)
  }

  test('with a Zitadel that shows Cockpit nothing any more takes nobody’s access', async () => {
    const tenant = await linked()
    house.fake.state.hidden = /./
    onTestFinished(() => {
      house.fake.state.hidden = null
    })
    await compared(tenant)
    expect(await statusOf(tenant)).toBe('active')
  })

  /** Sign-in made the membership, and the person holds role keys there. */
  const fromThere = async () => {
    const tenant = await linked()
    const { fake, projectId } = house
    const { zitadelUserId, organizationId, id } = tenant
    const roles = fake.world().projects.get(projectId)?.roles
    if (!roles?.has('end_user')) fake.addRole(projectId, { key: 'end_user', displayName: 'User', group: '' })
    fake.addProjectGrant(projectId, organizationId, ['end_user'])
    const authorization = fake.authorize(zitadelUserId, projectId, organizationId, ['end_user'])
    await house.cockpit.database.query("update memberships set source = 'sso' where account_id = $1", [id])
    fake.settle()
    return { tenant, authorization }
  }

  test('with a token that lost only the right to read authorizations takes nobody’s access, until one is really gone', async () => {
    const { tenant, authorization } = await fromThere()
    const { fake } = house
    fake.state.hidden = /ListAuthorizations/
    onTestFinished(() => {
      fake.state.hidden = null
    })
    await compared(tenant)
    expect(await statusOf(tenant)).toBe('active')
    fake.removeAuthorization(authorization)
    await send(last())
    await eventually(async () => expect(await statusOf(tenant)).toBe('suspended'))
  })

  test('does not bring back a person whom it cannot see', async () => {
    const tenant = await linked()
    const { fake } = house
    fake.setUser(tenant.zitadelUserId, 'deactivated')
    await send(last())
    expect(await statusOf(tenant)).toBe('suspended')
    fake.state.hidden = /v2.users/
    onTestFinished(() => {
      fake.state.hidden = null
    })
    await compared(tenant)
    expect(await statusOf(tenant)).toBe('suspended')
  })

  test('stops who is gone, and leaves whom the lists of Zitadel do not show yet', async () => {
    const [gone, late] = [await linked(), await house.tenant({ known: false })]
    const { fake } = house
    fake.setUser(gone.zitadelUserId, 'removed')
    await compared(gone)
    await eventually(async () => expect(await statusOf(gone)).toBe('suspended'))
    // from now on, what happened in the last minute is in no list
    fake.advance(60_000)
    fake.state.lagMs = 60_000
    onTestFinished(() => {
      fake.state.lagMs = 150
    })
    const zitadelUserId = fake.addUser(late.organizationId, late.email)
    await house.platform.zitadel.setLink({ params: late.params, body: { email: late.email, zitadelUserId } })
    await compared(late)
    expect(await statusOf(late)).toBe('active')
  })

  // last, as it is tried again in a minute
  test('that may read neither list nor events concludes nothing', async () => {
    const { tenant } = await fromThere()
    const { fake } = house
    fake.state.hidden = /ListAuthorizations/
    fake.state.denied = /events/
    onTestFinished(() => {
      Object.assign(fake.state, { hidden: null, denied: null })
    })
    const before = fake.calls.length
    fake.setProjectGrant(house.projectId, tenant.organizationId, ['end_user'])
    await send(last())
    await eventually(async () => {
      if (!fake.calls.slice(before).some(({ path }) => /events/.test(path))) throw new Error('not asked yet')
    }, 15_000)
    expect(await statusOf(tenant)).toBe('active')
  })
})
