import type { Permission } from '@cockpit/contract/permissions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, signIn } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage, type Stage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()

describe('a custom role', () => {
  test('gives its holder what it says from the next request on, and no longer when it is taken back', async () => {
    const { boss, person } = await openStage(cockpit)
    const ada = await person()
    expect((await ada.send('GET /v1/audit-events')).status).toBe(403)
    const role = await boss('POST /v1/roles', { name: 'Auditor', permissions: ['audit.read'] })
    expect(role.status).toBe(201)
    const given = await boss('POST /v1/role-assignments', {
      principal: { kind: 'user', id: ada.id },
      role: role.body.id,
    })
    expect(given.body).toMatchObject({ state: 'active', role: { name: 'Auditor' }, scope: { type: 'account' } })
    expect((await ada.send('GET /v1/audit-events')).status).toBe(200)
    await boss(`PATCH /v1/roles/${role.body.id}`, { permissions: ['settings.read'] })
    expect((await ada.send('GET /v1/audit-events')).status).toBe(403)
    await boss(`PATCH /v1/roles/${role.body.id}`, { permissions: ['audit.read'] })
    expect((await boss(`DELETE /v1/role-assignments/${given.body.id}`)).status).toBe(204)
    expect((await ada.send('GET /v1/audit-events')).status).toBe(403)
  })

  test('cannot hold more than whoever makes it, nor anything of the platform', async () => {
    const { boss, person } = await openStage(cockpit)
    const ada = await person()
    const maker = await boss('POST /v1/roles', { name: 'Role maker', permissions: ['access.read', 'access.write'] })
    await boss('POST /v1/role-assignments', { principal: { kind: 'user', id: ada.id }, role: maker.body.id })
    const above = await ada.send('POST /v1/roles', { name: 'More', permissions: ['budget.write'] })
    expect([above.status, above.body.type]).toEqual([403, 'access.denied'])
    expect((await ada.send('POST /v1/roles', { name: 'Less', permissions: ['access.read'] })).status).toBe(201)
    const strong = await boss('POST /v1/roles', { name: 'Strong', permissions: ['budget.write'] })
    expect((await ada.send(`PATCH /v1/roles/${strong.body.id}`, { name: 'Mine' })).status).toBe(403)
    expect((await ada.send(`DELETE /v1/roles/${strong.body.id}`)).status).toBe(403)
    const raise = { principal: { kind: 'user', id: ada.id }, role: strong.body.id }
    expect((await ada.send('POST /v1/role-assignments', raise)).status).toBe(403)
    expect((await ada.send('POST /v1/role-assignments', { ...raise, role: 'owner' })).status).toBe(403)
    const platform = await boss('POST /v1/roles', { name: 'Odd', permissions: ['audit.read', 'account.delete'] })
    expect([platform.status, platform.body.errors[0].pointer]).toEqual([400, '/permissions/1'])
  })

  test('in use goes only with a replacement, which its holders then have', async () => {
    const { boss, person } = await openStage(cockpit)
    const ada = await person()
    const role = (await boss('POST /v1/roles', { name: 'Old', permissions: ['audit.read'] })).body
    await boss('POST /v1/role-assignments', { principal: { kind: 'user', id: ada.id }, role: role.id })
    const refused = await boss(`DELETE /v1/roles/${role.id}`)
    expect([refused.status, refused.body.type]).toEqual([409, 'role.in_use'])
    expect((await boss(`DELETE /v1/roles/${role.id}?replacement=billing_admin`)).status).toBe(204)
    expect((await ada.send('GET /v1/budgets')).status).toBe(200)
    const { items } = (await boss('GET /v1/roles')).body
    expect(items.find(({ id }: { id: string }) => id === role.id)).toBeUndefined()
    expect(items.find(({ id }: { id: string }) => id === 'billing_admin')).toMatchObject({ holders: 1, builtIn: true })
  })
})

