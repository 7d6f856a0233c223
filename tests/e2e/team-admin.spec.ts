/** What people see of a directory of which only a part is theirs. */
import type { CockpitClient } from '@cockpit/client'
import { expect, type Page, test } from '@playwright/test'
import { administrator, type Company, openCompany } from './company.ts'
import { signIn } from './sign-in.ts'

let program: Company
let accountId: string
let api: CockpitClient
test.beforeAll(async () => {
  test.setTimeout(90_000)
  program = await openCompany()
  ;({ accountId, api } = program)
})
test.afterAll(() => program?.stop())

const { password } = administrator
const person = (name: string, role: 'end_user' | 'member', teamIds: string[] = []) =>
  api.users.create({ body: { email: `${name.toLowerCase()}@example.com`, name, role, teamIds, password } })
const sections = (page: Page) => page.getByRole('navigation', { name: 'Sections' }).getByRole('link')

test('whoever leads a team finds it and its people in the menu, and manages nothing else', async ({ page }) => {
  const north = await api.teams.create({ body: { name: 'North' } })
  const south = await api.teams.create({ body: { name: 'South' } })
  const ruth = await person('Ruth', 'end_user')
  const grace = await person('Grace', 'end_user', [north.id])
  await person('Edith', 'end_user', [south.id])
  await api.roleAssignments.create({
    body: { principal: { kind: 'user', id: ruth.id }, role: 'team_admin', scope: { type: 'team', id: north.id } },
  })
  const { secret: _, ...key } = await api.keys.create({
    body: { name: 'Notebook', owner: { kind: 'user', id: grace.id }, teamId: north.id },
  })

  await signIn(page, program.url, { email: 'ruth@example.com', password })
  await page.getByRole('link', { name: 'People', exact: true }).click()
  await expect(page.getByRole('row', { name: /Grace/ })).toBeVisible()
  await expect(page.getByRole('row', { name: /Edith/ })).toHaveCount(0)
  await expect(sections(page)).toHaveText(['Users', 'Teams'])

  await test.step('the keys of people in it', async () => {
    await page.goto(`${program.url}/a/${accountId}/people/${grace.id}/keys`)
    await expect(page.getByRole('row', { name: new RegExp(key.name) })).toBeVisible()
  })

  await page.goto(`${program.url}/a/${accountId}/people/teams`)
  await expect(page.getByRole('row', { name: /South/ })).toHaveCount(0)
  await page.getByRole('link', { name: 'North' }).click()
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('textbox', { name: 'Description' }).fill('Compass')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await expect(page.getByText('Compass')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Delete' })).toHaveCount(0)
  await page.getByRole('row', { name: /Grace/ }).getByRole('button', { name: 'Take out' }).click()
  await expect(page.getByText('Nobody is in this team')).toBeVisible()
  expect((await api.users.get({ params: { id: grace.id } })).teams).toEqual([])
})

test('whoever sees the people only is told nothing of their keys and calls', async ({ page }) => {
  const kurt = await person('Kurt', 'end_user')
  const heidi = await person('Heidi', 'member')
  await api.keys.create({ body: { name: 'Notebook', owner: { kind: 'user', id: kurt.id } } })
  await signIn(page, program.url, { email: 'heidi@example.com', password })
  await page.goto(`${program.url}/a/${accountId}/people/${kurt.id}`)
  await expect(page.getByRole('heading', { name: 'Kurt' })).toBeVisible()
  await expect(page.getByText('kurt@example.com')).toBeVisible()
  await expect(sections(page)).toHaveText(['Overview'])
  await expect(page.getByText('Latest requests')).toHaveCount(0)
  await page.goto(`${program.url}/a/${accountId}/people/${kurt.id}/keys`)
  await expect(page.getByText('This page does not exist')).toBeVisible()

  await page.goto(`${program.url}/a/${accountId}/people/${heidi.id}`)
  await expect(page.getByText('Latest requests')).toBeVisible()
  await expect(sections(page)).toHaveText(['Overview', 'Keys'])
})

test('the panel of a person stands in the address, whichever page of the list they are on', async ({ page }) => {
  const rows = Array.from({ length: 60 }, (_, at) => `crowd-${at}@example.com,Crowd ${at},end_user`)
  await api.users.import({ body: { csv: ['email,name,role', ...rows].join('\n') } })
  await signIn(page, program.url, administrator)
  const { items } = await api.users.list({ query: { q: 'ada@example.com' } })
  await page.goto(`${program.url}/a/${accountId}/people?sort=-name&open=${items[0]?.id}`)
  const panel = page.getByRole('dialog', { name: 'Ada' })
  await expect(panel).toContainText('ada@example.com')
  await page.reload()
  await expect(panel).toContainText('ada@example.com')
  await page.keyboard.press('Escape')
  await expect(panel).toHaveCount(0)
  await expect(page).not.toHaveURL(/open=/)
})
