import { expect, type Page, test } from '@playwright/test'
import { readable, startMailServer, type TestMailServer } from '../support/mail-server.ts'
import { administrator, type Company, openCompany } from './company.ts'
import { signIn } from './sign-in.ts'

let company: Company
let server: TestMailServer
test.beforeAll(async () => {
  test.setTimeout(120_000)
  server = await startMailServer({ login: { user: 'acme', password: 'sesame opens' } })
  company = await openCompany()
})
test.afterAll(async () => {
  await company?.stop()
  await server?.stop()
})

const fillServer = async (page: Page, password: string) => {
  await page.getByLabel('Host').fill('127.0.0.1')
  await page.getByRole('radiogroup', { name: 'Encryption' }).getByText('None', { exact: true }).click()
  await page.getByLabel('Port').fill(String(server.port))
  await page.getByLabel('User').fill('acme')
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByLabel('Letters are from').fill('cockpit@acme.example.com')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('The mail server of this account sends')).toBeVisible()
}

test('an admin sets a mail server up, tests it, and sees what became of letters', async ({ page }) => {
  await signIn(page, company.url, administrator)
  await page.goto(`${company.url}/a/${company.accountId}/settings/mail`)
  await expect(page.getByText('Nobody is written to')).toBeVisible()

  await test.step('a wrong password is said in words', async () => {
    await fillServer(page, 'sesame shuts')
    await page.getByRole('button', { name: 'Send a test to me' }).click()
    await expect(page.getByRole('alert').filter({ hasText: 'refused the user and password' })).toBeVisible()
    expect(server.letters).toHaveLength(0)
  })

  await test.step('with the right one the test arrives', async () => {
    await page.getByRole('textbox', { name: 'Password' }).fill('sesame opens')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Send a test to me' }).click()
    await expect(page.getByText(`The server took the letter to ${administrator.email}`)).toBeVisible()
    await expect(page.getByText('It said: 250 kept as 1')).toBeVisible()
    const [letter] = server.letters
    expect(letter ? readable(letter) : '').toContain('Hello Ada')
  })

  await test.step('an invitation goes out, and one that is refused is given up with the reason', async () => {
    await company.api.invites.create({ body: { emails: ['grace@example.com'] } })
    await page.goto(`${company.url}/a/${company.accountId}/settings/mail/letters`)
    const line = (to: string) => page.getByRole('row').filter({ hasText: to })
    await expect(line('grace@example.com')).toContainText('Sent', { timeout: 30_000 })
    server.refuse({ at: 'recipient', code: 550, text: '5.1.1 no such mailbox' })
    await company.api.invites.create({ body: { emails: ['nobody@example.com'] } })
    await expect(line('nobody@example.com')).toContainText('Given up', { timeout: 30_000 })
    await expect(line('nobody@example.com')).toContainText('no such mailbox')
  })

  await test.step('the list is narrowed to what was given up', async () => {
    await page.goto(`${company.url}/a/${company.accountId}/settings/mail/letters?state=failed`)
    await expect(page.getByRole('row').filter({ hasText: 'nobody@example.com' })).toBeVisible()
    await expect(page.getByText('grace@example.com')).toHaveCount(0)
  })

  await test.step('the server is taken back', async () => {
    await page.goto(`${company.url}/a/${company.accountId}/settings/mail`)
    await page.getByRole('button', { name: 'Take it back' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click()
    await expect(page.getByText('Nobody is written to')).toBeVisible()
  })
})
