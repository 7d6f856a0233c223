import { type CockpitClient, createClient } from '@cockpit/client'
import { expect, test } from '@playwright/test'
import { type Program, startProgram } from './program.ts'

const masterKey = 'mk_test_0123456789abcdef'
const person = { email: 'grace@example.com', password: 'correct horse battery' }
/** At the prices below a call with at most 100 tokens reserves a bit more than 0.4 credits and uses about half of it. */
const credits = '0.7'

let program: Program
let accountId: string
test.beforeAll(async () => {
  test.setTimeout(90_000)
  program = await startProgram({ COCKPIT_MASTER_KEY: masterKey })
  accountId = await openAccount((account) =>
    createClient({
      baseUrl: program.url,
      headers: { authorization: `Bearer ${masterKey}`, ...(account && { 'x-account-id': account }) },
    }),
  )
})
test.afterAll(() => program?.stop())

test('whoever uses up the budget is told so, with the scope, the renewal and the steps', async ({ page }) => {
  // an installation that automation made has no administrator yet, and people who sign in
  await page.goto(program.url)
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('textbox', { name: 'Password' }).fill(person.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page).toHaveURL(/\/a\/acc_/)
  await page.goto(`${program.url}/a/${accountId}/playground`)
  await page.getByLabel('Max tokens').fill('100')
  await expect(page).toHaveURL(/max=100/)

  const message = page.getByRole('textbox', { name: 'Message' })
  const refusal = page.getByText('The budget is used up')
  await test.step('an answer shows its tokens and what it used', async () => {
    await message.fill('Hello')
    await message.press('ControlOrMeta+Enter')
    await expect(page.getByRole('link', { name: 'Trace' })).toBeVisible()
    await expect(page.getByText(/\d+ tokens in, \d+ out/)).toBeVisible()
    await expect(refusal).toBeHidden()
  })

  await test.step('calls go through until one would need more than is left', async () => {
    for (let call = 0; call < 20 && !(await refusal.isVisible()); call++) {
      await message.fill(`Hello again ${call}`)
      await message.press('ControlOrMeta+Enter')
      await expect(page.getByRole('link', { name: 'Trace' })).toHaveCount(call + 2)
    }
    await expect(refusal).toBeVisible()
    await expect(page.getByText('budget.exhausted')).toBeVisible()
    await expect(page.getByText(/Blocked by account Grace & Co\. .*Renews/)).toBeVisible()
  })

  await test.step('the explanation names the budget as what refused', async () => {
    await page.getByRole('button', { name: 'Why was this request refused?' }).click()
    const why = page.getByRole('dialog', { name: 'Why was this request refused?' })
    await expect(why.getByRole('listitem').filter({ hasText: 'decides' })).toContainText('Budget')
  })

  await test.step('the log keeps the refusal with its reason and what was left of whose budget', async () => {
    await page.goto(`${program.url}/a/${accountId}/requests?status=denied`)
    const refused = page
      .getByRole('table', { name: 'Requests' })
      .getByRole('row')
      .filter({ hasText: 'budget.exhausted' })
    await refused.getByRole('link').click()
    const panel = page.getByRole('dialog')
    await expect(panel.getByText(/has 0\.\d+ of 0\.7 credits left; this call may need/).first()).toBeVisible()
    await expect(panel.getByRole('row').filter({ hasText: 'Runs out first' })).toContainText('Grace & Co')
    await panel.getByRole('link', { name: 'Open page' }).click()
    await expect(page).toHaveURL(/\/requests\/req_/)
    await expect(page.getByRole('listitem').filter({ hasText: 'decides' })).toContainText('Budget')
  })
})

/** An account with one member, the demo model at a high price, and few credits. */
const openAccount = async (as: (account?: string) => CockpitClient): Promise<string> => {
  const platform = as()
  const account = await platform.accounts.create({
    body: { name: 'Grace & Co', adminEmail: person.email, adminName: 'Grace', adminPassword: person.password },
  })
  const connection = await platform.providers.create({ body: { name: 'Demo', kind: 'demo' } })
  await platform.models.create({
    body: {
      name: 'demo-chat',
      deployments: [{ connectionId: connection.id, upstreamModel: 'demo-chat' }],
      prices: { input: '1000', output: '4000' },
    },
  })
  await platform.models.setEligibility({ params: { id: account.id }, body: { mode: 'all', modelIds: [] } })
  await platform.budgets.grant({ params: { id: account.id }, body: { amount: credits } })
  return account.id
}
