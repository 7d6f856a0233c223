/** Whether an auditor can say by which rules something was decided. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { password, signIn } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage, type Stage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

type Event = { seq: number; name: string; policyVersion: string; outcome: string }

/** The version beside something that changes no rules, by whoever sends it. */
const probed = async ({ boss }: Stage, send: Stage['boss'] = boss) => {
  const name = `View ${randomBytes(4).toString('hex')}`
  const made = await send('POST /v1/teams', { name })
  expect(made.status).toBe(201)
  const { items } = (await boss(`GET /v1/audit-events?name=team.created&subjectId=${made.body.id}`)).body
  return (items[0] as Event).policyVersion
}

test('each change of what decides changes the version of the next event, and nothing else does', async () => {
  const stage = await openStage(cockpit)
  const { boss } = stage
  const ada = await stage.person('member')
  const role = (await boss('POST /v1/roles', { name: 'Reader', permissions: ['audit.read'] })).body
  const principal = { kind: 'user', id: ada.id }
  let rule = ''
  let assignment = ''
  const changes: [string, () => Promise<{ status: number }>][] = [
    ['a custom role', () => boss(`PATCH /v1/roles/${role.id}`, { permissions: ['audit.read', 'usage.read'] })],
    [
      'a role that is given',
      async () => {
        const given = await boss('POST /v1/role-assignments', { principal, role: role.id })
        assignment = given.body.id
        return given
      },
    ],
    ['a role that is taken', () => boss(`DELETE /v1/role-assignments/${assignment}`)],
    [
      'a deny rule',
      async () => {
        const made = await boss('POST /v1/deny-rules', {
          subject: principal,
          permissions: ['usage.read'],
          reason: 'No',
        })
        rule = made.body.id
        return made
      },
    ],
    ['a lifted rule', () => boss(`DELETE /v1/deny-rules/${rule}`)],
    ['the role of a membership', () => boss(`PATCH /v1/users/${ada.id}`, { role: 'billing_admin' })],
    ['a stopped person', () => boss(`PATCH /v1/users/${ada.id}`, { status: 'suspended' })],
    ['who may act as people', () => boss('PUT /v1/access-settings', { impersonation: 'forbidden' })],
    ['what sign-ins are asked', () => boss('PATCH /v1/security', { sessionIdleMinutes: 60 })],
    ['a deleted role', () => boss(`DELETE /v1/roles/${role.id}`)],
  ]
  const seen = [await probed(stage)]
  for (const [what, change] of changes) {
    expect([what, (await change()).status < 300]).toEqual([what, true])
    const version = await probed(stage)
    expect(seen, what).not.toContain(version)
    expect(await probed(stage), `after ${what}`).toBe(version)
    seen.push(version)
  }
  expect((await boss('POST /v1/service-accounts', { name: 'CI' })).status).toBe(201)
  expect((await boss(`PATCH /v1/users/${ada.id}`, { limits: { rpm: 5, tpm: null } })).status).toBe(200)
  expect(await probed(stage)).toBe(seen.at(-1))
})

test('it names the very event that changed the rules, which itself was allowed by those before', async () => {
  const stage = await openStage(cockpit)
  const { boss } = stage
  const before = await probed(stage)
  const role = (await boss('POST /v1/roles', { name: 'Reader', permissions: ['audit.read'] })).body
  const [edit] = (await boss(`GET /v1/audit-events?subjectId=${role.id}`)).body.items as Event[]
  expect(edit?.policyVersion).toBe(before)
  expect(await probed(stage)).toBe(`${before.split('.')[0]}.a${edit?.seq}`)
})

test('whom the platform lets in is let by its rules, and the version says so', async () => {
  const stage = await openStage(cockpit)
  const platform = cockpit.as()
  const email = `sam-${randomBytes(4).toString('hex')}@example.com`
  const { id } = await platform.platformPeople.add({ body: { email, name: 'Sam', role: 'super_admin', password } })
  const sam = stage.sender({ ...(await signIn(cockpit, email)), 'x-account-id': stage.id })
  const [ofSam, ofBoss] = [await probed(stage, sam), await probed(stage)]
  expect(ofSam).toMatch(/^\w{12}\.p\d+\.a\d+$/)
  expect(ofBoss).toBe(ofSam.replace(/\.p\d+/, ''))
  const subject = { kind: 'user', id } as const
  await platform.denyRules.create({ body: { subject, permissions: ['key.read'], reason: 'No', expiresAt: null } })
  expect(await probed(stage, sam)).not.toBe(ofSam)
  expect(await probed(stage)).toBe(ofBoss)
})

test('rules of another account leave it as it is', async () => {
  const [stage, other] = [await openStage(cockpit), await openStage(cockpit)]
  const before = await probed(stage)
  expect((await other.boss('POST /v1/roles', { name: 'Reader', permissions: ['audit.read'] })).status).toBe(201)
  expect(await probed(stage)).toBe(before)
})

test('a refused attempt says by which rules it was refused', async () => {
  const stage = await openStage(cockpit)
  const ada = await stage.person('member')
  const version = await probed(stage)
  expect((await ada.send('POST /v1/teams', { name: 'Mine' })).status).toBe(403)
  await expect
    .poll(async () => (await stage.boss('GET /v1/audit-events?outcome=denied')).body.items, { timeout: 15_000 })
    .toMatchObject([{ policyVersion: version }])
})
