import { rolePermissions } from '@cockpit/contract/permissions'
import { describe, expect, test } from 'vitest'
import { eventsOf } from '../../platform/testing.ts'
import {
  asPerson,
  type Company,
  company,
  database,
  email,
  missingId,
  person,
  query,
  revoked,
  signedOut,
  synchronise,
  team,
} from './directory.testing.ts'

const bulk = (acme: Pick<Company, 'send'>, userIds: string[], act: object, search = '') =>
  acme.send(`POST /v1/users/bulk${search}`, { userIds, act })
const verdicts = ({ items }: { items: { verdict: string; code: string | null }[] }) =>
  items.map(({ verdict, code }) => code ?? verdict)

describe('one act on many people', () => {
  // T92
  test('a preview tells who changes how and why others are skipped, and the act then does exactly that', async () => {
    const acme = await company()
    const boss = await person(acme, { role: 'account_admin' })
    const [ada, bob, eve] = [await person(acme), await person(acme, { role: 'member' }), await person(acme)]
    await synchronise(acme, eve.id)
    const admin = asPerson(acme, (await person(acme, { role: 'console_admin' })).id, {
      permissions: rolePermissions.console_admin,
    })
    const ids = [boss.id, ada.id, bob.id, eve.id, missingId('usr'), ada.id]
    const act = { kind: 'role', role: 'member' }
    const before = await eventsOf(database, acme.accountId)
    const preview = (await bulk(admin, ids, act, '?dry_run=1')).body
    expect(verdicts(preview)).toEqual(['access.denied', 'changed', 'unchanged', 'user.synchronised', 'user.not_found'])
    expect(preview).toMatchObject({ changed: 1, unchanged: 1, skipped: 3 })
    expect(preview.items[1]).toMatchObject({ before: { role: 'end_user' }, after: { role: 'member' } })
    expect(preview.items[0].reason).toMatch(/may do more than you/)
    expect((await acme.send(`GET /v1/users/${ada.id}`)).body.role).toBe('end_user')
    expect(await eventsOf(database, acme.accountId)).toEqual(before)
    expect((await bulk(admin, ids, act)).body).toEqual(preview)
    expect((await acme.send(`GET /v1/users/${ada.id}`)).body.role).toBe('member')
    expect((await eventsOf(database, acme.accountId)).slice(before.length)).toEqual(['user.updated'])
  })

  test('the last administrator stays when all are demoted or removed at once', async () => {
    const acme = await company()
    const bosses = [await person(acme, { role: 'account_admin' }), await person(acme, { role: 'account_admin' })]
    const ids = bosses.map(({ id }) => id)
    expect(verdicts((await bulk(acme, ids, { kind: 'status', status: 'suspended' }, '?dry_run=1')).body)).toEqual([
      'changed',
      'user.last_admin',
    ])
    expect(verdicts((await bulk(acme, ids, { kind: 'remove' })).body)).toEqual(['changed', 'user.last_admin'])
    expect((await acme.send('GET /v1/users?role=account_admin')).body.total).toBe(1)
  })

  test('removing many ends the keys and sessions of each', async () => {
    const acme = await company()
    const [a, b] = [await person(acme), await person(acme)]
    const { body } = await bulk(acme, [a.id, b.id], { kind: 'remove' })
    expect(body).toMatchObject({ changed: 2, items: [{ after: null, before: { role: 'end_user' } }, {}] })
    for (const { id } of [a, b]) {
      expect(revoked).toContainEqual({ userId: id })
      expect(signedOut).toContain(id)
    }
    expect((await acme.send('GET /v1/users')).body.total).toBe(0)
  })

  test('teams are joined and left without touching other teams, and limits are set for all', async () => {
    const acme = await company()
    const [x, y] = [await team(acme, 'X'), await team(acme, 'Y')]
    const [a, b] = [await person(acme, { teamIds: [x.id] }), await person(acme)]
    const ids = [a.id, b.id]
    await bulk(acme, ids, { kind: 'add_teams', teamIds: [y.id] })
    const teamsOf = async (id: string) =>
      (await acme.send(`GET /v1/users/${id}`)).body.teams.map(({ name }: { name: string }) => name)
    expect([await teamsOf(a.id), await teamsOf(b.id)]).toEqual([['X', 'Y'], ['Y']])
    expect(verdicts((await bulk(acme, ids, { kind: 'remove_teams', teamIds: [x.id] })).body)).toEqual([
      'changed',
      'unchanged',
    ])
    await bulk(acme, ids, { kind: 'limits', limits: { rpm: 7, tpm: null } })
    expect((await acme.send(`GET /v1/users/${b.id}`)).body.limits).toEqual({ rpm: 7, tpm: null })
    await bulk(acme, ids, { kind: 'limits', limits: { tpm: 900 } })
    expect((await acme.send(`GET /v1/users/${b.id}`)).body.limits).toEqual({ rpm: 7, tpm: 900 })
    expect((await bulk(acme, ids, { kind: 'limits', limits: {} })).status).toBe(400)
    const foreign = await team(await company('Globex'))
    expect(verdicts((await bulk(acme, ids, { kind: 'add_teams', teamIds: [foreign.id] })).body)).toEqual([
      'team.not_found',
      'team.not_found',
    ])
  })

  test('people of another account are skipped like people who never were', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const stranger = await person(globex)
    const { items } = (await bulk(acme, [stranger.id, missingId('usr')], { kind: 'remove' })).body
    expect({ ...items[0], userId: '' }).toEqual({ ...items[1], userId: '' })
    expect((await globex.send(`GET /v1/users/${stranger.id}`)).status).toBe(200)
  })
})

