/** People who come in by a file or from an identity source. */
import { expect, test } from '@playwright/test'
import { administrator, type Company, openCompany } from './company.ts'
import { signIn } from './sign-in.ts'

let program: Company
let accountId: string
test.beforeAll(async () => {
  test.setTimeout(90_000)
  program = await openCompany()
  accountId = program.accountId
})
test.afterAll(() => program?.stop())
test.beforeEach(({ page }) => signIn(page, program.url, administrator))

test('a file of people says what it will do, is corrected, and is imported', async ({ page }) => {
  await page.goto(`${program.url}/a/${accountId}/people/import`)
  const text = page.getByRole('textbox', { name: 'Or paste its text' })
  const preview = page.getByRole('button', { name: 'Preview' })
  await text.fill('email,name,role\ngrace@example.com,Grace,member\nheidi@example.com,Heidi,emperor\n')
  await preview.click()
  await expect(page.getByRole('row', { name: /grace@example.com/ })).toContainText('New')
  await expect(page.getByRole('row', { name: /heidi@example.com/ })).toContainText(/Wrong.*role/)
  await expect(page.getByText('The file has wrong rows, so nothing is imported.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Import 1 row' })).toBeDisabled()

  await text.fill('email,name,role\ngrace@example.com,Grace,member\nheidi@example.com,Heidi,end_user\n')
  await expect(page.getByRole('button', { name: /^Import \d/ })).toHaveCount(0)
  await preview.click()
  await page.getByRole('button', { name: 'Import 2 rows' }).click()
  await expect(page.getByText('2 people added, 0 changed.')).toBeVisible()
  await expect(page.getByRole('table')).toContainText('heidi@example.com')
})

test('a token for an identity source is shown once, brings people in, and is refused when it was revoked', async ({
  page,
}) => {
  await page.goto(`${program.url}/a/${accountId}/sso/scim`)
  await page.getByRole('button', { name: 'New token' }).first().click()
  const form = page.getByRole('dialog', { name: 'New token' })
  await form.getByLabel('Name').fill('Entra ID')
  await form.getByRole('button', { name: 'Create' }).click()
  const shown = page.getByRole('dialog', { name: 'Token Entra ID' })
  const secret = ((await shown.locator('code').first().textContent()) ?? '').trim()
  await shown.getByRole('button', { name: 'I have stored it' }).click()
  await expect(page.getByText(secret)).toHaveCount(0)

  const provision = (userName: string) =>
    fetch(`${program.url}/scim/v2/Users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, active: true }),
    })
  expect((await provision('ruth@example.com')).status).toBe(201)
  await page.goto(`${program.url}/a/${accountId}/people?q=ruth`)
  await expect(page.getByRole('table')).toContainText('ruth@example.com')

  await page.goto(`${program.url}/a/${accountId}/sso/scim`)
  await page.getByRole('button', { name: 'Acts for Entra ID' }).click()
  await page.getByRole('menuitem', { name: 'Revoke' }).click()
  await page.getByRole('dialog', { name: 'Revoke Entra ID' }).getByRole('button', { name: 'Revoke' }).click()
  await expect(page.getByRole('row', { name: /Entra ID/ })).toContainText(/revoked/i)
  expect((await provision('judy@example.com')).status).toBe(401)
})
