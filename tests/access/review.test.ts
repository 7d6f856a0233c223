import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, signIn } from '../support/account.ts'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const arranged = async () => {
  const stage = await openStage(cockpit)
  const team = await stage.api.teams.create({ body: { name: 'Mine' } })
  const ada = await stage.person('end_user', [team.id])
  const principal = { kind: 'user', id: ada.id }
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  const scope = { type: 'team', id: team.id }
  const given = (await stage.boss('POST /v1/role-assignments', { principal, role: 'team_admin', scope, expiresAt }))
    .body
  const rule = (
    await stage.boss('POST /v1/deny-rules', { subject: principal, permissions: ['playground.use'], reason: '=1+1' })
  ).body
  const key = await stage.api.keys.create({ body: { name: 'Laptop', owner: { kind: 'user', id: ada.id } } })
  return { ...stage, team, ada, given, rule, key }
}

test('the review says who can use what, because of which role, since when, and what a rule takes', async () => {
  const { boss, ada, given, rule, key, team } = await arranged()
  const { items } = (await boss(`GET /v1/access/review?q=${ada.email}`)).body
  expect(items).toHaveLength(1)
  const [row] = items
  const entry = (permission: string) => row.permissions.find((p: { permission: string }) => p.permission === permission)
  expect(entry('key.write')).toMatchObject({
    reach: 'part',
    parts: [team.id],
    sources: [
      {
        via: 'assignment',
        id: given.id,
        role: { name: 'Team admin' },
        since: given.startsAt,
        expiresAt: given.expiresAt,
      },
    ],
    deniedBy: null,
  })
  expect(entry('usage.read_own')).toMatchObject({
    reach: 'account',
    sources: [{ via: 'membership', role: { id: 'end_user' } }],
  })
  expect(entry('playground.use').deniedBy).toEqual({ id: rule.id, reason: '=1+1' })
  expect(row.keys).toMatchObject([{ id: key.id, models: null, lastUsedAt: null }])
  expect(Date.parse(row.lastSeenAt)).toBeGreaterThan(0)
})

test('it agrees with what people may really do, is filtered by it, and sees one account only', async () => {
  const { boss, ada, admin } = await arranged()
  const ids = async (query: string) =>
    (await boss(`GET /v1/access/review?${query}`)).body.items.map((i: { id: string }) => i.id)
  expect(await ids('permission=access.write')).toEqual([admin.id])
  expect(await ids('permission=key.write')).toEqual([admin.id, ada.id].sort())
  expect(await ids('permission=playground.use')).toEqual([admin.id])
  expect(await ids('denied=true')).toEqual([ada.id])
  expect(await ids('expiring=yes')).toEqual([ada.id])
  expect(await ids('role=team_admin')).toEqual([ada.id])
  const { items } = (await boss('GET /v1/access/review')).body
  const mine = items.find((i: { id: string }) => i.id === ada.id)
  const { permissions, delegated } = (await ada.send('GET /v1/me/context')).body
  const said = (reach: string) =>
    mine.permissions
      .filter((p: { reach: string; deniedBy: unknown }) => p.reach === reach && !p.deniedBy)
      .map((p: { permission: string }) => p.permission)
      .sort()
  expect(said('account')).toEqual(permissions)
  expect(said('part')).toEqual(delegated.map((d: { permission: string }) => d.permission).sort())
})

test('whoever is suspended can use nothing, their keys included, and a role is never older than its giving', async () => {
  const { boss, api, ada, key } = await arranged()
  const { id } = await longAgo(boss, ada.id)
  const row = async () => (await boss(`GET /v1/access/review?q=${ada.email}`)).body.items[0]
  const source = (await row()).permissions
    .flatMap((held: { sources: { id: string; since: string }[] }) => held.sources)
    .find((one: { id: string }) => one.id === id)
  expect(Date.parse(source.since)).toBeGreaterThan(Date.now() - 600_000)
  expect((await row()).keys).toMatchObject([{ id: key.id }])
  await api.users.update({ params: { id: ada.id }, body: { status: 'suspended' } })
  expect(await row()).toMatchObject({ status: 'suspended', permissions: [], keys: [] })
  expect((await boss('GET /v1/access/review?model=any')).body.items.map((one: { id: string }) => one.id)).toEqual([])
})

test('a role of the membership is as old as its giving, not as the membership', async () => {
  const { boss, ada } = await arranged()
  const since = async () => {
    const [row] = (await boss(`GET /v1/access/review?q=${ada.email}`)).body.items
    const held = row.permissions.find((one: { permission: string }) => one.permission === 'usage.read_own')
    return held.sources.find(({ via }: { via: string }) => via === 'membership').since
  }
  const joined = await since()
  expect((await boss(`PATCH /v1/users/${ada.id}`, { role: 'billing_admin' })).status).toBe(200)
  const told = (await boss(`GET /v1/users/${ada.id}/permissions`)).body.permissions
  const source = told.find((one: { permission: string }) => one.permission === 'budget.write').sources[0]
  expect(await since()).toBe(source.since)
  expect(Date.parse(await since())).toBeGreaterThan(Date.parse(joined))
})

