import { describe, expect, test } from 'vitest'
import { type Ctx, newId } from '../../platform/index.ts'
import { eventsOf, superCtx, testCtx } from '../../platform/testing.ts'
import {
  allocated,
  asPerson,
  company,
  database,
  db,
  directory,
  email,
  front,
  missingId,
  person,
  prove,
  query,
  revoked,
  synchronise,
  team,
  withoutRequest,
} from './directory.testing.ts'

describe('orgs', () => {
  test('every account begins with the default org "global", which cannot be deleted', async () => {
    const acme = await company()
    const { items, total } = (await acme.send('GET /v1/orgs')).body
    expect([total, items[0]]).toMatchObject([1, { name: 'global', isDefault: true, teams: 0 }])
    expect((await acme.send(`DELETE /v1/orgs/${items[0].id}`)).body).toMatchObject({ type: 'org.default', status: 409 })
  })

  test('a name is taken once in an account, whatever its case, and free in another', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    expect((await acme.send('POST /v1/orgs', { name: 'Sales' })).status).toBe(201)
    expect((await acme.send('POST /v1/orgs', { name: 'SALES' })).body.type).toBe('org.name_taken')
    expect((await globex.send('POST /v1/orgs', { name: 'Sales' })).status).toBe(201)
  })

  test('an org with a team or with allocated credits stays; without them it goes', async () => {
    const acme = await company()
    const org = (await acme.send('POST /v1/orgs', { name: 'Sales' })).body
    const inside = (await acme.send('POST /v1/teams', { name: 'North', orgId: org.id })).body
    expect((await acme.send(`DELETE /v1/orgs/${org.id}`)).body).toMatchObject({ type: 'org.in_use', status: 409 })
    await acme.send(`DELETE /v1/teams/${inside.id}`)
    allocated.add(org.id)
    expect((await acme.send(`DELETE /v1/orgs/${org.id}`)).body.type).toBe('org.in_use')
    allocated.delete(org.id)
    expect((await acme.send(`DELETE /v1/orgs/${org.id}`)).status).toBe(204)
    expect((await acme.send(`GET /v1/orgs/${org.id}`)).status).toBe(404)
  })

  test('a change tells what was and what is; a change of nothing tells nothing', async () => {
    const acme = await company()
    const { id } = (await acme.send('POST /v1/orgs', { name: 'Sales' })).body
    expect((await acme.send(`PATCH /v1/orgs/${id}`, { name: 'Sales' })).body.name).toBe('Sales')
    expect((await acme.send(`PATCH /v1/orgs/${id}`, { name: 'Selling', description: null })).body.name).toBe('Selling')
    expect(await eventsOf(database, acme.accountId)).toEqual(['org.created', 'org.created', 'org.updated'])
    const [row] = await query(`select before, after from events where account_id = $1 and name = 'org.updated'`, [
      acme.accountId,
    ])
    expect(row).toEqual({ before: { name: 'Sales' }, after: { name: 'Selling' } })
  })
})

describe('teams', () => {
  test('join the default org unless another of the same account is named', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    expect(await team(acme)).toMatchObject({ orgName: 'global', members: 0, limits: { rpm: null, tpm: null } })
    const foreign = (await globex.send('GET /v1/orgs')).body.items[0].id
    expect((await acme.send('POST /v1/teams', { name: 'Spies', orgId: foreign })).body.type).toBe('org.not_found')
    const own = await team(acme, 'Own')
    expect((await acme.send(`PATCH /v1/teams/${own.id}`, { orgId: foreign })).body.type).toBe('org.not_found')
  })

  test('keep limits larger than a 32-bit number exactly', async () => {
    const acme = await company()
    const limits = { rpm: 10, tpm: 9_999_999_999 }
    const { id } = (await acme.send('POST /v1/teams', { name: 'Big', limits })).body
    expect((await acme.send(`GET /v1/teams/${id}`)).body.limits).toEqual(limits)
  })

  test('a deleted team leaves its members in the account; one with allocated credits stays', async () => {
    const acme = await company()
    const { id } = await team(acme)
    const ada = await person(acme, { teamIds: [id] })
    allocated.add(id)
    expect((await acme.send(`DELETE /v1/teams/${id}`)).body.type).toBe('budget.in_use')
    allocated.delete(id)
    expect((await acme.send(`DELETE /v1/teams/${id}`)).status).toBe(204)
    expect((await acme.send(`GET /v1/users/${ada.id}`)).body).toMatchObject({ name: 'Ada', teams: [] })
  })
})

