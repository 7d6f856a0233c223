import type { CockpitClient } from '@cockpit/client'
import { expect, test } from '@playwright/test'
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
test.beforeEach(({ page }) => signIn(page, program.url, administrator))

const person = (name: string, role: 'end_user' | 'billing_admin' = 'end_user') =>
  api.users.create({ body: { email: `${name.toLowerCase()}@example.com`, name, role } })

test('whoever changes a person’s role sees what they may do change, and why', async ({ page }) => {
  const grace = await person('Grace')
  const tab = (name: string) => page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name })
  const permissions = page.getByRole('table', { name: 'Permissions' })
  const credits = permissions.getByRole('row', { name: /Plan budgets and allocate credits/ })
  await page.goto(`${program.url}/a/${accountId}/people/${grace.id}/permissions`)
  await expect(permissions.getByRole('row', { name: /Use the playground/ })).toContainText('User')
  await expect(credits).toHaveCount(0)

  await tab('Settings').click()
  await page.getByRole('combobox', { name: 'Role' }).click()
  await page.getByRole('option', { name: 'Billing admin' }).click()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()

  await tab('Permissions').click()
  await expect(credits).toContainText('Allowed')
  await expect(credits).toContainText('Billing admin')

  await test.step('a deny rule takes it, and the page leads to the rule', async () => {
    const reason = 'The year is being closed'
    await api.denyRules.create({
      body: { subject: { kind: 'user', id: grace.id }, permissions: ['budget.write'], reason },
    })
    await page.reload()
    await expect(credits).toContainText('Denied')
    await credits.click()
    const why = page.getByRole('dialog', { name: 'Plan budgets and allocate credits' })
    await expect(why).toContainText(`A rule takes it: ${reason}`)
    await why.getByRole('link', { name: 'Simulate' }).click()
    await expect(page.getByText('Refused: 403 access.denied')).toBeVisible()
    await page.goBack()
    await why.getByRole('link', { name: 'Show the rule' }).click()
    await expect(page.getByRole('table')).toContainText(reason)
  })
})

test('many people are suspended at once, after the page has said who and who not', async ({ page }) => {
  const [edith, ruth] = [await person('Edith'), await person('Ruth')]
  await page.goto(`${program.url}/a/${accountId}/people`)
  const user = (name: string) => page.getByRole('row', { name: new RegExp(name) })
  await page.getByRole('checkbox', { name: 'Select all shown rows' }).check()
  await page.getByRole('button', { name: 'Suspend' }).click()
  const dialog = page.getByRole('dialog', { name: 'Suspend people' })
  await expect(dialog).toContainText('Edith Status Active → Suspended')
  await expect(dialog).toContainText('1 skipped')
  await expect(user('Edith')).toContainText('Active')
  expect((await api.users.get({ params: { id: edith.id } })).status).toBe('active')
  await dialog.getByRole('button', { name: /^Apply to/ }).click()
  for (const name of ['Edith', 'Ruth']) await expect(user(name)).toContainText('Suspended')
  await expect(user('Ada')).toContainText('Active')
  expect((await api.users.get({ params: { id: ruth.id } })).status).toBe('suspended')
})

test('of two limits of many people one is set, and the other stays as it was for each', async ({ page }) => {
  const [judy, noor] = [await person('Judy'), await person('Noor')]
  await api.users.update({ params: { id: judy.id }, body: { limits: { rpm: 5, tpm: 4_000 } } })
  await page.goto(`${program.url}/a/${accountId}/people`)
  for (const name of ['Judy', 'Noor']) await page.getByRole('checkbox', { name: `Select ${name}` }).check()
  await page.getByRole('button', { name: 'Change' }).click()
  await page.getByRole('menuitem', { name: 'Limits…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Set limits' })
  await expect(dialog.getByRole('button', { name: /^Apply/ })).toBeDisabled()
  await dialog.getByRole('radiogroup', { name: 'Requests per minute' }).getByText('Set to').click()
  await dialog.getByRole('textbox', { name: /Requests per minute/ }).fill('60')
  await expect(dialog).toContainText('Judy RPM/TPM 5/4000 → 60/4000')
  await dialog.getByRole('button', { name: 'Apply to 2 people' }).click()
  await expect(page.getByText('2 people changed.')).toBeVisible()
  const limitsOf = async (id: string) => (await api.users.get({ params: { id } })).limits
  expect(await limitsOf(judy.id)).toEqual({ rpm: 60, tpm: 4_000 })
  expect(await limitsOf(noor.id)).toEqual({ rpm: 60, tpm: null })
})

