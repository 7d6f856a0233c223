/** Names of attributes are the same in any case (RFC 7643 §2.1), so nobody stays active because a source writes `Active`. */
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

const address = () => `n${randomBytes(5).toString('hex')}@example.com`
const statusOf = async (id: string) => (await source.acme.api.users.get({ params: { id } })).status

test('whom a source makes or stops is stopped, however it writes the word', async () => {
  const email = address()
  const made = await source.send('POST /Users', { USERNAME: 'ada', Active: false, Emails: [{ Value: email }] })
  expect([made.status, made.body.userName, made.body.emails]).toEqual([201, 'ada', [{ value: email }]])
  expect(await statusOf(made.body.id)).toBe('suspended')
  const userName = address()
  const { id } = await source.person(userName)
  const { body } = await source.send(`PUT /Users/${id}`, { userName, ACTIVE: 'False', Name: { GivenName: 'Ada' } })
  expect(body).toMatchObject({ active: false, name: { givenName: 'Ada' } })
  expect(await statusOf(id)).toBe('suspended')
})

test('a part of a name that is changed in other letters is changed and not kept beside the one before', async () => {
  const { id } = await source.person(address(), { name: { givenName: 'Ada', familyName: 'Lovelace' } })
  const { body } = await source.patch(`/Users/${id}`, { op: 'replace', path: 'name.GivenName', value: 'Augusta' })
  expect(body.name).toEqual({ givenName: 'Augusta', familyName: 'Lovelace' })
})

test('a group and its members are read in any case', async () => {
  const { id } = await source.person(address())
  const { status, body } = await source.send('POST /Groups', { DisplayName: 'Any case', Members: [{ VALUE: id }] })
  expect([status, body.displayName, body.members]).toMatchObject([201, 'Any case', [{ value: id }]])
})
