/** An account is brought into Zitadel from the console, by steps that fail, are resumed and are read back. */
import { expect, type Page, test } from '@playwright/test'
import { startZitadelFake, type ZitadelFake } from '../support/zitadel-fake/index.ts'
import { administrator, type Company, masterKey, openCompany } from './company.ts'
import { signIn } from './sign-in.ts'

const signingKey = 'whk_0123456789abcdef'

let zitadel: ZitadelFake
let company: Company
let place: { projectId: string; organizationId: string }
let ada: string
test.beforeAll(async () => {
  test.setTimeout(90_000)
  zitadel = await startZitadelFake({ lagMs: 300, pageCap: 3 })
  company = await openCompany({
    ZITADEL_MGMT_API_BASE_URL: zitadel.url,
    ZITADEL_MGMT_API_TOKEN: zitadel.token,
    ZITADEL_WEBHOOK_SECRET: signingKey,
  })
  const projectId = zitadel.addProject(zitadel.addOrg('Platform'), 'cockpit')
  const organizationId = zitadel.addOrg('Acme')
  place = { projectId, organizationId }
  // what Acme had there before, and nobody here knows of
  zitadel.addRole(projectId, { key: 'cfo', displayName: 'CFO', group: '' })
  zitadel.addProjectGrant(projectId, organizationId, ['cfo'])
  ada = zitadel.addUser(organizationId, administrator.email)
  zitadel.authorize(ada, projectId, organizationId, ['cfo'])
  zitadel.addUser(organizationId, 'g.hopper@example.com')
  zitadel.settle()
  await company.api.users.create({
    body: { email: 'grace@example.com', name: 'Grace', role: 'account_admin', password: administrator.password },
  })
})
test.afterAll(async () => {
  await company?.stop()
  await zitadel?.stop()
})
test.beforeEach(({ page }) => signIn(page, company.url, administrator))

/** The row that begins with this. */
const rowOf = (page: Page, table: string, name: string) =>
  page.getByRole('table', { name: table }).getByRole('row', { name: new RegExp(`^${name}`) })
const keysOf = (userId: string) =>
  [...zitadel.world().userGrants.values()].find((one) => one.userId === userId)?.roleKeys ?? []
const rolesThere = () => [...(zitadel.world().projects.get(place.projectId)?.roles.keys() ?? [])]
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

