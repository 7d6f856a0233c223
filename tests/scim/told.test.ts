/** Whatever a source changes, and whatever it may not, stands in the audit log of the account. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openSource, type Source } from './source.ts'

let cockpit: TestCockpit
let source: Source
beforeAll(async () => {
  cockpit = await startCockpit()
  source = await openSource(cockpit)
})
afterAll(() => cockpit?.stop())

const address = () => `t${randomBytes(5).toString('hex')}@example.com`

/** What is told of somebody or something since it was made, oldest first. */
const toldOf = async (id: string) => {
  const { items } = await source.acme.api.audit.list({ query: { subjectId: id } })
  return items
    .map(({ name, actor, before, after }) => ({ name, by: actor.kind, before, after }))
    .reverse()
    .slice(1)
}

test('another e-mail is told with the one before, and only where the person got it', async () => {
  const [userName, other] = [address(), address()]
  const { id } = await source.person(userName)
  await source.patch(`/Users/${id}`, { op: 'replace', path: 'userName', value: other })
  const moved = { name: 'user.updated', by: 'scim', before: { email: userName }, after: { email: other } }
  expect(await toldOf(id)).toContainEqual(moved)
  expect(await source.acme.api.users.get({ params: { id } })).toMatchObject({ email: other })
  const before = await toldOf(id)
  // somebody else's address is not given to them
  const { userName: taken } = await source.person(address())
  await source.patch(`/Users/${id}`, { op: 'add', path: 'emails', value: [{ value: taken, primary: true }] })
  const since = (await toldOf(id)).slice(before.length)
  expect(since.filter(({ name }) => name === 'user.updated')).toEqual([])
})

test('what the source calls a person is told as it was and is, of other attributes only which, and of nothing changed nothing', async () => {
  const userName = address()
  const emails = [{ value: userName, primary: true }]
  const { id } = await source.person(userName, { externalId: 'E1', title: 'Dr', emails })
  const told = async () => (await toldOf(id)).filter(({ name }) => name === 'scim_user.updated')
  const as = { schemas: [], active: true, emails }
  await source.send(`PUT /Users/${id}`, { ...as, userName: 'ada', externalId: 'E2', title: 'Dr' })
  const called = { before: { userName, externalId: 'E1' }, after: { userName: 'ada', externalId: 'E2' } }
  expect(await told()).toEqual([{ name: 'scim_user.updated', by: 'scim', ...called }])
  await source.send(`PUT /Users/${id}`, { ...as, userName: 'ada', externalId: 'E2', title: 'Dr' })
  expect(await told()).toHaveLength(1)
  const homePhone = [{ value: '+41 44 000 00 00', type: 'home' }]
  await source.send(`PUT /Users/${id}`, { ...as, userName: 'ada', externalId: 'E2', phoneNumbers: homePhone })
  expect((await told()).at(-1)).toMatchObject({ after: { attributes: ['phoneNumbers', 'title'] } })
  expect(JSON.stringify(await toldOf(id))).not.toContain('+41 44')
})

test.each(['PUT', 'PATCH'])('another name or id of a group, by which rules go, is told by %s', async (method) => {
  const name = `Staff ${randomBytes(4).toString('hex')}`
  const { id } = await source.group(name, [], { externalId: `${name} 1` })
  const value = { displayName: `${name} B`, externalId: `${name} 2` }
  const change = () =>
    method === 'PUT' ? source.send(`PUT /Groups/${id}`, value) : source.patch(`/Groups/${id}`, { op: 'replace', value })
  expect((await change()).status).toBe(200)
  const before = { displayName: name, externalId: `${name} 1` }
  const told = [{ name: 'scim_group.updated', by: 'scim', before, after: value }]
  expect(await toldOf(id)).toEqual(told)
  expect((await change()).status).toBe(200)
  expect(await toldOf(id)).toEqual(told)
})
