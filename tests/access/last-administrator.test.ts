/** An account keeps somebody who can put it in order, whichever way the last one would be lost. */
import { rolePermissions } from '@cockpit/contract/permissions'
import type { NewDenyRule } from '@cockpit/contract/roles'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSource } from '../scim/source.ts'
import { password, type TestAccount } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage, type Stage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const everything = [...rolePermissions.account_admin]
const user = (id: string) => ({ kind: 'user', id }) as const
const everyone = { kind: 'everyone' } as const
const lastAdmin = { code: 'user.last_admin', status: 409 }

/** Bob, a member with this role beside, and nobody else who could put the account in order. */
const onlyBob = async (stage: Stage, role = 'account_admin') => {
  const { api, admin, person } = stage
  const bob = await person('member')
  const { id } = await api.roleAssignments.create({ body: { principal: user(bob.id), role } })
  await api.users.remove({ params: { id: admin.id } })
  return { ...bob, assignmentId: id }
}
/** The first admin, by a role beside the membership alone. */
const onlyBeside = async ({ api, admin }: Stage) => {
  const { id } = await api.roleAssignments.create({ body: { principal: user(admin.id), role: 'account_admin' } })
  await api.users.update({ params: { id: admin.id }, body: { role: 'member' } })
  return { assignmentId: id }
}
const customRole = (stage: Stage) =>
  stage.api.roles.create({ body: { name: 'Deputy', permissions: everything } }).then(({ id }) => id)

type Bob = Awaited<ReturnType<typeof onlyBob>>
type Loss = (stage: Stage, bob: Bob) => Promise<unknown>
const denied = ({ api }: Stage, subject: object, permission: 'access.write' | 'directory.write') =>
  api.denyRules.create({
    body: { subject: subject as NewDenyRule['subject'], permissions: [permission], reason: 'Because.' },
  })

describe('the last administrator of an account, by a role beside the membership', () => {
  test.each<[string, Loss]>([
    ['suspended', ({ api }, { id }) => api.users.update({ params: { id }, body: { status: 'suspended' } })],
    ['removed', ({ api }, { id }) => api.users.remove({ params: { id } })],
    ['deprived of the role', ({ api }, bob) => api.roleAssignments.end({ params: { id: bob.assignmentId } })],
    ['bound by a rule about everyone', (stage) => denied(stage, everyone, 'access.write')],
    ['bound by a rule about them', (stage, { id }) => denied(stage, user(id), 'directory.write')],
    ['bound by a rule about the role', (stage) => denied(stage, { kind: 'role', id: 'account_admin' }, 'access.write')],
    [
      'bound by a rule about a role given later',
      async (stage, { id }) => {
        await denied(stage, { kind: 'role', id: 'billing_admin' }, 'access.write')
        const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
        await stage.api.roleAssignments.create({ body: { principal: user(id), role: 'billing_admin', expiresAt } })
      },
    ],
  ])('is not %s', async (_what, loss) => {
    const stage = await openStage(cockpit)
    const bob = await onlyBob(stage)
    await expect(loss(stage, bob)).rejects.toMatchObject(lastAdmin)
    // nothing of it stayed, and they still can
    expect((await bob.send('GET /v1/me/context')).body.permissions).toEqual(
      expect.arrayContaining(['access.write', 'directory.write']),
    )
    expect((await bob.send('POST /v1/users', { email: `c-${stage.tag}@example.com`, name: 'C' })).status).toBe(201)
  })

  test('loses what does not matter for it: a role of the membership, and what can be given back', async () => {
    const stage = await openStage(cockpit)
    const { id } = await onlyBob(stage)
    await stage.api.users.update({ params: { id }, body: { role: 'end_user' } })
    await stage.api.denyRules.create({
      body: { subject: everyone, permissions: ['content.read', 'provider.write'], reason: 'Nobody reads along.' },
    })
  })

  test('is lost by no row of a file and no act on many', async () => {
    const stage = await openStage(cockpit)
    const bob = await onlyBob(stage)
    const csv = `email,status\n${bob.email},suspended`
    const imported = await stage.api.users.import({ body: { csv, onError: 'skip' } })
    expect(imported).toMatchObject({ errors: 1, updated: 0 })
    const acts = [{ kind: 'remove' }, { kind: 'status', status: 'suspended' }] as const
    for (const act of acts) {
      const { items } = await stage.api.users.bulk({ body: { userIds: [bob.id], act } })
      expect(items).toMatchObject([{ userId: bob.id, verdict: 'skipped', code: 'user.last_admin' }])
    }
    expect(await stage.api.users.get({ params: { id: bob.id } })).toMatchObject({ status: 'active' })
  })

  test('is not switched off by a source, which is told so in its own words', async () => {
    const stage = await openStage(cockpit)
    const bob = await onlyBob(stage)
    const source = await openSource(cockpit, stage as TestAccount)
    await source.person(bob.email)
    const refused = await source.patch(`/Users/${bob.id}`, { op: 'replace', value: { active: false } })
    expect(refused).toMatchObject({ status: 409, body: { status: '409' } })
    expect(refused.body.detail).toContain('name another one first')
    expect((await source.send(`DELETE /Users/${bob.id}`)).status).toBe(409)
    expect(await stage.api.users.get({ params: { id: bob.id } })).toMatchObject({ status: 'active' })
  })
})

