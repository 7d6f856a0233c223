import { savedViewsMax } from '@cockpit/contract/saved-views'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { openStage } from './stage.ts'

let cockpit: TestCockpit
beforeAll(async () => {
  cockpit = await startCockpit()
})
afterAll(() => cockpit?.stop())

const view = (differs: object = {}) => ({
  list: 'users',
  name: 'Dormant admins',
  search: { role: 'account_admin', seen: '-90', sort: '-seen' },
  hiddenColumns: ['rpm', 'tpm'],
  ...differs,
})

test('a view is kept under its name, changed and deleted, and each of it is in the audit log', async () => {
  const { boss } = await openStage(cockpit)
  const made = await boss('POST /v1/saved-views', view())
  expect(made).toMatchObject({ status: 201, body: view() })
  await boss('POST /v1/saved-views', view({ list: 'keys', name: 'Old keys' }))
  await boss('POST /v1/saved-views', view({ name: 'all of sales' }))
  const names = async (list = '') =>
    (await boss(`GET /v1/saved-views${list}`)).body.items.map(({ name }: { name: string }) => name)
  expect(await names('?list=users')).toEqual(['all of sales', 'Dormant admins'])
  expect(await names()).toHaveLength(3)
  const address = `/v1/saved-views/${made.body.id}`
  const changed = await boss(`PATCH ${address}`, { search: { role: 'member' } })
  expect(changed.body).toMatchObject({
    name: 'Dormant admins',
    search: { role: 'member' },
    hiddenColumns: ['rpm', 'tpm'],
  })
  expect((await boss(`PATCH ${address}`, { name: 'All of Sales' })).body.type).toBe('saved_view.name_taken')
  expect((await boss(`DELETE ${address}`)).status).toBe(204)
  expect((await boss(`DELETE ${address}`)).body.type).toBe('saved_view.not_found')
  const { items } = (await boss(`GET /v1/audit-events?subjectId=${made.body.id}`)).body
  expect(items.map(({ name }: { name: string }) => name)).toEqual([
    'saved_view.deleted',
    'saved_view.updated',
    'saved_view.created',
  ])
})

test('nobody sees or touches the views of another, and a name is taken for its owner only', async () => {
  const { boss, person } = await openStage(cockpit)
  const ada = await person('end_user')
  const { id } = (await boss('POST /v1/saved-views', view())).body
  expect((await ada.send('GET /v1/saved-views')).body.items).toEqual([])
  for (const [line, body] of [
    [`PATCH /v1/saved-views/${id}`, { name: 'Mine' }],
    [`DELETE /v1/saved-views/${id}`, undefined],
  ] as const)
    expect((await ada.send(line, body)).body.type).toBe('saved_view.not_found')
  expect((await ada.send('POST /v1/saved-views', view())).status).toBe(201)
  expect((await boss('GET /v1/saved-views')).body.items).toMatchObject([{ id, name: 'Dormant admins' }])
})

test('what is too much is refused: views of a list, entries and lengths', async () => {
  const { boss } = await openStage(cockpit)
  const many = Array.from({ length: savedViewsMax + 3 }, (_, at) =>
    boss('POST /v1/saved-views', view({ name: `V${at}` })),
  )
  const statuses = (await Promise.all(many)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 201)).toHaveLength(savedViewsMax)
  expect(statuses.filter((status) => status === 409)).toHaveLength(3)
  const refused: [object, string][] = [
    [{ list: 'No list' }, '/list'],
    [{ search: Object.fromEntries(Array.from({ length: 41 }, (_, at) => [`k${at}`, 'v'])) }, '/search'],
    [{ search: { q: 'x'.repeat(501) } }, '/search/q'],
    [{ hiddenColumns: Array.from({ length: 61 }, () => 'c') }, '/hiddenColumns'],
    [{ name: ' ' }, '/name'],
  ]
  for (const [differs, pointer] of refused)
    expect(await boss('POST /v1/saved-views', view({ list: 'keys', ...differs }))).toMatchObject({
      status: 400,
      body: { errors: [{ pointer }] },
    })
})
