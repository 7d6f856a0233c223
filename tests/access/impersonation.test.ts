import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, signIn } from '../support/account.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage, type Stage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

/** Somebody of the platform, in the account of the stage. */
const platformPerson = async (stage: Stage, role: 'support' | 'platform_operator' | 'super_admin') => {
  const email = `${role}-${randomBytes(4).toString('hex')}@example.com`
  const { id } = await cockpit.as().platformPeople.add({ body: { email, name: 'Sam Support', role, password } })
  const headers = await signIn(cockpit, email)
  return { id, email, send: stage.sender({ ...headers, 'x-account-id': stage.id }) }
}
/** What a browser gets that still shows what was seen, and after it has said that it knows. */
const afterwards = async ({ send, id }: Awaited<ReturnType<typeof platformPerson>>) => {
  const refused = ['GET /v1/me/context', 'GET /v1/keys', 'POST /v1/teams', 'GET /v1/accounts', 'GET /v1/sessions']
  for (const line of refused)
    expect([line, (await send(line, line.startsWith('P') ? { name: 'A' } : undefined)).body.type]).toEqual([
      line,
      'impersonation.over',
    ])
  expect((await send('DELETE /v1/impersonations/current')).status).toBe(204)
  expect((await send('GET /v1/me/context')).body).toMatchObject({ principal: { id }, impersonation: null })
}
const mask = (userId: string, more: object = {}) => ({
  userId,
  reason: 'Ticket of the customer',
  ticket: 'T-1',
  ...more,
})