test('a custom role that makes the last administrator is neither made less nor replaced by less', async () => {
  const stage = await openStage(cockpit)
  const role = await customRole(stage)
  await onlyBob(stage, role)
  const { roles } = stage.api
  const less = everything.filter((one) => one !== 'access.write')
  await expect(roles.update({ params: { id: role }, body: { permissions: less } })).rejects.toMatchObject(lastAdmin)
  const remove = (replacement: string) => roles.remove({ params: { id: role }, query: { replacement } })
  await expect(remove('member')).rejects.toMatchObject(lastAdmin)
  await roles.update({ params: { id: role }, body: { name: 'Second' } })
  await remove('account_admin')
})

test('a role that ends, however late, makes nobody an administrator whom one may leave to', async () => {
  const stage = await openStage(cockpit)
  const bob = await stage.person('member')
  const expiresAt = new Date(Date.now() + 9 * 365 * 86_400_000).toISOString()
  const body = { principal: user(bob.id), role: 'account_admin', expiresAt }
  const { id } = await stage.api.roleAssignments.create({ body })
  expect((await stage.boss('DELETE /v1/me/membership')).body.type).toBe('user.last_admin')
  await stage.api.roleAssignments.end({ params: { id } })
  await stage.api.roleAssignments.create({ body: { principal: user(bob.id), role: 'account_admin' } })
  expect((await stage.boss('DELETE /v1/me/membership')).status).toBe(204)
})

describe('whoever has a role of the platform', () => {
  /** A member of the account who is one of the platform too. */
  const both = async (stage: Stage, platformRole: 'support' | 'super_admin', role: 'account_admin' | 'member') => {
    const email = `both-${stage.tag}@example.com`
    const body = { email, name: 'Sam', role: platformRole, password }
    const { id } = await cockpit.as().platformPeople.add({ body })
    await stage.api.users.create({ body: { email, name: 'Sam', role } })
    return { id, email }
  }

  test('acts by that, and is no administrator who could be left, whichever way', async () => {
    const stage = await openStage(cockpit)
    const { api, admin } = stage
    await both(stage, 'support', 'account_admin')
    await expect(denied(stage, user(admin.id), 'access.write')).rejects.toMatchObject(lastAdmin)
    await expect(api.users.remove({ params: { id: admin.id } })).rejects.toMatchObject(lastAdmin)
    const bob = await onlyBeside(stage)
    await expect(api.roleAssignments.end({ params: { id: bob.assignmentId } })).rejects.toMatchObject(lastAdmin)
  })

  test('and is a super admin puts every account in order that they belong to, whatever their role there', async () => {
    const stage = await openStage(cockpit)
    await both(stage, 'super_admin', 'member')
    // nothing binds them
    await denied(stage, everyone, 'access.write')
    await stage.api.users.remove({ params: { id: stage.admin.id } })
  })

  test('counts no more once they lost it, nor in an account that they do not belong to', async () => {
    const [stage, other] = [await openStage(cockpit), await openStage(cockpit)]
    const { id } = await both(stage, 'super_admin', 'member')
    await expect(denied(other, everyone, 'access.write')).rejects.toMatchObject(lastAdmin)
    await cockpit.as().platformPeople.remove({ params: { id } })
    await expect(denied(stage, everyone, 'access.write')).rejects.toMatchObject(lastAdmin)
  })
})

