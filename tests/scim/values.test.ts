/** Attributes of several values and of schemas: one value is the primary one, one answers a question, each is kept where it belongs. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openSource, type Source } from './source.ts'

let cockpit: TestCockpit
let source: Source
beforeAll(async () => {
  cockpit = await startCockpit()
  source = await openSource(cockpit)
})
afterAll(() => cockpit?.stop())

const address = () => `v${randomBytes(5).toString('hex')}@example.com`
const emailOf = async (id: string) => (await source.acme.api.users.get({ params: { id } })).email

describe('a value that becomes the primary one', () => {
  const [work, home] = ['work', 'home']
  const staged = async (more: object[] = []) => {
    const value = address()
    const { id } = await source.person(value, { emails: [{ value, type: work, primary: true }, ...more] })
    return { id, value }
  }
  const primariesOf = async (id: string) =>
    (await source.send(`GET /Users/${id}`)).body.emails
      .filter(({ primary }: { primary?: unknown }) => primary === true)
      .map(({ value }: { value: string }) => value)

  test.each(['with a path', 'without a path'])(
    'is the only one when it is added %s, and the e-mail follows',
    async (how) => {
      const { id } = await staged()
      const value = address()
      const added = [{ value, type: home, primary: true }]
      const operation = how === 'with a path' ? { path: 'emails', value: added } : { value: { emails: added } }
      expect((await source.patch(`/Users/${id}`, { op: 'add', ...operation })).body.emails).toHaveLength(2)
      expect([await primariesOf(id), await emailOf(id)]).toEqual([[value], value])
    },
  )

  test('is the only one when it is said of one that is there, also as a text', async () => {
    const other = address()
    const { id, value } = await staged([{ value: other, type: home }])
    const set = (type: string | undefined, value: unknown) =>
      source.patch(`/Users/${id}`, { op: 'replace', path: `emails[type eq "${type}"].primary`, value })
    await set(home, 'True')
    expect([await primariesOf(id), await emailOf(id)]).toEqual([[other], other])
    await set(work, true)
    expect([await primariesOf(id), await emailOf(id)]).toEqual([[value], value])
    await set(work, true)
    expect(await primariesOf(id)).toEqual([value])
  })

  test('is the last of those that one request makes so, one after the other', async () => {
    const { id, value } = await staged()
    const other = address()
    await source.patch(
      `/Users/${id}`,
      { op: 'add', path: 'emails', value: [{ value: other, type: home, primary: true }] },
      { op: 'replace', path: `emails[type eq "${work}"].primary`, value: true },
    )
    expect([await primariesOf(id), await emailOf(id)]).toEqual([[value], value])
  })
})

describe('attributes of a schema', () => {
  const core = 'urn:ietf:params:scim:schemas:core:2.0:User'
  const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
  const own = 'urn:ietf:params:scim:schemas:extension:acme:1.0:User'
  const staged = async () => {
    const kept = { [enterprise]: { department: 'A', manager: { value: 'm1' } } }
    return (await source.person(address(), kept)).id
  }

  test.each([
    ['without a path', { value: { [enterprise]: { department: 'Z', costCenter: '7' } } }],
    ['at the path of the schema', { path: enterprise, value: { department: 'Z', costCenter: '7' } }],
    ['each at a path', { value: { [`${enterprise}:department`]: 'Z', [`${enterprise}:costCenter`]: '7' } }],
  ])('are kept below it, given as an object %s', async (_, operation) => {
    const id = await staged()
    const { status, body } = await source.patch(`/Users/${id}`, { op: 'replace', ...operation })
    expect([status, body[enterprise]]).toEqual([200, { department: 'Z', costCenter: '7', manager: { value: 'm1' } }])
    expect(Object.keys(body).filter((name) => name.startsWith('urn:'))).toEqual([enterprise])
    expect(body.schemas).toEqual([core, enterprise])
  })

  test('go when the schema does, and an object of an attribute is no schema', async () => {
    const id = await staged()
    const path = `${enterprise}:manager`
    const { body } = await source.patch(`/Users/${id}`, { op: 'replace', value: { [path]: { value: 'm2' } } })
    expect(body[enterprise]).toEqual({ department: 'A', manager: { value: 'm2' } })
    const removed = await source.patch(`/Users/${id}`, { op: 'remove', path: enterprise })
    expect([removed.status, removed.body[enterprise], removed.body.schemas]).toEqual([200, undefined, [core]])
  })

  test('of the person themself, and of one that only the source knows, are kept as well', async () => {
    const id = await staged()
    const value = { [core]: { title: 'Dr', displayName: 'Ada' }, [own]: { badge: 'B1' } }
    const { body } = await source.patch(`/Users/${id}`, { op: 'add', value })
    expect(body).toMatchObject({ title: 'Dr', displayName: 'Ada', [own]: { badge: 'B1' } })
    const names = Object.keys(body).filter((name) => name.startsWith('urn:'))
    expect(names.sort()).toEqual([own, enterprise].sort())
  })

  test('of a name without a version are kept as well, where it is known', async () => {
    const short = 'urn:example:staff'
    const { id } = await source.person(address(), { [short]: { badge: 'B1', floor: 1 } })
    const { body } = await source.patch(`/Users/${id}`, { op: 'add', value: { [short]: { floor: 2 } } })
    expect(body[short]).toEqual({ badge: 'B1', floor: 2 })
  })

  test('are an object, and none of them is one that only this server sets', async () => {
    const id = await staged()
    const refused = async (value: object) => {
      const { status, body } = await source.patch(`/Users/${id}`, { op: 'replace', value })
      return [status, body.scimType]
    }
    expect(await refused({ [enterprise]: 'Z' })).toEqual([400, 'invalidValue'])
    expect(await refused({ [core]: { groups: [] } })).toEqual([400, 'mutability'])
    expect(await refused({ [enterprise]: { '__proto__.strangers': true } })).toEqual([400, 'invalidPath'])
  })
})

describe('a filter by the sub-attribute of a chosen value', () => {
  test('asks both of one and the same value', async () => {
    const [work, home] = [address(), address()]
    const emails = [
      { value: work, type: 'work' },
      { value: home, type: 'home' },
    ]
    const { id } = await source.person(address(), { emails, title: 'emails[type eq "x"].value eq "y"' })
    const found = async (filter: string) => {
      const asked = `id eq "${id}" and (${filter})`
      const { status, body } = await source.send(`GET /Users?filter=${encodeURIComponent(asked)}`)
      return [filter, status, body.totalResults]
    }
    const filters: [string, number][] = [
      [`emails[type eq "work"].value eq "${work}"`, 1],
      [`emails[type eq "work"].value eq "${home}"`, 0],
      [`EMAILS[TYPE EQ "home"].VALUE EQ "${home}"`, 1],
      [`not emails[type eq "work"].value eq "${home}"`, 1],
      [`emails[type eq "other" or type eq "work"].value eq "${home}"`, 0],
      [`emails[type eq "work" and value eq "${work}"].value pr`, 1],
      [`emails[type eq "work"].value eq "${home}" or emails[type eq "home"].value co "${home}"`, 1],
      [`emails[type eq "work"] and emails.value eq "${home}"`, 1],
      ['title eq "emails[type eq \\"x\\"].value eq \\"y\\""', 1],
    ]
    for (const [filter, howMany] of filters) expect(await found(filter)).toEqual([filter, 200, howMany])
    const { body } = await source.send(`GET /Users?filter=${encodeURIComponent('emails[type eq "work"].value')}`)
    expect(body.scimType).toBe('invalidFilter')
  })
})