describe('one act on everybody who matches a filter', () => {
  const matching = (acme: Pick<Company, 'send'>, body: object, search = '') =>
    acme.send(`POST /v1/users/bulk/matching${search}`, body)
  const all = async (acme: Pick<Company, 'send'>, body: object, search = '') => {
    const pages = []
    for (let after: string | null | undefined; after !== null; after = pages.at(-1).next)
      pages.push((await matching(acme, { ...body, ...(after && { after }) }, search)).body)
    return pages
  }

  test('page by page all of them change, also those that match no longer, and nobody else does', async () => {
    const acme = await company()
    const chosen = [await person(acme), await person(acme), await person(acme), await person(acme), await person(acme)]
    const other = await person(acme, { role: 'member' })
    const body = { where: { role: 'end_user' }, act: { kind: 'role', role: 'billing_admin' }, limit: 2 }
    const before = await eventsOf(database, acme.accountId)
    const preview = await all(acme, body, '?dry_run=1')
    expect(preview.map(({ changed, total }) => [changed, total])).toEqual([
      [2, 5],
      [2, 5],
      [1, 5],
    ])
    expect(await eventsOf(database, acme.accountId)).toEqual(before)
    const done = await all(acme, body)
    const named = (pages: typeof done) => pages.flatMap(({ items }) => items)
    expect(named(done)).toEqual(named(preview))
    expect(named(done).map(({ userId }) => userId)).toEqual(chosen.map(({ id }) => id))
    expect((await acme.send('GET /v1/users?role=billing_admin')).body.total).toBe(5)
    expect((await acme.send(`GET /v1/users/${other.id}`)).body.role).toBe('member')
    // a row of the audit log for each person
    expect((await eventsOf(database, acme.accountId)).slice(before.length)).toEqual(Array(5).fill('user.updated'))
  })

  test('every filter of the list narrows it, an empty one means everybody, and no other account is reached', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const x = await team(acme, 'X')
    const [ada, bob] = [await person(acme, { name: 'Ada', teamIds: [x.id] }), await person(acme, { name: 'Bob' })]
    const foreign = await team(globex, 'Y')
    const eve = await person(globex, { teamIds: [foreign.id] })
    const act = { kind: 'remove' }
    const whom = async (where: object) =>
      (await matching(acme, { where, act }, '?dry_run=1')).body.items.map(({ userId }: { userId: string }) => userId)
    expect(await whom({})).toEqual([ada.id, bob.id])
    expect(await whom({ q: 'bob' })).toEqual([bob.id])
    expect(await whom({ teamId: x.id })).toEqual([ada.id])
    expect(await whom({ hasTeam: false, signedIn: false, status: 'active' })).toEqual([bob.id])
    expect(await whom({ createdBefore: bob.createdAt })).toEqual([ada.id])
    expect(await whom({ teamId: foreign.id })).toEqual([])
    expect(await whom({ q: eve.id })).toEqual([])
    expect((await matching(acme, { where: { shoeSize: 42 }, act })).status).toBe(400)
    expect((await matching(acme, { act })).status).toBe(400)
  })

  test('who may not filter by something does not learn it through an act either', async () => {
    const acme = await company()
    await person(acme)
    const admin = asPerson(acme, (await person(acme, { role: 'console_admin' })).id, {
      permissions: new Set(['directory.write']),
    })
    const act = { kind: 'limits', limits: { rpm: 1 } }
    expect((await matching(admin, { where: { secondFactor: false }, act }, '?dry_run=1')).status).toBe(403)
    // a list that they may not read has nobody in it for them
    expect((await matching(admin, { where: {}, act }, '?dry_run=1')).body).toMatchObject({ items: [], total: 0 })
  })
})