test('a transaction of an account is told the platform roles of its own members, and of nobody else', async () => {
  const [stage, other] = [await openStage(cockpit), await openStage(cockpit)]
  const email = `sam-${stage.tag}@example.com`
  const { id } = await cockpit.as().platformPeople.add({ body: { email, name: 'Sam', role: 'support', password } })
  await stage.api.users.create({ body: { email, name: 'Sam', role: 'member' } })
  const seen = (accountId: string) =>
    cockpit.database.query(
      `with me as (select set_config('role', 'cockpit_app', true), set_config('app.account_id', $1, true))
       select r.* from me, lateral platform_roles_of_members() r`,
      [accountId],
    )
  expect(await seen(stage.id)).toEqual([{ user_id: id, role: 'support' }])
  expect(await seen(other.id)).toEqual([])
  expect(await seen('')).toEqual([])
})

describe('an administrator without a way in', () => {
  test('is nobody one may leave to', async () => {
    const stage = await openStage(cockpit)
    const carol = { email: `carol-${stage.tag}@example.com`, name: 'Carol', role: 'account_admin' as const }
    const { id } = await stage.api.users.create({ body: carol })
    expect((await stage.boss('DELETE /v1/me/membership')).body.type).toBe('user.last_admin')
    await stage.api.users.remove({ params: { id } })
    await stage.api.users.create({ body: { ...carol, email: `cleo-${stage.tag}@example.com`, password } })
    expect((await stage.boss('DELETE /v1/me/membership')).status).toBe(204)
  })

  test('but by the provider of the account keeps it: it is neither turned off nor removed', async () => {
    const stage = await openStage(cockpit)
    const { query } = cockpit.database
    await query(
      `insert into sso_configs (account_id, kind, name, issuer, client_id, scopes, claims, enabled, required, created_at, updated_at)
       values ($1, 'oidc', 'Own', 'https://idp.example.com', 'cockpit', '{openid}', $2, true, false, now(), now())`,
      [stage.id, JSON.stringify({ email: 'email', name: 'name', roles: 'roles', roleMap: {}, trustEmail: false })],
    )
    const domain = `${stage.tag}.example`
    await query('update users set email = $2 where id = $1', [stage.admin.id, `ada@${domain}`])
    await query(
      `insert into account_domains (account_id, domain, token, verified_at, created_at) values ($1, $2, 'x', now(), now())`,
      [stage.id, domain],
    )
    const hash = await query<{ password_hash: string }>('select password_hash from users where id = $1', [
      stage.admin.id,
    ])
    const setHash = (text: string | null) =>
      query('update users set password_hash = $2 where id = $1', [stage.admin.id, text])
    await setHash(null)
    const lockout = { code: 'sso.lockout', status: 409 }
    await expect(stage.api.sso.set({ body: { enabled: false } })).rejects.toMatchObject(lockout)
    await expect(stage.api.sso.remove()).rejects.toMatchObject(lockout)
    expect(await stage.api.sso.get()).toMatchObject({ enabled: true })
    // nor does it cease to speak for them
    await expect(stage.api.sso.set({ body: { emailDomains: ['else.example'] } })).rejects.toMatchObject(lockout)
    const { items } = await stage.api.sso.domains()
    const ofThem = { params: { id: items[0]?.id ?? '' } }
    await expect(stage.api.sso.removeDomain(ofThem)).rejects.toMatchObject(lockout)
    expect((await stage.api.sso.domains()).items).toMatchObject([{ domain }])
    await setHash(hash[0]?.password_hash ?? null)
    expect(await stage.api.sso.set({ body: { enabled: false } })).toMatchObject({ enabled: false })
    expect(await stage.api.sso.remove()).toEqual({ deleted: true })
    await stage.api.sso.removeDomain(ofThem)
  })
})

test('of the last two, one stays when both are lost at once in different ways', async () => {
  // several rounds: one alone may by luck run one after the other
  for (let round = 0; round < 6; round++) {
    const stage = await openStage(cockpit)
    const { api, admin } = stage
    const bob = await stage.person('member')
    const { id } = await api.roleAssignments.create({ body: { principal: user(bob.id), role: 'account_admin' } })
    const results = await Promise.allSettled([
      api.users.remove({ params: { id: admin.id } }),
      api.roleAssignments.end({ params: { id } }),
    ])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: lastAdmin })
  }
})