describe('a custom role of the platform', () => {
  /** Somebody in support, who sends to the platform or into an account. */
  const support = async (stage: Stage, name: string) => {
    const email = `${name}-${stage.tag}@example.com`
    const { id } = await cockpit.as().platformPeople.add({ body: { email, name, role: 'support', password } })
    const headers = await signIn(cockpit, email)
    return { id, send: stage.sender(headers), within: stage.sender({ ...headers, 'x-account-id': stage.id }) }
  }
  /** Made by a super admin, and given to somebody. */
  const given = async ({ tag }: Stage, id: string, permissions: Permission[]) => {
    const name = `${permissions.join(' ')} ${tag}`
    const role = await cockpit.as().roles.create({ body: { name, permissions } })
    const principal = { kind: 'user', id } as const
    return { ...(await cockpit.as().roleAssignments.create({ body: { principal, role: role.id } })), role }
  }

  test('gives people of the platform in every account what it says, until its assignment ends', async () => {
    const stage = await openStage(cockpit)
    const sam = await support(stage, 'sam')
    const acts = async () => [
      (await sam.within('POST /v1/orgs', { name: 'Sales' })).status,
      (await sam.send(`PATCH /v1/accounts/${stage.id}`, { name: `Renamed ${stage.tag}` })).status,
    ]
    expect(await acts()).toEqual([403, 403])
    const { id, role, state } = await given(stage, sam.id, ['directory.write', 'account.write'])
    expect([state, role.permissions]).toEqual(['active', ['account.write', 'directory.write']])
    expect(await acts()).toEqual([201, 200])
    // it is the platform's: no account lists it, gives it or changes it
    const principal = { kind: 'user', id: (await stage.person()).id }
    const { items } = (await stage.boss('GET /v1/roles')).body
    expect(items.map((one: { id: string }) => one.id)).not.toContain(role.id)
    for (const [line, body] of [
      ['POST /v1/role-assignments', { principal, role: role.id }],
      [`PATCH /v1/roles/${role.id}`, { name: 'Ours' }],
    ] as const) {
      const answer = await stage.boss(line, body)
      expect([answer.status, answer.body.type], line).toEqual([404, 'role.not_found'])
    }
    await cockpit.as().roleAssignments.end({ params: { id } })
    expect(await acts()).toEqual([403, 403])
  })

  test('is made, given, changed and ended only by somebody who may do as much', async () => {
    const stage = await openStage(cockpit)
    const [sam, pat] = [await support(stage, 'sam'), await support(stage, 'Pat')]
    await given(stage, sam.id, ['access.read', 'access.write'])
    const above = await given(stage, pat.id, ['account.delete'])
    const principal = { kind: 'user', id: sam.id }
    for (const [line, body] of [
      ['POST /v1/roles', { name: `Mine ${stage.tag}`, permissions: ['account.delete'] }],
      ['POST /v1/role-assignments', { principal, role: above.role.id }],
      ['POST /v1/role-assignments', { principal, role: 'platform_operator' }],
      [`PATCH /v1/roles/${above.role.id}`, { permissions: ['account.read'] }],
      [`DELETE /v1/role-assignments/${above.id}`, undefined],
    ] as const) {
      const answer = await sam.send(line, body)
      expect([answer.status, answer.body?.type], line).toEqual([403, 'access.denied'])
    }
    // what they may do themselves, also what belongs to the platform only, they give
    const made = await sam.send('POST /v1/roles', { name: `Less ${stage.tag}`, permissions: ['account.read'] })
    expect(made.status).toBe(201)
    expect((await sam.send('POST /v1/role-assignments', { principal, role: made.body.id })).status).toBe(201)
  })
})