const load = (acme: Pick<Company, 'send'>, csv: string, { onError = 'refuse', search = '' } = {}) =>
  acme.send(`POST /v1/users/import${search}`, { csv, onError })
type Row = { line: number; verdict: string; errors: { column: string | null; detail: string }[] }
const seen = ({ rows }: { rows: Row[] }) => rows.map(({ line, verdict }) => [line, verdict])

describe('people from a file', () => {
  test('a preview shows each row by its line, and importing twice changes nothing the second time', async () => {
    const acme = await company()
    await team(acme, 'Support')
    const bob = await person(acme, { name: 'Bob' })
    const [a, b] = [email(), email()]
    const csv = `\uFEFFE-Mail,Name,Role,Teams,RPM\r\n${a},"Lovelace,\r\nAda",member,support,10\r\n\r\n${b},,,,\r\n${bob.email},Robert,,Support,unlimited\r\n`
    const preview = (await load(acme, csv, { search: '?dry_run=1' })).body
    expect(preview).toMatchObject({ applied: false, created: 2, updated: 1, unchanged: 0, errors: 0 })
    expect(seen(preview)).toEqual([
      [2, 'create'],
      [5, 'create'],
      [6, 'update'],
    ])
    expect(preview.rows[2]).toMatchObject({
      before: { name: 'Bob', teams: [] },
      after: { name: 'Robert', teams: ['Support'] },
    })
    expect((await acme.send('GET /v1/users')).body.total).toBe(1)
    expect((await load(acme, csv)).body).toEqual({ ...preview, applied: true })
    const ada = (await acme.send(`GET /v1/users?q=${a}`)).body.items[0]
    expect(ada).toMatchObject({ role: 'member', limits: { rpm: 10 }, teams: [{ name: 'Support' }] })
    const told = await eventsOf(database, acme.accountId)
    expect((await load(acme, csv)).body).toMatchObject({ applied: true, created: 0, updated: 0, unchanged: 3 })
    expect(await eventsOf(database, acme.accountId)).toEqual(told)
  })

  test('one wrong row refuses the whole file, or is left out when that is asked for', async () => {
    const acme = await company()
    const good = email()
    const csv = [
      'email,name,role,status,teams,rpm',
      `${good},Good,,,,`,
      'nobody,X,boss,asleep,Nowhere,0',
      `${good},Again,,,,`,
      ',Y,,,,',
      `${email()},Z,super_admin,,,`,
      `${email()},W,,,,,extra`,
    ].join('\n')
    const refused = (await load(acme, csv)).body
    expect(refused).toMatchObject({ applied: false, created: 1, errors: 5 })
    const errors = refused.rows.map(({ errors }: Row) => errors.map(({ column }) => column))
    expect(errors).toEqual([[], ['email', 'role', 'status', 'rpm', 'teams'], ['email'], ['email'], ['role'], [null]])
    expect(refused.rows[2].errors[0].detail).toBe('stands on line 2 already')
    expect((await acme.send('GET /v1/users')).body.total).toBe(0)
    expect((await load(acme, csv, { onError: 'skip' })).body).toEqual({ ...refused, applied: true })
    expect((await acme.send('GET /v1/users')).body.items).toMatchObject([{ email: good, name: 'Good' }])
  })

  test('a file grants no role above its sender, takes no last administrator and no seat that is not there', async () => {
    const acme = await company()
    const boss = await person(acme, { role: 'account_admin' })
    const admin = asPerson(acme, (await person(acme)).id, { permissions: rolePermissions.copilot_admin })
    const above = (await load(admin, `email,role\n${email()},owner`)).body.rows[0]
    expect(above).toMatchObject({ verdict: 'error', errors: [{ column: 'role', detail: /may do more than you/ }] })
    const last = (await load(acme, `email,role\n${boss.email},member`)).body.rows[0]
    expect(last.errors[0].detail).toMatch(/at least one active admin/)
    await query('update accounts set seats_max = 3 where account_id = $1', [acme.accountId])
    const full = (await load(acme, `email\n${email()}\n${email()}`, { search: '?dry_run=1' })).body
    expect(full.rows.map(({ verdict }: Row) => verdict)).toEqual(['create', 'error'])
  })

  test('a file that is none is refused with what is wrong, and nothing is written', async () => {
    const acme = await company()
    const wrong = [
      ['name\nAda', /no column 'email'/],
      ['email,shoe size\na@b.example,42', /'shoe size' is not known/],
      ['email,E-Mail\na@b.example,b@c.example', /twice/],
      ['email', /no rows/],
      ['email,name\na@b.example,"Ada', /Line 2/],
      [`email\n${'a@b.example\n'.repeat(2_001)}`, /at most 2000 rows/],
    ] as const
    for (const [csv, detail] of wrong) {
      const { status, body } = await load(acme, csv)
      expect([status, body.detail, body.errors?.[0].pointer], csv.slice(0, 40)).toMatchObject([400, detail, '/csv'])
    }
  })
})