describe('seeing the product as somebody else', () => {
  test('shows what they see, for half an hour, looking only, and ends when stopped', async () => {
    const stage = await openStage(cockpit)
    const ada = await stage.person()
    const sam = await platformPerson(stage, 'support')
    const started = await sam.send('POST /v1/impersonations', mask(ada.id))
    expect(started.status, JSON.stringify(started.body)).toBe(201)
    expect(Date.parse(started.body.expiresAt) - Date.parse(started.body.startedAt)).toBe(30 * 60_000)
    const me = (await sam.send('GET /v1/me/context')).body
    expect(me).toMatchObject({
      principal: { id: ada.id },
      isPlatform: false,
      impersonation: { by: { id: sam.id, name: 'Sam Support' }, writes: false, reason: 'Ticket of the customer' },
    })
    expect((await sam.send('GET /v1/accounts')).status).toBe(403)
    expect((await sam.send('GET /v1/keys')).status).toBe(200)
    const issued = await sam.send('POST /v1/keys', { name: 'mine' })
    expect([issued.status, issued.body.type]).toEqual([403, 'impersonation.forbidden'])
    for (const line of ['GET /v1/sessions', 'PUT /v1/me/password', 'POST /v1/impersonations'])
      expect((await sam.send(line, line.startsWith('GET') ? undefined : {})).body.type, line).toBe(
        'impersonation.forbidden',
      )
    expect((await sam.send('DELETE /v1/impersonations/current')).status).toBe(204)
    expect((await sam.send('GET /v1/me/context')).body).toMatchObject({
      principal: { id: sam.id },
      impersonation: null,
    })
  })

  test('is over by itself when its time is', async () => {
    const stage = await openStage(cockpit)
    const ada = await stage.person()
    const sam = await platformPerson(stage, 'support')
    await sam.send('POST /v1/impersonations', mask(ada.id))
    await cockpit.database.query(
      `update impersonations set started_at = now() - interval '31 minutes',
      expires_at = now() - interval '1 minute' where subject_id = $1`,
      [ada.id],
    )
    await afterwards(sam)
  })

  test('goes downwards only: nobody who may do more, nobody of the platform, not oneself, not another account', async () => {
    const [stage, other] = [await openStage(cockpit), await openStage(cockpit)]
    const sam = await platformPerson(stage, 'support')
    const operator = await platformPerson(stage, 'platform_operator')
    const start = async (userId: string) => (await sam.send('POST /v1/impersonations', mask(userId))).body.type
    expect(await start(stage.admin.id)).toBe('impersonation.above')
    expect(await start(operator.id)).toBe('impersonation.above')
    expect(await start(sam.id)).toBe('impersonation.not_allowed')
    expect(await start(other.admin.id)).toBe('user.not_found')
    const ada = await stage.person()
    const principal = { kind: 'user', id: ada.id }
    await stage.boss('POST /v1/role-assignments', { principal, role: 'billing_admin' })
    expect(await start(ada.id)).toBe('impersonation.above')
  })

  test('ends at once when the person seen may suddenly do more', async () => {
    const stage = await openStage(cockpit)
    const ada = await stage.person()
    const sam = await platformPerson(stage, 'support')
    await sam.send('POST /v1/impersonations', mask(ada.id))
    await stage.boss('POST /v1/role-assignments', { principal: { kind: 'user', id: ada.id }, role: 'account_admin' })
    await afterwards(sam)
  })

  test('leaves no rights of whoever looks to the page, whether the person is removed or the looker lost the right', async () => {
    const stage = await openStage(cockpit)
    const [ada, bob] = [await stage.person(), await stage.person()]
    const sam = await platformPerson(stage, 'support')
    await sam.send('POST /v1/impersonations', mask(ada.id))
    expect((await stage.boss(`DELETE /v1/users/${ada.id}`)).status).toBe(204)
    await afterwards(sam)
    await sam.send('POST /v1/impersonations', mask(bob.id))
    const rule = { subject: { kind: 'user', id: sam.id }, permissions: ['user.impersonate'], reason: 'Enough' }
    const platform = stage.sender({ authorization: `Bearer ${masterKey}` })
    expect((await platform('POST /v1/deny-rules', rule)).status).toBe(201)
    await afterwards(sam)
  })

  test('can be left by signing out once it is over', async () => {
    const stage = await openStage(cockpit)
    const ada = await stage.person()
    const sam = await platformPerson(stage, 'support')
    await sam.send('POST /v1/impersonations', mask(ada.id))
    await stage.boss('PUT /v1/access-settings', { impersonation: 'forbidden' })
    expect((await sam.send('DELETE /v1/sessions/current')).status).toBe(204)
    expect((await (await stage.as(sam.email))('GET /v1/me/context')).body.principal.id).toBe(sam.id)
  })

  test('changes something only where the account allows it and it was asked for, and both stand in the audit log', async () => {
    const stage = await openStage(cockpit)
    const root = await platformPerson(stage, 'super_admin')
    const writing = mask(stage.admin.id, { writes: true })
    expect((await root.send('POST /v1/impersonations', writing)).body.type).toBe('impersonation.not_allowed')
    await stage.boss('PUT /v1/access-settings', { impersonation: 'allowed' })
    await root.send('POST /v1/impersonations', mask(stage.admin.id))
    expect((await root.send('POST /v1/teams', { name: 'A' })).body.type).toBe('impersonation.read_only')
    await root.send('DELETE /v1/impersonations/current')
    await root.send('POST /v1/impersonations', writing)
    expect((await root.send('POST /v1/teams', { name: 'A' })).status).toBe(201)
    expect((await root.send('POST /v1/keys', { name: 'k' })).body.type).toBe('impersonation.forbidden')
    const bob = await stage.person('member')
    const dangerous: [string, object][] = [
      [`PATCH /v1/users/${bob.id}`, { role: 'copilot_admin' }],
      [`PATCH /v1/users/${bob.id}`, { status: 'suspended' }],
      ['POST /v1/users', { email: `x-${bob.email}`, name: 'X', role: 'member' }],
    ]
    for (const [line, body] of dangerous)
      expect([line, (await root.send(line, body)).body.type]).toEqual([line, 'impersonation.forbidden'])
    expect((await root.send(`PATCH /v1/users/${bob.id}`, { name: 'Bob' })).status).toBe(200)
    expect((await stage.boss(`GET /v1/users/${bob.id}`)).body).toMatchObject({ role: 'member', status: 'active' })
    const events = await cockpit.database.query<{ name: string; actor: { id: string }; on_behalf_of: { id: string } }>(
      `select name, actor, on_behalf_of from events where account_id = $1 and name = 'team.created'`,
      [stage.id],
    )
    expect(events).toMatchObject([{ actor: { id: root.id }, on_behalf_of: { id: stage.admin.id } }])
  })

  test('is forbidden by the account, also while it is under way', async () => {
    const stage = await openStage(cockpit)
    const ada = await stage.person()
    const sam = await platformPerson(stage, 'support')
    await sam.send('POST /v1/impersonations', mask(ada.id))
    await stage.boss('PUT /v1/access-settings', { impersonation: 'forbidden' })
    await afterwards(sam)
    expect((await sam.send('POST /v1/impersonations', mask(ada.id))).body.type).toBe('impersonation.not_allowed')
  })

  test('goes by what the account allows at that moment, whatever it allowed when it began', async () => {
    const stage = await openStage(cockpit)
    const root = await platformPerson(stage, 'super_admin')
    await stage.boss('PUT /v1/access-settings', { impersonation: 'allowed' })
    await root.send('POST /v1/impersonations', mask(stage.admin.id, { writes: true }))
    expect((await root.send('POST /v1/teams', { name: 'A' })).status).toBe(201)
    await stage.boss('PUT /v1/access-settings', { impersonation: 'read_only' })
    expect((await root.send('POST /v1/teams', { name: 'B' })).body.type).toBe('impersonation.read_only')
    expect((await root.send('GET /v1/teams')).status).toBe(200)
    // one that began while the account was forbidding it, and that nothing ended
    await cockpit.database.query("update access_settings set impersonation = 'forbidden' where account_id = $1", [
      stage.id,
    ])
    await afterwards(root)
  })

  test('is told to the person seen, until they take note', async () => {
    const stage = await openStage(cockpit)
    const [ada, bob] = [await stage.person(), await stage.person()]
    const sam = await platformPerson(stage, 'support')
    await sam.send('POST /v1/impersonations', mask(ada.id))
    const notices = async () => (await ada.send('GET /v1/me/impersonations')).body.items
    expect(await notices()).toMatchObject([
      { actor: { name: 'Sam Support' }, reason: 'Ticket of the customer', ticket: 'T-1', seenAt: null, writes: false },
    ])
    expect((await bob.send('GET /v1/me/impersonations')).body.items).toEqual([])
    await ada.send('POST /v1/me/impersonations/seen')
    expect((await notices())[0].seenAt).not.toBeNull()
    expect((await stage.boss('GET /v1/impersonations')).body.items[0]).toMatchObject({ subject: { id: ada.id } })
  })

  test('signing out ends the session of whoever looks', async () => {
    const stage = await openStage(cockpit)
    const ada = await stage.person()
    const sam = await platformPerson(stage, 'support')
    await sam.send('POST /v1/impersonations', mask(ada.id))
    expect((await sam.send('DELETE /v1/sessions/current')).status).toBe(204)
    expect((await sam.send('GET /v1/me/context')).status).toBe(401)
    expect((await ada.send('GET /v1/me/context')).status).toBe(200)
  })
})