describe('somebody who may do more by a role beside their membership', () => {
  test('is suspended, restored and removed only by somebody who may do as much', async () => {
    const { boss, person } = await openStage(cockpit)
    const [lower, ada, eve] = [await person('copilot_admin'), await person(), await person()]
    const principal = { kind: 'user', id: ada.id }
    const given = (await boss('POST /v1/role-assignments', { principal, role: 'account_admin' })).body
    const tries = [
      () => lower.send(`PATCH /v1/users/${ada.id}`, { status: 'suspended' }),
      () => lower.send(`DELETE /v1/users/${ada.id}`),
    ]
    for (const attempt of tries) {
      const { status, body } = await attempt()
      expect([status, body?.type, body?.detail]).toEqual([403, 'access.denied', expect.stringMatching(/more than you/)])
    }
    const act = { userIds: [ada.id, eve.id], act: { kind: 'status', status: 'suspended' } }
    const many = (await lower.send('POST /v1/users/bulk', act)).body.items
    expect(many.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['skipped', 'changed'])
    expect((await ada.send('GET /v1/audit-events')).status).toBe(200)
    await boss(`PATCH /v1/users/${ada.id}`, { status: 'suspended' })
    expect((await lower.send(`PATCH /v1/users/${ada.id}`, { status: 'active' })).status).toBe(403)
    expect((await lower.send(`PATCH /v1/users/${ada.id}`, { limits: { rpm: 9, tpm: null } })).status).toBe(200)
    await boss(`DELETE /v1/role-assignments/${given.id}`)
    expect((await lower.send(`PATCH /v1/users/${ada.id}`, { status: 'active' })).status).toBe(200)
    expect((await lower.send(`DELETE /v1/users/${ada.id}`)).status).toBe(204)
  })
})

describe('a role for a time', () => {
  test('begins and ends by itself', async () => {
    const { boss, person } = await openStage(cockpit)
    const ada = await person()
    const principal = { kind: 'user', id: ada.id }
    const past = await boss('POST /v1/role-assignments', { principal, role: 'billing_admin', expiresAt: inMs(-1000) })
    expect([past.status, past.body.errors[0].pointer]).toEqual([400, '/expiresAt'])
    const expiresAt = inMs(2500)
    await boss('POST /v1/role-assignments', { principal, role: 'billing_admin', startsAt: inMs(800), expiresAt })
    expect((await ada.send('GET /v1/budgets')).status).toBe(403)
    await new Promise((resolve) => setTimeout(resolve, 900))
    expect((await ada.send('GET /v1/budgets')).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Date.parse(expiresAt) - Date.now() + 20)))
    expect((await ada.send('GET /v1/budgets')).status).toBe(403)
    expect((await boss(`GET /v1/role-assignments?state=expired&principalId=${ada.id}`)).body.total).toBe(1)
  })

  test('can be asked for; somebody else decides, once, and tells why', async () => {
    const { boss, person } = await openStage(cockpit)
    const ada = await person()
    const bob = await person()
    const asked = await ada.send('POST /v1/role-requests', { role: 'billing_admin', hours: 2, reason: 'Month end' })
    expect(asked.body).toMatchObject({ status: 'open', hours: 2, reason: 'Month end', user: { id: ada.id } })
    const again = await ada.send('POST /v1/role-requests', { role: 'billing_admin', hours: 2, reason: 'Please' })
    expect(again.body.type).toBe('role_request.exists')
    expect((await ada.send('GET /v1/role-requests')).body.total).toBe(1)
    expect((await bob.send('GET /v1/role-requests')).body.total).toBe(0)
    expect((await bob.send(`DELETE /v1/role-requests/${asked.body.id}`)).status).toBe(404)
    expect((await bob.send(`POST /v1/role-requests/${asked.body.id}/approve`, {})).status).toBe(403)
    const approved = await boss(`POST /v1/role-requests/${asked.body.id}/approve`, { reason: 'Fine' })
    expect(approved.body).toMatchObject({ status: 'approved', decision: 'Fine' })
    expect((await ada.send('GET /v1/budgets')).status).toBe(200)
    const { items } = (await boss(`GET /v1/role-assignments?principalId=${ada.id}`)).body
    const hours = (Date.parse(items[0].expiresAt) - Date.parse(items[0].startsAt)) / 3_600_000
    expect([items[0].id, hours]).toEqual([approved.body.assignmentId, 2])
    expect((await boss(`POST /v1/role-requests/${asked.body.id}/refuse`, {})).body.type).toBe('role_request.decided')
    const names = (await boss('GET /v1/audit-events?name=role_request.*')).body.items.map(
      (e: { name: string }) => e.name,
    )
    expect(names).toEqual(['role_request.approved', 'role_request.created'])
  })

  test('is not asked for by people of the platform, to whom it would give nothing, members or not', async () => {
    const stage = await openStage(cockpit)
    const email = `sam-${stage.tag}@example.com`
    await cockpit.as().platformPeople.add({ body: { email, name: 'Sam', role: 'support', password } })
    const sam = stage.sender({ ...(await signIn(cockpit, email)), 'x-account-id': stage.id })
    const ask = async () => {
      const { status, body } = await sam('POST /v1/role-requests', {
        role: 'billing_admin',
        hours: 2,
        reason: 'Please',
      })
      return [status, body.type]
    }
    expect(await ask()).toEqual([403, 'access.denied'])
    await cockpit.as(stage.id).users.create({ body: { email, name: 'Sam', role: 'member' } })
    expect(await ask()).toEqual([403, 'access.denied'])
    expect((await stage.boss('GET /v1/role-requests')).body.total).toBe(0)
  })

  test('is decided by nobody who asked, and approved by nobody with less than it allows, who may refuse it', async () => {
    const { boss, person } = await openStage(cockpit)
    const admin = await person('account_admin')
    const own = await admin.send('POST /v1/role-requests', { role: 'owner', hours: 1, reason: 'Mine' })
    for (const act of ['approve', 'refuse']) {
      const answer = await admin.send(`POST /v1/role-requests/${own.body.id}/${act}`, {})
      expect([answer.status, answer.body.type], act).toEqual([403, 'role_request.own'])
    }
    const approver = await person()
    const role = (await boss('POST /v1/roles', { name: 'Approver', permissions: ['access.approve', 'access.read'] }))
      .body
    await boss('POST /v1/role-assignments', { principal: { kind: 'user', id: approver.id }, role: role.id })
    const above = await approver.send(`POST /v1/role-requests/${own.body.id}/approve`, {})
    expect([above.status, above.body.type]).toEqual([403, 'access.denied'])
    expect((await approver.send(`POST /v1/role-requests/${own.body.id}/refuse`, {})).body.status).toBe('refused')
  })
})

