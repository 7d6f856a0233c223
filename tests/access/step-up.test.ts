import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, signIn } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const id = (prefix: string) => `${prefix}_${'0'.repeat(32)}`
/** What gives somebody rights, or takes them. */
const acts = (email: string): [string, object?][] => [
  ['POST /v1/users', { email, name: 'Bob' }],
  ['PATCH /v1/users/{ada}', { role: 'account_admin' }],
  ['PATCH /v1/users/{ada}', { status: 'suspended' }],
  ['POST /v1/invites', { emails: [email], role: 'account_admin' }],
  [`POST /v1/invites/${id('inv')}/resend`],
  ['DELETE /v1/users/{ada}/sessions'],
  ['POST /v1/roles', { name: 'Auditor', permissions: ['audit.read'] }],
  [`PATCH /v1/roles/${id('rol')}`, { name: 'Other' }],
  [`DELETE /v1/roles/${id('rol')}`],
  ['POST /v1/role-assignments', { principal: { kind: 'user', id: '{ada}' }, role: 'account_admin' }],
  [`DELETE /v1/role-assignments/${id('ras')}`],
  [`POST /v1/role-requests/${id('rrq')}/approve`, {}],
  ['POST /v1/deny-rules', { subject: { kind: 'user', id: '{ada}' }, permissions: ['audit.read'], reason: 'x' }],
  [`DELETE /v1/deny-rules/${id('dny')}`],
]

describe('a browser session that proved itself long ago', () => {
  test('gives and takes no rights until its holder proves it again', async () => {
    const { sender, person, admin, email, tag } = await openStage(cockpit)
    const session = await signIn(cockpit, email)
    const boss = sender(session)
    const ada = await person()
    const named = <T>(given: T): T => JSON.parse(JSON.stringify(given).replaceAll('{ada}', ada.id))
    const all = acts(`bob-${tag}@example.com`).map(([line, body]) => [named(line), body && named(body)] as const)
    const age = "update sessions set authenticated_at = now() - interval '16 minutes' where user_id = $1"
    await cockpit.database.query(age, [admin.id])
    for (const [line, body] of all) {
      const { status, body: told } = await boss(line, body)
      expect([line, status, told?.type]).toEqual([line, 401, 'auth.step_up_required'])
    }
    expect((await boss('GET /v1/users')).body.total).toBe(2)
    expect((await ada.send('GET /v1/me/context')).body.roles).toEqual(['end_user'])
    expect((await boss(`PATCH /v1/users/${ada.id}`, { name: 'Ada Lovelace' })).status).toBe(200)
    const proof = await cockpit.send('POST /v1/auth/step-up', { headers: session, body: { password } })
    const [cookie = ''] = (proof.headers.getSetCookie()[0] ?? '').split(';')
    const proven = sender({ ...session, cookie })
    for (const [line, body] of all) {
      const { body: told } = await proven(line, body)
      expect([line, told?.type]).not.toEqual([line, 'auth.step_up_required'])
    }
    expect((await proven('GET /v1/users')).body.total).toBe(3)
  })
})
