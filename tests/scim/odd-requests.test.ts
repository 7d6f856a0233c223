/** Requests that are wrong, half right or meant to harm: each has a clear answer, and nobody is let in or stopped by it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openSource, type Source, sender } from './source.ts'

let cockpit: TestCockpit
let source: Source
beforeAll(async () => {
  cockpit = await startCockpit()
  source = await openSource(cockpit)
})
afterAll(() => cockpit?.stop())

let count = 0
const address = () => `odd-${Date.now().toString(36)}-${count++}@example.com`
const find = (filter: string) => source.send(`GET /Users?filter=${encodeURIComponent(filter)}`)
const statusOf = async (id: string) => (await source.acme.api.users.get({ params: { id } })).status

describe('what no column can hold', () => {
  test.each([
    ['POST /Users', { userName: 'a\u0000b@example.com' }],
    ['POST /Users', { userName: 'half@example.com', title: '\ud800' }],
    ['POST /Groups', { displayName: 'a\u0000b' }],
    ['POST /Users', JSON.parse(`{"userName":"deep@example.com","x":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)],
  ])('is refused by %s as an invalid value', async (line, body) => {
    const { status, body: said } = await source.send(line, body)
    expect([status, said.scimType]).toEqual([400, 'invalidValue'])
  })

  test('is no filter either, nor is an attribute of all objects or an instant before all time', async () => {
    for (const filter of [
      'userName eq "a\u0000"',
      '__proto__ pr',
      'constructor eq "x"',
      'meta.created gt "-200000-01-01T00:00:00Z"',
    ]) {
      const { status, body } = await find(filter)
      expect([filter, status, body.scimType]).toEqual([filter, 400, 'invalidFilter'])
    }
  })
})

test('a filter in brackets is about one and the same value', async () => {
  const userName = address()
  const emails = [
    { value: userName, type: 'work' },
    { value: `home-${userName}`, type: 'home' },
  ]
  await source.person(userName, { emails })
  const found = async (filter: string) => (await find(filter)).body.totalResults
  expect(await found(`emails[type eq "home" and value eq "home-${userName}"]`)).toBe(1)
  expect(await found(`emails[type eq "work" and value eq "home-${userName}"]`)).toBe(0)
  expect(await found(`emails[value eq "${userName}" and not (type eq "work")]`)).toBe(0)
})

describe('somebody who is stopped', () => {
  const stopped = async () => {
    const { id, userName } = await source.person(address())
    await source.patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' })
    expect(await statusOf(id)).toBe('suspended')
    return { id, userName }
  }

  test('stays so when they are replaced without a word about it, or the word is taken away', async () => {
    const { id, userName } = await stopped()
    const replaced = await source.send(`PUT /Users/${id}`, { userName, title: 'Dr' })
    expect([replaced.status, replaced.body.active]).toEqual([200, false])
    const removed = await source.patch(`/Users/${id}`, { op: 'remove', path: 'active' })
    expect([removed.status, removed.body.active]).toEqual([200, false])
    expect(await statusOf(id)).toBe('suspended')
  })
})

test.each(['yes', '1', '', 'inactive'])("an 'active' of '%s' is no truth value, and stops nobody", async (active) => {
  const { id, userName } = await source.person(address())
  for (const { status, body } of [
    await source.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: active }),
    await source.send(`PUT /Users/${id}`, { userName, active }),
  ])
    expect([status, body.scimType]).toEqual([400, 'invalidValue'])
  expect(await statusOf(id)).toBe('active')
})

test('a patch of several operations happens as a whole or not at all', async () => {
  const { id } = await source.person(address())
  const refused = await source.patch(
    `/Users/${id}`,
    { op: 'add', path: 'title', value: 'Dr' },
    { op: 'replace', path: '.', value: 'x' },
  )
  expect([refused.status, refused.body.scimType]).toEqual([400, 'invalidPath'])
  expect((await source.send(`GET /Users/${id}`)).body.title).toBeUndefined()
})

test('several members are chosen by one path, and an externalId is a text', async () => {
  const [a, b, c] = [await source.person(address()), await source.person(address()), await source.person(address())]
  const { id } = await source.group('Chosen', [a.id, b.id, c.id])
  const path = `members[value eq "${a.id}" or value eq "${b.id}"]`
  const { body } = await source.patch(`/Groups/${id}`, { op: 'remove', path })
  expect(body.members.map(({ value }: { value: string }) => value)).toEqual([c.id])
  for (const value of [{ a: 1 }, 'x'.repeat(255)])
    expect((await source.patch(`/Groups/${id}`, { op: 'replace', path: 'externalId', value })).body).toMatchObject({
      status: '400',
      scimType: 'invalidValue',
    })
})

test('an account without free seats is no conflict of names, which a source would look for whom it made', async () => {
  const full = await openSource(cockpit)
  await cockpit.as().accounts.update({ params: { id: full.acme.id }, body: { seatsMax: 1 } })
  const refused = await full.send('POST /Users', { userName: address() })
  expect([refused.status, refused.body.scimType]).toEqual([409, undefined])
  expect(refused.body.detail).toMatch(/seat/)
})

test('a token that was revoked is told to its account, and one that nobody made to the platform', async () => {
  const { acme, tokenId, secret } = await openSource(cockpit)
  await acme.api.scim.revokeToken({ params: { id: tokenId } })
  await sender(cockpit, secret).send('GET /Users/usr_x')
  for (const id of ['a', 'b', 'c']) await sender(cockpit, 'scim_nobody').send(`GET /Groups/${id}`)
  const told = (accountId: string, detail: string) =>
    expect
      .poll(
        () =>
          cockpit.database.query(
            "select after ->> 'route' as route, outcome from events where account_id = $1 and name = 'sign_in.failed' and after ->> 'detail' = $2",
            [accountId, detail],
          ),
        { timeout: 10_000 },
      )
      .toMatchObject([{ outcome: 'denied' }])
  await told(acme.id, "The SCIM token 'Entra' is expired, revoked or replaced.")
  await told('platform', 'There is no such SCIM token.')
})