describe('people', () => {
  test('the first of their teams is the primary one, also after a change', async () => {
    const acme = await company()
    const [a, b] = [await team(acme, 'A'), await team(acme, 'B')]
    const ada = await person(acme, { teamIds: [b.id, a.id] })
    expect(ada.teams.map((t: { name: string }) => t.name)).toEqual(['B', 'A'])
    const changed = await acme.send(`PATCH /v1/users/${ada.id}`, { teamIds: [a.id, b.id] })
    expect(changed.body.teams.map((t: { name: string }) => t.name)).toEqual(['A', 'B'])
    const slice = await db.tenant(testCtx(acme.accountId), (tx) => directory.sliceDirectory(tx))
    expect(slice.users).toMatchObject([{ id: ada.id, role: 'end_user', status: 'active', teamIds: [a.id, b.id] }])
  })

  test('whoever another account made, and may know the password of, is nobody to this one', async () => {
    const [mallory, acme] = [await company('Mallory'), await company()]
    const planted = await person(mallory, { password: 'a planted pass phrase' })
    const refused = await acme.send('POST /v1/users', { email: planted.email.toUpperCase(), name: 'Ada' })
    expect(refused.body).toMatchObject({ type: 'user.unproven_email', status: 409 })
    expect((await acme.send(`GET /v1/users?q=${planted.email}`)).body.total).toBe(0)
    await mallory.send(`DELETE /v1/users/${planted.id}`) // to have left changes nothing: the password is known still
    const again = await acme.send('POST /v1/users', { email: planted.email, name: 'Ada' })
    expect(again.body.type).toBe('user.unproven_email')
  })

  test('the account that has proven the domain gets a person of its own, and whoever sat there loses the address', async () => {
    const [mallory, acme] = [await company('Mallory'), await company()]
    const domain = `${newId('d', new Date()).replace('_', '-')}.example.com`
    const planted = await person(mallory, { email: `ada@${domain}`, password: 'a planted pass phrase' })
    await query(
      `insert into account_domains (account_id, domain, token, created_at, verified_at)
       values ($1, $2, 'x', now(), now())`,
      [acme.accountId, domain],
    )
    const ada = (await acme.send('POST /v1/users', { email: `ada@${domain}`, name: 'Ada' })).body
    expect(ada).toMatchObject({ name: 'Ada', email: `ada@${domain}` })
    expect(ada.id).not.toBe(planted.id)
    const left = (await mallory.send(`GET /v1/users/${planted.id}`)).body
    expect(left.email).toMatch(/@released\.invalid$/)
    const back = await mallory.send('POST /v1/users', { email: `eve@${domain}`, name: 'Eve' })
    expect(back.body.type).toBe('user.unproven_email')
  })

  test('nobody of another account is added unasked, whatever shows that the address is theirs, but by the platform or who runs their domain', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const ada = await person(acme, { password: 'a long pass phrase' })
    await prove(ada)
    const fields = { email: ada.email.toUpperCase(), name: 'Mallory', password: 'another pass phrase' }
    const unasked = await globex.send('POST /v1/users', fields)
    expect(unasked.body).toMatchObject({ type: 'user.invite_needed', status: 409 })
    expect((await globex.send(`GET /v1/users?q=${ada.email}`)).body.total).toBe(0)
    const joined = await front.as(superCtx(globex.accountId)).send('POST /v1/users', fields)
    expect(joined.body).toMatchObject({ id: ada.id, name: 'Ada' })
    const again = await globex.send('POST /v1/users', { email: ada.email, name: 'Ada' })
    expect(again.body).toMatchObject({ type: 'user.email_taken', status: 409 })
    const renamed = await globex.send(`PATCH /v1/users/${ada.id}`, { name: 'Mallory' })
    expect(renamed.body.type).toBe('access.denied')
    expect((await acme.send(`GET /v1/users/${ada.id}`)).body.name).toBe('Ada')
  })

  test('whoever runs the domain adds its people, who may leave again', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const domain = `${newId('d', new Date()).replace('_', '-')}.example.com`
    const ada = await person(acme, { email: `ada@${domain}` })
    await prove(ada)
    await query(
      `insert into account_domains (account_id, domain, token, created_at, verified_at)
       values ($1, $2, 'x', now(), now())`,
      [globex.accountId, domain],
    )
    expect((await globex.send('POST /v1/users', { email: ada.email, name: 'Ada' })).status).toBe(201)
    const herself = asPerson(globex, ada.id)
    expect((await herself.send('DELETE /v1/me/membership')).status).toBe(204)
    expect((await globex.send(`GET /v1/users/${ada.id}`)).status).toBe(404)
    expect((await herself.send('DELETE /v1/me/membership')).body.type).toBe('user.not_found')
    expect((await acme.send(`GET /v1/users/${ada.id}`)).body.status).toBe('active')
    expect(revoked).toContainEqual({ userId: ada.id })
  })

  test('the last admin and whom a directory answers for stay, and no key leaves for its owner', async () => {
    const acme = await company()
    const [boss, ada] = [await person(acme, { role: 'account_admin' }), await person(acme)]
    expect((await asPerson(acme, boss.id).send('DELETE /v1/me/membership')).body.type).toBe('user.last_admin')
    await synchronise(acme, ada.id)
    expect((await asPerson(acme, ada.id).send('DELETE /v1/me/membership')).body.type).toBe('user.synchronised')
    const key = testCtx(acme.accountId)
    const asKey = front.as({ ...key, actor: { ...key.actor, kind: 'key', id: boss.id } })
    expect((await asKey.send('DELETE /v1/me/membership')).body.type).toBe('user.not_found')
  })

  test('no account is left without an active administrator, by demotion, suspension or removal', async () => {
    const acme = await company()
    const boss = await person(acme, { role: 'account_admin' })
    const line = `/v1/users/${boss.id}`
    for (const patch of [{ role: 'end_user' }, { status: 'suspended' }])
      expect((await acme.send(`PATCH ${line}`, patch)).body).toMatchObject({ type: 'user.last_admin', status: 409 })
    expect((await acme.send(`DELETE ${line}`)).body.type).toBe('user.last_admin')
    await person(acme, { role: 'account_admin' })
    expect((await acme.send(`DELETE ${line}`)).status).toBe(204)
  })

  test('of two administrators who remove each other at once, one stays', async () => {
    const acme = await company()
    const [a, b] = [await person(acme, { role: 'account_admin' }), await person(acme, { role: 'account_admin' })]
    const answers = await Promise.all([a, b].map(({ id }) => acme.send(`DELETE /v1/users/${id}`)))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409])
  })

  test('whoever is removed loses keys in the same breath and is nowhere to be found after', async () => {
    const acme = await company()
    const ada = await person(acme, { teamIds: [(await team(acme)).id] })
    expect((await acme.send(`DELETE /v1/users/${ada.id}`)).status).toBe(204)
    expect(revoked).toContainEqual({ userId: ada.id })
    expect((await acme.send(`GET /v1/users/${ada.id}`)).body.type).toBe('user.not_found')
    expect((await acme.send('GET /v1/teams')).body.items[0].members).toBe(0)
    expect(await eventsOf(database, acme.accountId)).toContain('user.removed')
  })

  test('teams of another account are refused, and name the wrong entry', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const [own, foreign] = [await team(acme), await team(globex)]
    const answer = await acme.send('POST /v1/users', { email: email(), name: 'Ada', teamIds: [own.id, foreign.id] })
    expect(answer.body).toMatchObject({ type: 'team.not_found', errors: [{ pointer: '/teamIds/1' }] })
  })

  test('are found by part of a name or an e-mail, wildcards taken literally, page by page', async () => {
    const acme = await company()
    for (const name of ['Grace', 'Gracie', '100%']) await person(acme, { name })
    const found = async (q: string) => (await acme.send(`GET /v1/users?q=${encodeURIComponent(q)}`)).body.total
    expect([await found('grac'), await found('%'), await found('0%')]).toEqual([2, 1, 1])
    const first = (await acme.send('GET /v1/users?limit=2')).body
    const second = (await acme.send(`GET /v1/users?limit=2&after=${first.next}`)).body
    expect([first.items.length, second.items.length, second.next, second.total]).toEqual([2, 1, null, 3])
    expect([...first.items, ...second.items].map((u: { name: string }) => u.name)).toEqual(['100%', 'Gracie', 'Grace'])
  })
})

