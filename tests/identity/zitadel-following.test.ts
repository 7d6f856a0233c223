/** What changes in Zitadel changes here: told by its webhooks, or found by the poll; and what a super admin sees of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, signIn } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import type { Delivery, Ear } from '../support/zitadel-ear.ts'
import { fakeStage, liveName, liveStage, type Stage, whyNotHeard } from '../support/zitadel-stage.ts'
import { onEveryStage, soon } from '../support/zitadel-tenants.ts'

type Scene = { stage: Stage; cockpit: TestCockpit; params: { id: string }; adminId: string }

/** An account that is provisioned there, whose admin is somebody there. */
const open = async (stage: Stage, signingKey?: string): Promise<Scene> => {
  const cockpit = await startCockpit({
    ...stage.environment,
    ...(signingKey !== undefined && { ZITADEL_WEBHOOK_SECRET: signingKey }),
  })
  const { projectId, organizationId, user } = stage
  const body = { name: 'Acme', adminEmail: user.email.toLowerCase(), adminName: 'Ada', adminPassword: password }
  const params = { id: (await cockpit.as().accounts.create({ body })).id }
  const [admin] = (await cockpit.as(params.id).users.list()).items
  if (!admin) throw new Error('a new account has its first admin')
  await cockpit.as().zitadel.setConfig({ params, body: { projectId, organizationId } })
  await cockpit.as().zitadel.setLink({ params, body: { email: admin.email, zitadelUserId: user.id } })
  await soon(async () => {
    const { status } = await cockpit.as().zitadel.bootstrap({ params, body: {} })
    if (status !== 'succeeded') throw new Error(status)
  })
  return { stage, cockpit, params, adminId: admin.id }
}
const memberOf = async ({ cockpit, params, adminId }: Scene) => {
  const [row] = await cockpit.database.query<{ status: string; role: string }>(
    'select status, role from memberships where account_id = $1 and user_id = $2',
    [params.id, adminId],
  )
  return row
}
const becomes = (scene: Scene, as: { status?: string; role?: string }) =>
  soon(async () => expect(await memberOf(scene)).toMatchObject(as))
const keysRead = async ({ cockpit }: Scene, headers: Record<string, string>) =>
  (await cockpit.send('GET /v1/keys', { headers })).status

const hooksPromise = (start: () => Promise<Stage>) => {
  let stage: Stage
  let scene: Scene
  let ear: Ear
  beforeAll(async () => {
    stage = await start()
    const told = await stage.listen()
    ear = told.ear
    scene = await open(stage, told.signingKey)
    ear.leadTo(scene.cockpit)
  })
  afterAll(async () => {
    await scene?.cockpit.stop()
    await stage?.stop()
  })
  const heardOf = (type: string): Promise<Delivery> =>
    soon(async () => {
      const found = ear.heard.findLast(({ body }) => JSON.parse(body).event_type === type)
      if (!found) throw new Error(`nothing of ${type} was heard`)
      return found
    })
  const send = (delivery: Delivery) => scene.cockpit.send('POST /v1/webhooks/zitadel', delivery)

  test('who is deactivated there loses sessions and membership at once, and comes back as they were', async () => {
    const session = await signIn(scene.cockpit, stage.user.email.toLowerCase())
    expect(await keysRead(scene, session)).toBe(200)
    await stage.setUser(stage.user.id, 'deactivate')
    await becomes(scene, { status: 'suspended' })
    expect(await keysRead(scene, session)).toBe(401)
    await stage.setUser(stage.user.id, 'reactivate')
    await becomes(scene, { status: 'active', role: 'account_admin' })
  })

  test('who is locked there is stopped here until they are unlocked', async () => {
    await stage.setUser(stage.user.id, 'lock')
    await becomes(scene, { status: 'suspended' })
    await stage.setUser(stage.user.id, 'unlock')
    await becomes(scene, { status: 'active' })
  })

  test('what was heard is known when it comes again, and refused when its body was touched', async () => {
    const delivery = await heardOf('user.unlocked')
    const again = await send(delivery)
    expect([again.status, JSON.parse(again.text)]).toEqual([200, { status: 'duplicate' }])
    const touched = await send({ ...delivery, body: delivery.body.replace('user.unlocked', 'user.deactivated') })
    expect([touched.status, JSON.parse(touched.text).type]).toEqual([401, 'zitadel.signature_refused'])
    expect(await memberOf(scene)).toMatchObject({ status: 'active' })
  })

  test('an organization that is deactivated takes its people’s access, and gives it back', async () => {
    await stage.setOrganization('deactivate')
    await becomes(scene, { status: 'suspended' })
    await stage.setOrganization('activate')
    await becomes(scene, { status: 'active' })
  })

  test('a membership that came from there follows its role keys there', async () => {
    const { cockpit, params } = scene
    // an account keeps an administrator, and this is not to be the last one
    await cockpit.as(params.id).users.create({
      body: { email: `other-${Date.now()}@example.com`, name: 'Other', role: 'account_admin', password },
    })
    await cockpit.database.query(
      `update memberships set source = 'sso', provenance = '{"via":"org","proof":"x","role":"account_admin","at":"2026-01-01"}'
       where account_id = $1 and user_id = $2`,
      [params.id, scene.adminId],
    )
    // the last administrator would stay one
    const another = {
      email: `another-${params.id}@example.com`,
      name: 'Another',
      role: 'account_admin' as const,
      password,
    }
    await cockpit.as(params.id).users.create({ body: another })
    const [authorization] = await stage.client.authorizations(stage)
    await stage.client.setAuthorization(authorization?.id ?? '', ['end_user'])
    await becomes(scene, { role: 'end_user' })
    await stage.removeAuthorization(authorization?.id ?? '')
    await becomes(scene, { status: 'suspended' })
  })

  test('health tells what was heard and what was refused', async () => {
    const { webhook, failures } = await scene.cockpit.as().zitadel.health()
    expect(webhook).toMatchObject({ configured: true, lastEventType: expect.any(String), refused: 1 })
    expect(webhook.received).toBeGreaterThanOrEqual(6)
    expect(webhook.duplicates).toBeGreaterThanOrEqual(1)
    expect(failures).toEqual([])
  })
}