describe('people of the platform', () => {
  test('are given roles by a super admin only, and an operator gives none', async () => {
    const stage = await openStage(cockpit)
    const operator = await platformPerson(stage, 'platform_operator')
    expect((await operator.send('GET /v1/platform-people')).status).toBe(200)
    const body = { email: 'new@example.com', name: 'New', role: 'support' }
    expect((await operator.send('POST /v1/platform-people', body)).status).toBe(403)
    expect((await operator.send(`DELETE /v1/platform-people/${operator.id}`)).status).toBe(403)
    const root = await platformPerson(stage, 'super_admin')
    const changed = await root.send(`PATCH /v1/platform-people/${operator.id}`, { role: 'support' })
    expect(changed.body).toMatchObject({ role: 'support' })
    expect((await root.send(`DELETE /v1/platform-people/${operator.id}`)).status).toBe(204)
    expect((await operator.send('GET /v1/platform-people')).status).toBe(403)
  })

  test('always keep one super admin, whether two leave one after the other or at once', async () => {
    const fresh = await startCockpit()
    try {
      const add = async (name: string) =>
        (
          await fresh
            .as()
            .platformPeople.add({ body: { email: `${name}@example.com`, name, role: 'super_admin', password } })
        ).id
      const ids = [await add('one'), await add('two')]
      const gone = await Promise.allSettled(ids.map((id) => fresh.as().platformPeople.remove({ params: { id } })))
      expect(gone.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      const { items } = await fresh.as().platformPeople.list()
      const demote = fresh.as().platformPeople.update({ params: { id: items[0]?.id ?? '' }, body: { role: 'support' } })
      await expect(demote).rejects.toMatchObject({ code: 'platform_person.last' })
    } finally {
      await fresh.stop()
    }
  })
})