describe('service accounts', () => {
  test('are made, listed with their keys, and take their keys along when deleted', async () => {
    const acme = await company()
    const { id } = (await acme.send('POST /v1/service-accounts', { name: 'CI' })).body
    expect((await acme.send('POST /v1/service-accounts', { name: 'ci' })).body.type).toBe('service_account.name_taken')
    expect((await acme.send('GET /v1/service-accounts')).body.items).toMatchObject([{ id, name: 'CI', keys: 0 }])
    expect((await acme.send(`DELETE /v1/service-accounts/${id}`)).status).toBe(204)
    expect(revoked).toContainEqual({ serviceAccountId: id })
  })

  test('take no team of another account', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const answer = await acme.send('POST /v1/service-accounts', { name: 'CI', teamId: (await team(globex)).id })
    expect(answer.body.type).toBe('team.not_found')
  })
})

test("another account's id answers with the very bytes of a missing one, for reading, changing and deleting", async () => {
  const [acme, globex] = [await company(), await company('Globex')]
  const org = (await globex.send('POST /v1/orgs', { name: 'Sales' })).body.id
  const foreign = {
    org,
    team: (await team(globex)).id,
    usr: (await person(globex)).id,
    sva: (await globex.send('POST /v1/service-accounts', { name: 'CI' })).body.id,
  }
  const paths = { org: 'orgs', team: 'teams', usr: 'users', sva: 'service-accounts' } as const
  for (const prefix of ['org', 'team', 'usr', 'sva'] as const)
    for (const method of prefix === 'sva' ? ['DELETE'] : ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { name: 'Taken' } : undefined
      const [there, nowhere] = [foreign[prefix], missingId(prefix)].map((id) =>
        acme.send(`${method} /v1/${paths[prefix]}/${id}`, body),
      )
      const [a, b] = [await there, await nowhere]
      expect([a?.status, withoutRequest(a?.text ?? '')], `${method} ${prefix}`).toEqual([
        404,
        withoutRequest(b?.text ?? ''),
      ])
    }
  expect((await globex.send(`GET /v1/orgs/${org}`)).body.name).toBe('Sales')
})

test('an end user may neither see nor change the directory', async () => {
  const acme = await company()
  const user: Ctx = testCtx(acme.accountId, { permissions: ['key.write_own', 'model.read'] })
  for (const line of ['GET /v1/users', 'GET /v1/orgs', 'GET /v1/teams', 'GET /v1/service-accounts'])
    expect((await front.as(user).send(line)).status).toBe(403)
})

test('wrong input names the field', async () => {
  const acme = await company()
  const answer = await acme.send('POST /v1/users', { email: 'nobody', name: '', role: 'super_admin' })
  expect(answer.status).toBe(400)
  expect(answer.body.errors.map((e: { pointer: string }) => e.pointer).sort()).toEqual(['/email', '/name', '/role'])
})