describe('who reaches an account without being of it', () => {
  test('a SCIM token is listed with who made it, since when, until when, when it was used, and what it may give', async () => {
    const { boss, admin, id, tag } = await openStage(cockpit)
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
    const made = (await boss('POST /v1/scim/tokens', { name: `Entra ${tag}`, expiresAt })).body
    const ended = (await boss('POST /v1/scim/tokens', { name: 'Old' })).body
    expect((await boss(`DELETE /v1/scim/tokens/${ended.id}`)).status).toBe(204)
    const page = async () => (await boss('GET /v1/access/review?kind=scim_token')).body
    expect(await page()).toMatchObject({
      total: 1,
      items: [
        {
          ...{ id: made.id, kind: 'scim_token', name: `Entra ${tag}`, email: null, status: 'active', lastSeenAt: null },
          ...{ keys: [], source: { vouchedBy: { kind: 'user', id: admin.id, name: 'Ada' } } },
        },
      ],
    })
    const headers = { authorization: `Bearer ${made.secret}` }
    expect((await cockpit.send('GET /scim/v2/Users', { headers })).status).toBe(200)
    const [row] = (await page()).items
    expect(Date.parse(row.lastSeenAt)).toBeGreaterThan(Date.parse(made.createdAt) - 1_000)
    expect(row.source.roles).toEqual(expect.arrayContaining(['account_admin', 'member']))
    expect(row.permissions).toEqual(
      ['directory.read', 'directory.write'].map((permission) => ({
        ...{ permission, reach: 'account', parts: [], deniedBy: null },
        sources: [{ via: 'token', id: made.id, role: { id: 'scim', name: 'SCIM' }, since: made.createdAt, expiresAt }],
      })),
    )
    const master = { authorization: 'Bearer mk_test_0123456789abcdef', 'x-account-id': id }
    const csv = (await cockpit.send('GET /v1/access/review.csv?kind=scim_token', { headers: master })).text
    expect(csv).toContain(
      `permission,directory.write,account,SCIM token of Ada (${admin.id}),${made.createdAt},${expiresAt},${row.lastSeenAt}`,
    )
    expect(csv).toMatch(/,may give,[a-z_ ]*account_admin/)
  })

  const staff = async (role: 'super_admin' | 'platform_operator' | 'support') => {
    const email = `staff-${randomBytes(4).toString('hex')}@platform.example`
    const name = `Sam ${randomBytes(4).toString('hex')}`
    const { id } = await cockpit.as().platformPeople.add({ body: { email, name, role, password } })
    return { id, email, name, role }
  }

  test.each(['super_admin', 'platform_operator', 'support'] as const)(
    'somebody of the platform is listed as %s with what they may really do, and without e-mail or last visit',
    async (role) => {
      const stage = await openStage(cockpit)
      const sam = await staff(role)
      const send = stage.sender({ ...(await signIn(cockpit, sam.email)), 'x-account-id': stage.id })
      const { permissions } = (await send('GET /v1/me/context')).body
      const { items } = (await stage.boss(`GET /v1/access/review?q=${encodeURIComponent(sam.name)}`)).body
      const [row] = items
      expect(items).toHaveLength(1)
      expect(row).toMatchObject({
        ...{ id: sam.id, kind: 'platform_person', name: sam.name, email: null, lastSeenAt: null },
        keys: [],
      })
      expect(row.permissions.map(({ permission }: { permission: string }) => permission).sort()).toEqual(permissions)
      const sources = row.permissions.flatMap((one: { sources: object[] }) => one.sources)
      for (const source of sources) expect(source).toMatchObject({ via: 'platform', id: null, role: { id: role } })
      for (const route of ['GET /v1/access/review', 'GET /v1/access/review.csv', 'GET /v1/access/review.jsonl'])
        expect(
          JSON.stringify((await cockpit.send(route, { headers: await signIn(cockpit, stage.email) })).text),
        ).not.toContain(sam.email)
      expect((await stage.boss(`GET /v1/access/review?q=${sam.email}`)).body.items).toEqual([])
    },
  )

  test('a rule of the platform that binds one of its people is not told to accounts, and what it takes is not listed', async () => {
    const stage = await openStage(cockpit)
    const sam = await staff('support')
    const subject = { kind: 'user', id: sam.id } as const
    await cockpit
      .as()
      .denyRules.create({ body: { subject, permissions: ['key.read'], reason: 'An inner matter', expiresAt: null } })
    const [row] = (await stage.boss(`GET /v1/access/review?q=${sam.id}`)).body.items
    expect(row.permissions.map(({ permission }: { permission: string }) => permission)).not.toContain('key.read')
    expect(JSON.stringify(row)).not.toContain('An inner matter')
    await cockpit.as().platformPeople.remove({ params: { id: sam.id } })
    expect((await stage.boss(`GET /v1/access/review?q=${sam.id}`)).body.items).toEqual([])
  })

  test('somebody of the platform who is a member too stands there as both, on pages of any length', async () => {
    const stage = await openStage(cockpit)
    const sam = await staff('support')
    await cockpit.as(stage.id).users.create({ body: { email: sam.email, name: sam.name, role: 'member' } })
    const read = async (query: string) => {
      const seen: string[] = []
      let after = ''
      do {
        const page = (await stage.boss(`GET /v1/access/review?limit=1${query}${after && `&after=${after}`}`)).body
        seen.push(...page.items.map((row: { kind: string; id: string }) => `${row.kind} ${row.id}`))
        expect(page.total).toBe((await stage.boss(`GET /v1/access/review?limit=100${query}`)).body.items.length)
        after = page.next ?? ''
      } while (after)
      return seen
    }
    for (const query of ['', '&permission=directory.read', `&q=${sam.id}`]) {
      const seen = await read(query)
      expect(seen).toEqual(expect.arrayContaining([`platform_person ${sam.id}`, `user ${sam.id}`]))
      expect(new Set(seen).size).toBe(seen.length)
    }
    expect(await read('&kind=user')).not.toContain(`platform_person ${sam.id}`)
    expect((await stage.boss('GET /v1/access/review?kind=service_account')).body).toMatchObject({ items: [], total: 0 })
  })
})

