/** Who is in a group stands in the group and in the person, so whatever changes it makes both another version. */
import { setTimeout as rest } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openSource, type Source } from './source.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

let count = 0
const address = () => `v-${Date.now().toString(36)}-${count++}@example.com`

type Staged = { source: Source; id: string; email: string; groupId: string }
const staged = async (): Promise<Staged> => {
  const source = await openSource(cockpit)
  const email = address()
  const { id } = await source.person(email)
  await source.person(address())
  const { id: groupId } = await source.group('Engineers', [id])
  return { source, id, email, groupId }
}

/** The representation changed: another ETag, a later instant, and no 304 for who has seen the one before. */
const changes = async ({ source }: Staged, path: string, act: () => Promise<unknown>) => {
  const before = await source.send(`GET ${path}`)
  const seen = before.headers.get('etag') ?? ''
  expect(seen).toBe(before.body.meta.version)
  await rest(5) // an instant is written in whole milliseconds
  await act()
  const after = await source.send(`GET ${path}`, undefined, { 'if-none-match': seen })
  expect(after.status).toBe(200)
  expect(after.body.meta.version).not.toBe(before.body.meta.version)
  expect(after.headers.get('etag')).toBe(after.body.meta.version)
  expect(after.body.meta.lastModified > before.body.meta.lastModified).toBe(true)
  const since = `meta.lastModified gt "${before.body.meta.lastModified}" and id eq "${before.body.id}"`
  const found = await source.send(`GET ${path.replace(/\/[^/]+$/, '')}?filter=${encodeURIComponent(since)}`)
  expect(found.body.totalResults).toBe(1)
  return after.body
}

const ends: [how: string, end: (staged: Staged) => Promise<unknown>][] = [
  ['removed by the source', ({ source, id }) => source.send(`DELETE /Users/${id}`)],
  [
    'removed by hand',
    async ({ source, id }) => {
      await source.acme.api.directoryPolicy.set({ body: { handEdits: ['remove'] } })
      await source.acme.api.users.remove({ params: { id } })
    },
  ],
]

test.each(ends)('a group is another version when somebody in it is %s', async (_, end) => {
  const stage = await staged()
  const { members } = await changes(stage, `/Groups/${stage.groupId}`, () => end(stage))
  expect(members).toEqual([])
})

const patch = (path: string, ...operations: object[]) =>
  [`PATCH ${path}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations }] as const

test('a person is another version when a group of theirs gets another name, and a group when somebody in it does', async () => {
  const stage = await staged()
  const { source, id, groupId } = stage
  const person = await changes(stage, `/Users/${id}`, () =>
    source.send(...patch(`/Groups/${groupId}`, { op: 'replace', path: 'displayName', value: 'Makers' })),
  )
  expect(person.groups).toMatchObject([{ display: 'Makers' }])
  const renamed = address()
  const group = await changes(stage, `/Groups/${groupId}`, () =>
    source.send(...patch(`/Users/${id}`, { op: 'replace', path: 'userName', value: renamed })),
  )
  expect(group.members).toMatchObject([{ display: renamed }])
})

test('a person is another version when they join a group and when the group is deleted, and who is in none is not', async () => {
  const stage = await staged()
  const { source } = stage
  const { id } = await source.person(address())
  const { id: aside } = await source.person(address())
  const version = async () => (await source.send(`GET /Users/${aside}`)).body.meta.version
  const before = await version()
  await changes(stage, `/Users/${id}`, () =>
    source.send(...patch(`/Groups/${stage.groupId}`, { op: 'add', path: 'members', value: [{ value: id }] })),
  )
  const { groups } = await changes(stage, `/Users/${id}`, () => source.send(`DELETE /Groups/${stage.groupId}`))
  expect(groups ?? []).toEqual([])
  expect(await version()).toBe(before)
})