describe('a deny rule', () => {
  test('wins over every role of whoever it names, and whom it names cannot lift it', async () => {
    const { boss, person } = await openStage(cockpit)
    const ada = await person('account_admin')
    expect((await ada.send('GET /v1/audit-events')).status).toBe(200)
    const body = { subject: { kind: 'user', id: ada.id }, permissions: ['audit.read'], reason: 'Conflict of interest' }
    const rule = await boss('POST /v1/deny-rules', body)
    expect((await ada.send('GET /v1/audit-events')).status).toBe(403)
    expect((await ada.send(`DELETE /v1/deny-rules/${rule.body.id}`)).status).toBe(403)
    expect((await boss(`DELETE /v1/deny-rules/${rule.body.id}`)).status).toBe(204)
    expect((await ada.send('GET /v1/audit-events')).status).toBe(200)
    const byRole = { subject: { kind: 'role', id: 'account_admin' }, permissions: ['audit.read'], reason: 'Freeze' }
    await boss('POST /v1/deny-rules', byRole)
    expect([(await ada.send('GET /v1/audit-events')).status, (await boss('GET /v1/audit-events')).status]).toEqual([
      403, 403,
    ])
  })

  test('binds nobody who may do more than its writer, whoever it names', async () => {
    const { boss, person, admin } = await openStage(cockpit)
    const [writer, peer] = [await person(), await person('billing_admin')]
    const permissions = ['access.read', 'access.write', 'audit.read', 'budget.read', 'budget.write', 'usage.read']
    const more = ['settings.read', 'catalog.read', 'directory.read']
    const role = (await boss('POST /v1/roles', { name: 'Warden', permissions: [...permissions, ...more] })).body
    await boss('POST /v1/role-assignments', { principal: { kind: 'user', id: writer.id }, role: role.id })
    const deny = async (subject: object) =>
      writer.send('POST /v1/deny-rules', { subject, permissions: ['audit.read'], reason: 'Freeze' })
    const direct = await deny({ kind: 'user', id: admin.id })
    expect([direct.status, direct.body.type]).toEqual([403, 'access.denied'])
    expect((await boss('GET /v1/deny-rules')).body.total).toBe(0)
    for (const subject of [{ kind: 'role', id: 'account_admin' }, { kind: 'everyone' }]) {
      const rule = await deny(subject)
      expect(rule.status).toBe(201)
      expect((await boss('GET /v1/audit-events')).status).toBe(200)
      expect((await peer.send('GET /v1/audit-events')).status).toBe(subject.kind === 'everyone' ? 403 : 200)
      expect((await writer.send(`DELETE /v1/deny-rules/${rule.body.id}`)).status).toBe(204)
    }
    expect((await deny({ kind: 'user', id: peer.id })).status).toBe(201)
    expect((await peer.send('GET /v1/audit-events')).status).toBe(403)
  })

  test('of a lesser writer is shaken off by more everywhere, not by more in one team', async () => {
    const { boss, person, api } = await openStage(cockpit)
    const [writer, peer] = [await person(), await person()]
    const give = async (id: string, role: string, scope?: object) =>
      boss('POST /v1/role-assignments', { principal: { kind: 'user', id }, role, ...(scope && { scope }) })
    const roleOf = async (name: string, ...permissions: string[]) =>
      (await boss('POST /v1/roles', { name, permissions })).body.id
    await give(writer.id, await roleOf('Warden', 'access.read', 'access.write', 'audit.read'))
    await give(peer.id, await roleOf('Reader', 'audit.read'))
    const body = { subject: { kind: 'everyone' }, permissions: ['audit.read', 'directory.write'], reason: 'Freeze' }
    expect((await writer.send('POST /v1/deny-rules', body)).status).toBe(201)
    const reads = async () => (await peer.send('GET /v1/audit-events')).status
    expect(await reads()).toBe(403)
    const { id } = await api.teams.create({ body: { name: 'Red' } })
    expect((await give(peer.id, 'team_admin', { type: 'team', id })).status).toBe(201)
    expect(await reads()).toBe(403)
    const renamed = await peer.send(`PATCH /v1/teams/${id}`, { name: 'Blue' })
    expect(renamed.status, 'what the writer might not do stays theirs there').toBe(200)
    await give(peer.id, await roleOf('Payer', 'budget.read'))
    expect(await reads()).toBe(200)
  })

  test('about a role or everyone is lifted by its writer or somebody it does not bind, and by nobody else', async () => {
    const { boss, person } = await openStage(cockpit)
    const ada = await person('account_admin')
    for (const subject of [{ kind: 'role', id: 'account_admin' }, { kind: 'everyone' }]) {
      const rule = (await boss('POST /v1/deny-rules', { subject, permissions: ['audit.read'], reason: 'Freeze' })).body
      const lift = await ada.send(`DELETE /v1/deny-rules/${rule.id}`)
      expect([lift.status, lift.body.type]).toEqual([403, 'access.denied'])
      expect((await ada.send('GET /v1/audit-events')).status).toBe(403)
      expect((await boss(`DELETE /v1/deny-rules/${rule.id}`)).status).toBe(204)
    }
  })

  test('about a role is not shaken off by giving that role back', async () => {
    const { boss, person } = await openStage(cockpit)
    const ada = await person('account_admin')
    const marked = (await boss('POST /v1/roles', { name: 'Marked', permissions: ['usage.read'] })).body
    const principal = { kind: 'user', id: ada.id }
    const given = (await boss('POST /v1/role-assignments', { principal, role: marked.id })).body
    const denied = { permissions: ['audit.read'], reason: 'Freeze' }
    await boss('POST /v1/deny-rules', { subject: { kind: 'role', id: marked.id }, ...denied })
    expect((await ada.send(`DELETE /v1/role-assignments/${given.id}`)).status).toBe(403)
    expect((await ada.send('GET /v1/audit-events')).status).toBe(403)
    expect((await boss(`DELETE /v1/role-assignments/${given.id}`)).status).toBe(204)
    expect((await ada.send('GET /v1/audit-events')).status).toBe(200)
    const bob = await person('copilot_admin')
    await boss('POST /v1/role-assignments', { principal: { kind: 'user', id: bob.id }, role: 'billing_admin' })
    const byMembership = {
      subject: { kind: 'role', id: 'copilot_admin' },
      permissions: ['usage.read'],
      reason: 'Freeze',
    }
    await boss('POST /v1/deny-rules', byMembership)
    const back = await bob.send(`PATCH /v1/users/${bob.id}`, { role: 'member' })
    expect([back.status, back.body.type]).toEqual([403, 'access.denied'])
  })

  test('never takes the way back from whoever makes it', async () => {
    const { boss } = await openStage(cockpit)
    const body = { subject: { kind: 'everyone' }, permissions: ['access.write'], reason: 'Freeze' }
    const answer = await boss('POST /v1/deny-rules', body)
    expect([answer.status, answer.body.type]).toEqual([409, 'deny_rule.locks_out'])
    expect((await boss('GET /v1/deny-rules')).body.total).toBe(0)
  })
})