/** A role that claims to have been given years ago. */
const longAgo = async (boss: (line: string, body: unknown) => Promise<{ body: { id: string } }>, userId: string) =>
  (
    await boss('POST /v1/role-assignments', {
      principal: { kind: 'user', id: userId },
      role: 'billing_admin',
      startsAt: '2001-01-01T00:00:00Z',
    })
  ).body

test('pages follow each other without a gap, and the exports hold the same rows', async () => {
  const { boss, api, id } = await arranged()
  for (let i = 0; i < 5; i++) await api.serviceAccounts.create({ body: { name: `CI ${i}` } })
  const { total, items } = (await boss('GET /v1/access/review?limit=100')).body
  // whoever the platform has beside is listed first
  expect(items.filter(({ kind }: { kind: string }) => kind !== 'platform_person')).toHaveLength(7)
  const seen: string[] = []
  let after = ''
  do {
    const page = (await boss(`GET /v1/access/review?limit=3${after && `&after=${after}`}`)).body
    expect(page.total).toBe(total)
    seen.push(...page.items.map((i: { id: string }) => i.id))
    after = page.next ?? ''
  } while (after)
  expect(new Set(seen).size).toBe(total)
  const headers = { authorization: 'Bearer mk_test_0123456789abcdef', 'x-account-id': id }
  const csv = await cockpit.send('GET /v1/access/review.csv', { headers })
  expect(csv.headers.get('content-type')).toContain('text/csv')
  expect(csv.text.split('\r\n')[0]).toBe(
    'principal,kind,name,email,status,last seen,what,may use,reach,because of,since,until,last used,denied by',
  )
  expect(csv.text).toContain('Laptop')
  // what a person wrote must not run in the spreadsheet of whoever opens it
  expect(csv.text).not.toMatch(/(^|,)=/m)
  const lines = (await cockpit.send('GET /v1/access/review.jsonl', { headers })).text.trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).id)).toEqual(seen)
})

test('each way to take the data of many people away leaves an event that says who looked, and none when refused', async () => {
  const { boss, ada, admin } = await arranged()
  const expected = {
    'GET /v1/users/export': 'users.exported',
    'GET /v1/access/review.csv': 'access_review.exported',
    'GET /v1/access/review.jsonl': 'access_review.exported',
    'GET /v1/sign-in-failures': 'sign_in_failures.read',
  }
  const told = async (name: string) =>
    (await boss(`GET /v1/audit-events?name=${name}`)).body.items.map(
      ({ actor, outcome, after }: { actor: { id: string }; outcome: string; after: { route: string } }) =>
        [after.route, outcome, actor.id] as const,
    )
  const headers = await signIn(cockpit, admin.email)
  for (const [route, name] of Object.entries(expected)) {
    expect((await ada.send(route)).status, route).toBe(403)
    expect((await told(name)).filter(([of]: [string]) => of === route)).toEqual([])
    expect((await cockpit.send(route, { headers })).status, route).toBe(200)
    expect(await told(name)).toContainEqual([route, 'read', admin.id])
  }
})