test('an account is planned, provisioned, resumed where it failed, and found to agree', async ({ page }) => {
  await page.goto(`${company.url}/platform/accounts/${company.accountId}/zitadel`)

  await test.step('what is missing is said, and what it needs stands on the same page', async () => {
    await expect(page.getByText('Name the project')).toBeVisible()
    await expect(button(page, 'Provision')).toBeDisabled()
    await page.getByLabel('Project id').fill(place.projectId)
    await page.getByLabel('Organization id').fill(place.organizationId)
    await button(page, 'Save configuration').click()
    await expect(page.getByText('Configuration saved.')).toBeVisible()
  })

  await test.step('the plan shows each step, keeps what others gave, and names whom it cannot find', async () => {
    await expect(rowOf(page, 'Plan', 'console_team_admin')).toContainText('Create')
    await expect(rowOf(page, 'Plan', 'Acme')).toContainText('Update')
    await expect(rowOf(page, 'Plan', 'Acme')).toContainText('cfo')
    await expect(rowOf(page, 'Plan', administrator.email)).toContainText('cfo, account_admin')
    await expect(rowOf(page, 'Administrators nobody found', 'grace@example.com')).toContainText(
      'Nobody has this e-mail',
    )
  })

  await test.step('a dry run writes nothing', async () => {
    await button(page, 'Dry run').click()
    await expect(page.getByText('Nothing was written.')).toBeVisible()
    await expect(rowOf(page, 'Dry run', administrator.email)).toContainText('It would be changed.')
    expect([rolesThere(), keysOf(ada)]).toEqual([['cfo'], ['cfo']])
  })

  await test.step('a run shows the step it is in, and what a refused one needs', async () => {
    zitadel.fail(/UpdateAuthorization/, 'unavailable', { times: 3, retryAfter: 1 })
    zitadel.fail(/UpdateAuthorization/, 'permission_denied')
    await button(page, 'Provision').click()
    await expect(rowOf(page, 'Last run', administrator.email)).toContainText('Running')
    await expect(rowOf(page, 'Last run', 'console_team_admin')).toContainText('Created')
    await expect(page.getByText('Incomplete')).toBeVisible()
    await expect(page.getByText('Zitadel refused UpdateAuthorization (permission_denied, 403)').first()).toBeVisible()
    expect(keysOf(ada)).toEqual(['cfo'])
  })

  await test.step('resuming does what is left, and reads it back', async () => {
    const before = zitadel.calls.length
    await button(page, 'Retry what failed').click()
    await expect(page.getByText('Succeeded')).toBeVisible()
    await expect(rowOf(page, 'Last run', 'What was done can be read back')).toContainText('Verified')
    expect(keysOf(ada)).toEqual(['cfo', 'account_admin'])
    expect(zitadel.calls.slice(before).filter(({ path }) => path.endsWith('AddProjectRole'))).toEqual([])
  })

  await test.step('whom nobody found is mapped by hand, provisioned, and then both agree', async () => {
    await expect(page.getByText('Nobody knows who this is in Zitadel').first()).toBeVisible()
    await button(page, 'Map').click()
    const form = page.getByRole('dialog', { name: 'Who is grace@example.com?' })
    await form.getByLabel('Search by e-mail').fill('hopper')
    await form.getByRole('button', { name: 'Search' }).click()
    await form.getByRole('button', { name: 'Choose' }).click()
    await form.getByRole('button', { name: 'Map' }).click()
    await expect(page.getByRole('table', { name: 'Administrators nobody found' })).toHaveCount(0)
    await button(page, 'Provision').click()
    await expect(rowOf(page, 'Last run', 'grace@example.com')).toContainText('Created')
    await expect(page.getByText('Zitadel and Cockpit agree.')).toBeVisible()
  })
})

test('a super admin sees whether changes in Zitadel are heard, polls, and sets what onboarding starts from', async ({
  page,
}) => {
  await page.goto(`${company.url}/platform/zitadel`)
  const webhook = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Webhook' }) })
  await expect(webhook.getByText(`${company.url}/v1/webhooks/zitadel`)).toBeVisible()
  await expect(webhook).toContainText('Never')

  const lost = zitadel.addOrg('Elsewhere')
  zitadel.setOrg(lost, 'deactivated')
  const told = zitadel.events.at(-1)
  if (!told) throw new Error('it was deactivated a moment ago')
  const send = (key: string) =>
    fetch(`${company.url}/v1/webhooks/zitadel`, { method: 'POST', ...zitadel.delivery(told, [key]) })
  expect((await send(signingKey)).status).toBe(200)
  expect((await send('another key')).status).toBe(401)
  await button(page, 'Poll now').click()
  await expect(page.getByText('Polled.')).toBeVisible()
  await expect(webhook).not.toContainText('Never')
  await expect(webhook).toContainText('the signature is of another key or another body')

  await page.getByLabel('Role prefix').fill('acme')
  await button(page, 'Save defaults').click()
  await expect(page.getByText('Defaults saved.')).toBeVisible()
  await page.goto(`${company.url}/platform/accounts/${company.accountId}/zitadel`)
  await expect(rowOf(page, 'Plan', 'acme_account_admin')).toContainText('Create')
})

test('whoever may only read sees how sign-in is set, and nothing to change it with', async ({ browser }) => {
  const support = { email: 'sam@example.com', password: administrator.password }
  const made = await fetch(`${company.url}/v1/platform-people`, {
    method: 'POST',
    headers: { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...support, name: 'Sam', role: 'support' }),
  })
  expect(made.status).toBe(201)
  const context = await browser.newContext()
  const page = await context.newPage()
  await signIn(page, company.url, support)
  for (const address of [
    `/a/${company.accountId}/sso`,
    '/platform/zitadel',
    `/platform/accounts/${company.accountId}/zitadel`,
  ]) {
    await page.goto(company.url + address)
    await expect(page.locator('form input').first()).toBeDisabled()
    await expect(page.getByRole('button', { name: /^Save/ })).toHaveCount(0)
  }
  await context.close()
})