test('many teams move at once and empty orgs go, after the page has said which and which not', async ({ page }) => {
  const labs = await api.orgs.create({ body: { name: 'Labs' } })
  const spare = await api.orgs.create({ body: { name: 'Spare' } })
  const [north] = [
    await api.teams.create({ body: { name: 'North' } }),
    await api.teams.create({ body: { name: 'South' } }),
    await api.teams.create({ body: { name: 'South', orgId: labs.id } }),
  ]
  await page.goto(`${program.url}/a/${accountId}/people/orgs`)
  const pick = (name: string, nth = 0) => page.getByRole('checkbox', { name: `Select ${name}` }).nth(nth)
  await pick('North').check()
  await page.getByRole('row', { name: /South/ }).nth(1).focus()
  await page.keyboard.press(' ')
  await expect(page.getByRole('status').filter({ hasText: '2 selected' })).toBeVisible()
  await page.getByRole('button', { name: 'Move 2 teams…' }).click()
  const moving = page.getByRole('dialog', { name: 'Move teams' })
  await moving.getByRole('combobox', { name: 'Move to' }).click()
  await page.getByRole('option', { name: 'Labs' }).click()
  await expect(moving).toContainText('North Org global → Labs')
  expect((await api.teams.get({ params: { id: north.id } })).orgName).toBe('global')
  await moving.getByRole('button', { name: 'Apply to 1 team' }).click()
  await expect(page.getByText('1 team moved.')).toBeVisible()
  expect((await api.teams.get({ params: { id: north.id } })).orgName).toBe('Labs')

  await pick('Labs').check()
  await pick('Spare').check()
  await page.getByRole('button', { name: 'Delete 2 orgs' }).click()
  const deleting = page.getByRole('dialog', { name: 'Delete orgs' })
  await expect(deleting).toContainText(/Labs .*still has \d teams/)
  await deleting.getByRole('button', { name: 'Apply to 1 org' }).click()
  await expect(page.getByRole('row', { name: /Spare/ })).toHaveCount(0)
  expect((await api.orgs.list()).items.map(({ id }) => id)).not.toContain(spare.id)
})

test('a list is kept as a view, found again, changed and deleted', async ({ page }) => {
  await person('Money', 'billing_admin')
  const people = `${program.url}/a/${accountId}/people`
  const views = (name: string) => page.getByRole('button', { name, exact: true })
  const choose = (name: string) => page.getByRole('menuitem', { name }).click()
  await page.goto(`${people}?role=billing_admin&sort=-name`)
  await views('Views').click()
  await choose('Save as a new view')
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Billing people')
  await page.getByRole('button', { name: 'Save view' }).click()
  await expect(views('Billing people')).toBeVisible()

  await page.goto(people)
  await views('Views').click()
  await choose('Billing people')
  await expect(page).toHaveURL(/role=billing_admin/)
  await expect(page).toHaveURL(/sort=-name/)

  await page.getByRole('searchbox').fill('mon')
  await views('Billing people (changed)').click()
  await choose('Update “Billing people” to what is shown')
  await expect(views('Billing people')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('searchbox')).toHaveValue('mon')

  await views('Billing people').click()
  await choose('Delete')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(views('Views')).toBeVisible()
  await expect(page).not.toHaveURL(/role=/)
})
