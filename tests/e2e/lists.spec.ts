/** What every list promises: its search and filters are in the address, and reached without a mouse, on a phone too. */
import { expect, type Page, test } from '@playwright/test'
import { administrator, type Company, openCompany } from './company.ts'
import { signIn } from './sign-in.ts'

let program: Company
let people: string
test.beforeAll(async () => {
  test.setTimeout(90_000)
  program = await openCompany()
  people = `${program.url}/a/${program.accountId}/people`
  const names = ['Zoe', 'Edith', 'Grace']
  const rows = names.map((name) => `${name.toLowerCase()}@example.com,${name},member`)
  await program.api.users.import({ body: { csv: ['email,name,role', ...rows].join('\n') } })
})
test.afterAll(() => program?.stop())
test.beforeEach(({ page }) => signIn(page, program.url, administrator))

const choose = async (page: Page, filter: string, option: string) => {
  await page.getByRole('combobox', { name: filter }).click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

test('a list is searched from the keyboard, and what it is narrowed to survives a reload and the way back', async ({
  page,
}) => {
  await page.goto(people)
  const rows = page.getByRole('row')
  await expect(rows).toHaveCount(5)
  await page.keyboard.press('/')
  await page.keyboard.type('edith')
  await expect(rows).toHaveCount(2)
  await choose(page, 'Last seen', 'Not seen for 7 days')
  await expect(page.getByText('No users match')).toBeVisible()
  await choose(page, 'Last seen', 'Seen in the last 7 days')
  await page.getByRole('button', { name: 'Clear', exact: true }).click()
  await choose(page, 'Role', 'Member')
  await expect(rows).toHaveCount(4)

  await page.reload()
  await expect(page.getByRole('combobox', { name: 'Role' })).toHaveValue('Member')
  await expect(rows).toHaveCount(4)
  await page.getByRole('link', { name: 'Grace', exact: true }).click({ modifiers: [] })
  await page.getByRole('dialog', { name: 'Grace' }).getByRole('link', { name: 'Open page' }).click()
  await expect(page.getByRole('heading', { name: 'Grace' })).toBeVisible()
  await page.goBack()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('combobox', { name: 'Role' })).toHaveValue('Member')
  await expect(rows).toHaveCount(4)
})

test('on a phone a list is sorted by a menu, since cards have no heads', async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 800 })
  await page.goto(people)
  const names = page.getByRole('list', { name: 'People' }).getByRole('link')
  await expect(names.first()).not.toHaveText('Ada')
  await page.getByRole('button', { name: 'Sort' }).click()
  await page.getByRole('menuitem', { name: 'Name', exact: true }).click()
  await expect(names).toHaveText(['Ada', 'Edith', 'Grace', 'Zoe'])
  await expect(page).toHaveURL(/sort=name/)
  await page.getByRole('button', { name: 'Sort' }).click()
  await page.getByRole('menuitem', { name: 'Name, backwards' }).click()
  await expect(names.first()).toHaveText('Zoe')
})

test('on a phone all that are shown are selected at once, and let go at once', async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 800 })
  await page.goto(people)
  await page.getByText('Select all shown rows').click()
  await expect(page.getByRole('status').filter({ hasText: '4 selected' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Suspend' })).toBeVisible()
  await page.getByText('Select all shown rows').click()
  await expect(page.getByRole('checkbox', { checked: true })).toHaveCount(0)
})

test('the tree of orgs stands in the order of names and folds as a whole', async ({ page }) => {
  const { api } = program
  const org = await api.orgs.create({ body: { name: 'Labs' } })
  for (const name of ['Team 10', 'Team 2']) await api.teams.create({ body: { name, orgId: org.id } })
  await api.teams.create({ body: { name: 'Everybody' } })
  await page.goto(`${people}/orgs`)
  const names = page.getByRole('treegrid').getByRole('row').locator('td:nth-child(2)')
  await expect(names).toHaveText([/^global/, 'Everybody', 'Labs', 'Team 2', 'Team 10'])
  await page.getByRole('button', { name: 'Fold all' }).click()
  await expect(names).toHaveText([/^global/, 'Labs'])
  await page.getByRole('button', { name: 'Unfold all' }).click()
  await expect(names).toHaveCount(5)
  const rows = page
    .getByRole('treegrid')
    .getByRole('row')
    .filter({ has: page.locator('td') })
  await rows.nth(1).focus()
  await page.keyboard.press('End')
  await expect(rows.last()).toBeFocused()
  await page.keyboard.press('Home')
  await expect(rows.first()).toBeFocused()
  await page.keyboard.press('/')
  await page.keyboard.type('team 10')
  await expect(names).toHaveText(['Labs', 'Team 10'])
})

test('an act reaches all that match, on the pages that are not loaded too, and nobody else', async ({ page }) => {
  test.setTimeout(90_000)
  const { api } = program
  const rows = Array.from({ length: 240 }, (_, index) => `crew${index}@example.com,Crew ${index},end_user`)
  await api.users.import({ body: { csv: ['email,name,role', ...rows].join('\n') } })
  await page.goto(`${people}?q=crew`)
  await page.getByRole('checkbox', { name: 'Select all shown rows' }).check()
  await expect(page.getByRole('status').filter({ hasText: '50 selected' })).toBeVisible()
  await page.getByRole('button', { name: 'Select all 240 that match' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'All 240 users that match selected' })).toBeVisible()

  await page.getByRole('button', { name: 'Suspend' }).click()
  const dialog = page.getByRole('dialog', { name: 'Suspend people' })
  await expect(dialog.getByRole('progressbar', { name: 'Looking at each of them' })).toBeVisible()
  await expect(dialog).toContainText('240 change')
  expect((await api.users.list({ query: { status: 'suspended' } })).total).toBe(0)

  await dialog.getByRole('button', { name: 'Apply to 240 people' }).click()
  await expect(dialog.getByRole('progressbar', { name: 'Applying' })).toBeVisible()
  const asked = page.waitForEvent('dialog')
  await page.close({ runBeforeUnload: true })
  const question = await asked
  expect(question.type()).toBe('beforeunload')
  await question.dismiss()
  await dialog.getByRole('button', { name: 'Stop' }).click()
  await expect(dialog.getByRole('status').filter({ hasText: 'The rest is as it was.' })).toBeVisible()
  const done = (await api.users.list({ query: { status: 'suspended' } })).total
  expect(done).toBeGreaterThan(0)
  expect(done).toBeLessThan(240)

  await dialog.getByRole('button', { name: `Apply to ${240 - done} people` }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('status').filter({ hasText: 'selected' })).toHaveCount(0)
  expect((await api.users.list({ query: { status: 'suspended' } })).total).toBe(240)
  const { items } = await api.audit.list({ query: { name: 'user.updated', limit: 100 } })
  expect(new Set(items.map(({ subject }) => subject?.id)).size).toBe(100)
})