describe('people as a file', () => {
  test('an export holds who matches the filters, runs as no formula, and comes back as no change', async () => {
    const acme = await company()
    const org = (await acme.send('POST /v1/orgs', { name: 'Labs' })).body
    await team(acme, 'North', { orgId: org.id })
    const [north, odd] = [await team(acme, 'North'), await team(acme, 'a;b')]
    const evil = await person(acme, {
      name: '=HYPERLINK("http://evil.example";"x")',
      role: 'member',
      teamIds: [north.id, odd.id],
    })
    await person(acme, { name: 'Zoë, "Z"' })
    await person(acme, { name: '@SUM(1)\nof two lines' })
    const { status, text, headers } = await acme.send('GET /v1/users/export?role=member')
    expect([status, headers['content-type'], headers['content-disposition']]).toEqual([
      200,
      'text/csv; charset=utf-8',
      'attachment; filename="people.csv"',
    ])
    expect(text.trim().split('\r\n')).toHaveLength(2)
    expect(text).toContain(`"'=HYPERLINK(""http://evil.example"";""x"")",member,active,global/North; ${odd.id},`)
    const all = (await acme.send('GET /v1/users/export')).text
    expect(all).toContain(`"'@SUM(1)\nof two lines"`)
    expect((await load(acme, all)).body).toMatchObject({ applied: true, created: 0, updated: 0, unchanged: 3 })
    expect((await acme.send(`GET /v1/users/${evil.id}`)).body.name).toBe('=HYPERLINK("http://evil.example";"x")')
    expect((await acme.send('GET /v1/users/export?role=boss')).body.errors).toMatchObject([{ pointer: '/role' }])
  })

  test('more people than one page come whole and in order', async () => {
    const acme = await company()
    await query(
      `with fresh as (insert into users (id, email, name, created_at)
         select 'usr_' || $1 || i, i || $1 || '@example.com', 'N' || i, now() from generate_series(1, 1201) i returning id)
       insert into memberships (account_id, user_id, role, created_at) select $2, id, 'member', now() from fresh`,
      [acme.accountId.slice(4), acme.accountId],
    )
    const lines = (await acme.send('GET /v1/users/export')).text.trim().split('\r\n').slice(1)
    expect(new Set(lines).size).toBe(1201)
  })
})
