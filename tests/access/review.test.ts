import { afterAll, beforeAll, expect, test } from 'vitest'
import { signIn } from '../support/account.ts'
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
  const seen: string[] = []
  let after = ''
  do {
    const page = (await boss(`GET /v1/access/review?limit=3${after && `&after=${after}`}`)).body
    expect(page.total).toBe(7)
    seen.push(...page.items.map((i: { id: string }) => i.id))
    after = page.next ?? ''
  } while (after)
  expect(new Set(seen).size).toBe(7)
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