const pollPromise = (start: () => Promise<Stage>) => {
  let stage: Stage
  let scene: Scene
  beforeAll(async () => {
    stage = await start()
    scene = await open(stage)
  })
  afterAll(async () => {
    await scene?.cockpit.stop()
    await stage?.stop()
  })
  const poll = () => scene.cockpit.as().zitadel.poll()

  test('what no webhook told is found by the poll, once', async () => {
    const session = await signIn(scene.cockpit, stage.user.email.toLowerCase())
    await stage.setUser(stage.user.id, 'deactivate')
    const found = await soon(async () => {
      const health = await poll()
      expect(health.poll).toMatchObject({ lastProblem: null, cursorAt: expect.any(String) })
      expect(await memberOf(scene)).toMatchObject({ status: 'suspended' })
      return health.poll.found
    })
    expect(await keysRead(scene, session)).toBe(401)
    expect(found).toBeGreaterThan(0)
    const told = async () =>
      (
        await scene.cockpit.database.query("select from events where name = 'user.updated' and subject->>'id' = $1", [
          scene.adminId,
        ])
      ).length
    const before = await told()
    await poll()
    expect(await told()).toBe(before)
    await stage.setUser(stage.user.id, 'reactivate')
    await soon(async () => {
      await poll()
      expect(await memberOf(scene)).toMatchObject({ status: 'active' })
    })
  })

  test('health tells whom Cockpit asks, that no webhook is set up, and how far the story is read', async () => {
    const health = await scene.cockpit.as().zitadel.health()
    const { ZITADEL_MGMT_API_BASE_URL: baseUrl } = stage.environment
    expect(health.client).toEqual({ configured: true, baseUrl, credentials: 'token' })
    expect(health.webhook).toMatchObject({ configured: false, received: 0 })
    expect(health.poll.lastSequence).toMatch(/^\d+$/)
  })

  test('what the defaults name need not be named by the account or the call', async () => {
    const { cockpit, params } = scene
    const { projectId, organizationId } = stage
    const { setDefaults, defaults, plan, setConfig } = cockpit.as().zitadel
    await setConfig({ params, body: { organizationId } })
    expect((await plan({ params })).problem).not.toBeNull()
    await setDefaults({ body: { projectId } })
    expect(await defaults()).toMatchObject({ projectId, organizationId: null, rolePrefix: null })
    const { steps, problem } = await plan({ params })
    expect([problem, steps?.map(({ key }) => key)]).toEqual([
      null,
      expect.arrayContaining([`project_grant:${organizationId}`, `authorization:${stage.user.id}`]),
    ])
    await setConfig({ params, body: { projectId, organizationId } })
    await setDefaults({ body: {} })
  })

  test('people are found there by their e-mail, and drift names who is missing here', async () => {
    const { cockpit, params } = scene
    const stranger = await stage.hire('Eve')
    const { users, drift } = cockpit.as().zitadel
    await soon(async () => {
      const { items } = await users({ params, query: { q: stranger.email.toLowerCase() } })
      expect(items.map(({ id }) => id)).toEqual([stranger.id])
    })
    await stage.client.addAuthorization(stage, stranger.id, ['end_user'])
    await soon(async () => {
      const { findings } = await drift({ params })
      expect(findings.map(({ kind, subject }) => [kind, subject.toLowerCase()])).toEqual([
        ['membership_missing', stranger.email.toLowerCase()],
      ])
    })
  })
}

describe('told by the fake,', () => hooksPromise(fakeStage))
onEveryStage('the poll', pollPromise)
describe.skipIf(!liveStage || whyNotHeard !== null)(
  `told by ${liveName}${liveStage && whyNotHeard ? `, which ${whyNotHeard}` : ''},`,
  () => hooksPromise(liveStage ?? fakeStage),
)