describe('a role for a team', () => {
  const twoTeams = async () => {
    const stage = await openStage(cockpit)
    const mine = await stage.api.teams.create({ body: { name: 'Mine' } })
    const other = await stage.api.teams.create({ body: { name: 'Other' } })
    const lead = await stage.person('end_user', [mine.id])
    const [inMine, inOther] = [await stage.person('end_user', [mine.id]), await stage.person('end_user', [other.id])]
    const scope = { type: 'team', id: mine.id }
    const given = await stage.boss('POST /v1/role-assignments', {
      principal: { kind: 'user', id: lead.id },
      role: 'team_admin',
      scope,
    })
    expect(given.status).toBe(201)
    const key = (owner: { id: string }) =>
      stage.api.keys.create({ body: { name: 'k', owner: { kind: 'user', id: owner.id } } })
    return { ...stage, mine, other, lead, inMine, inOther, keys: [await key(inMine), await key(inOther)] as const }
  }

  test('manages the keys of that team, and those of others are like missing ones', async () => {
    const {
      lead,
      inMine,
      inOther,
      keys: [near, far],
      mine,
      other,
    } = await twoTeams()
    const { items } = (await lead.send('GET /v1/keys')).body
    expect(items.map(({ id }: { id: string }) => id)).toEqual([near.id])
    expect((await lead.send(`PATCH /v1/keys/${near.id}`, { name: 'Renamed' })).status).toBe(200)
    expect((await lead.send(`PATCH /v1/keys/${near.id}`, { teamId: other.id })).status).toBe(404)
    expect((await lead.send(`GET /v1/keys/${far.id}`)).status).toBe(404)
    expect((await lead.send(`DELETE /v1/keys/${far.id}`)).status).toBe(404)
    const issue = (owner: { id: string }, teamId?: string) =>
      lead.send('POST /v1/keys', { name: 'n', owner: { kind: 'user', id: owner.id }, teamId })
    expect((await issue(inMine)).status).toBe(201)
    expect((await issue(inMine, mine.id)).status).toBe(201)
    expect((await issue(inOther)).status).toBe(404)
    expect((await issue(inOther, mine.id)).status).toBe(404)
    expect((await lead.send(`DELETE /v1/keys/${near.id}`)).status).toBe(204)
  })

  test('sees that team and its people, manages who is in it and its limits, and nothing beyond', async () => {
    const { lead, inMine, inOther, mine, other, api } = await twoTeams()
    const ids = async (path: string) =>
      (await lead.send(`GET ${path}`)).body.items.map(({ id }: { id: string }) => id).sort()
    expect(await ids('/v1/teams')).toEqual([mine.id])
    expect(await ids('/v1/users')).toEqual([lead.id, inMine.id].sort())
    expect(await ids(`/v1/users?teamId=${other.id}`)).toEqual([])
    expect((await lead.send(`GET /v1/users/${inMine.id}`)).status).toBe(200)
    expect((await lead.send(`GET /v1/teams/${mine.id}/members`)).body.total).toBe(2)
    for (const path of [`/v1/users/${inOther.id}`, `/v1/teams/${other.id}`, `/v1/teams/${other.id}/members`])
      expect((await lead.send(`GET ${path}`)).status, path).toBe(404)
    const limits = { rpm: 5, tpm: null }
    expect((await lead.send(`PATCH /v1/teams/${mine.id}`, { limits })).body.limits).toEqual(limits)
    expect((await lead.send(`PATCH /v1/teams/${other.id}`, { limits })).status).toBe(404)
    const org = await api.orgs.create({ body: { name: 'Elsewhere' } })
    expect((await lead.send(`PATCH /v1/teams/${mine.id}`, { orgId: org.id })).body.type).toBe('org.not_found')
    expect((await lead.send(`DELETE /v1/teams/${mine.id}/members/${inMine.id}`)).status).toBe(204)
    expect((await lead.send(`DELETE /v1/teams/${other.id}/members/${inOther.id}`)).status).toBe(404)
    expect((await lead.send(`PATCH /v1/users/${lead.id}`, { role: 'account_admin' })).status).toBe(403)
    expect((await lead.send('POST /v1/teams', { name: 'New' })).status).toBe(403)
  })

  test('sees sums of that team only, and opens nothing that is not of a team', async () => {
    const { lead } = await twoTeams()
    expect((await lead.send('GET /v1/usage/breakdown?by=user')).status).toBe(200)
    for (const path of ['/v1/audit-events', '/v1/role-assignments', '/v1/provider-connections', '/v1/budgets/ledger'])
      expect((await lead.send(`GET ${path}`)).status, path).toBe(403)
    const me = (await lead.send('GET /v1/me/context')).body
    expect(me.permissions).not.toContain('key.write')
    expect(me.delegated.find((d: { permission: string }) => d.permission === 'key.write').teamIds).toHaveLength(1)
  })

  test('for an org reaches its teams, also those that come later, and ends with the assignment', async () => {
    const { boss, api, person } = await openStage(cockpit)
    const org = await api.orgs.create({ body: { name: 'Sales' } })
    const lead = await person()
    const scope = { type: 'org', id: org.id }
    const principal = { kind: 'user', id: lead.id }
    const given = await boss('POST /v1/role-assignments', { principal, role: 'team_admin', scope })
    const team = await api.teams.create({ body: { name: 'Later', orgId: org.id } })
    const member = await person('end_user', [team.id])
    const key = await api.keys.create({ body: { name: 'k', owner: { kind: 'user', id: member.id } } })
    expect((await lead.send(`GET /v1/keys/${key.id}`)).status).toBe(200)
    await boss(`DELETE /v1/role-assignments/${given.body.id}`)
    expect((await lead.send(`GET /v1/keys/${key.id}`)).status).toBe(404)
  })

  test('is refused where the role allows nothing that can be limited to a part', async () => {
    const { boss, mine, lead } = await twoTeams()
    const principal = { kind: 'user', id: lead.id }
    const answer = await boss('POST /v1/role-assignments', {
      principal,
      role: 'end_user',
      scope: { type: 'team', id: mine.id },
    })
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, '/scope'])
    const twice = { principal, role: 'team_admin', scope: { type: 'team', id: mine.id } }
    expect((await boss('POST /v1/role-assignments', twice)).body.type).toBe('role_assignment.exists')
  })
})
