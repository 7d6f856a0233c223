import { type CockpitClient, createClient } from '@cockpit/client'
import { expect, type Page, test } from '@playwright/test'
import { administrator, furnish, type Ids, masterKey } from './furnished.ts'
import { type Program, startProgram } from './program.ts'
import { signIn } from './sign-in.ts'

let program: Program
let ids: Ids
let api: CockpitClient
let platform: CockpitClient
test.beforeAll(async () => {
  test.setTimeout(120_000)
  program = await startProgram({ COCKPIT_MASTER_KEY: masterKey })
  ids = await furnish(program)
  const headers = { authorization: `Bearer ${masterKey}` }
  platform = createClient({ baseUrl: program.url, headers })
  api = createClient({ baseUrl: program.url, headers: { ...headers, 'x-account-id': ids.accountId } })
})
test.afterAll(() => program?.stop())

const password = administrator.password
const request = () => ids.account.requestId?.[0] ?? ''

test('a member finds models by name and requests by the start of their id with ⌘K', async ({ page }) => {
  // the furniture has failed sign-ins of hers
  await api.signInFailures.unlock({ params: { id: ids.account.userId?.[0] ?? '' } })
  await signIn(page, program.url, { email: 'grace@example.com', password })
  // the frame listens to keys once it is there
  await expect(page.getByRole('button', { name: /Search or jump to/ })).toBeVisible()
  await page.keyboard.press('ControlOrMeta+k')
  const search = page.getByRole('textbox', { name: 'Search or jump to' })
  await search.fill('demo-ch')
  const dialog = page.getByRole('dialog', { name: 'Search and commands' })
  await expect(dialog.getByRole('button', { name: /demo-chat/ })).toBeVisible()
  await search.fill(request().slice(0, 20))
  await dialog.getByRole('button', { name: request() }).click()
  await expect(page).toHaveURL(new RegExp(request()))
})

test('an administrator of an account sees whether its prompts are kept', async ({ page }) => {
  await api.users.create({ body: { email: 'joan@example.com', name: 'Joan', password, role: 'account_admin' } })
  await signIn(page, program.url, { email: 'joan@example.com', password })
  await page.goto(`${program.url}/a/${ids.accountId}/settings`)
  const kept = page.locator('dl > div, .ck-properties > *').filter({ hasText: 'Prompts and answers in the log' })
  await expect(kept.first()).toContainText('Not kept')
  await platform.accounts.update({ params: { id: ids.accountId }, body: { logContent: true } })
  await expect(async () => {
    await page.reload()
    await expect(kept.first()).not.toContainText('Not kept', { timeout: 1_000 })
    await expect(kept.first()).toContainText('Kept', { timeout: 1_000 })
  }).toPass({ timeout: 15_000 })
})

for (const width of [1440, 375])
  test(`the figures of a trace stand beside each other, ${width} px wide`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 })
    await signIn(page, program.url, { email: administrator.email, password })
    await page.goto(`${program.url}/a/${ids.accountId}/requests/${request()}`)
    await page.getByRole('link', { name: 'Trace' }).click()
    const axis = page.locator('.ck-waterfall-axis')
    await expect(axis).toBeVisible()
    // the longest figures there are
    const boxes = await axis.evaluate((element) => {
      for (const label of element.children) if (label !== element.firstElementChild) label.textContent = '59 min 59 s'
      const frame = element.closest('.ck-waterfall-scroll')?.getBoundingClientRect()
      return {
        right: frame?.right ?? 0,
        labels: [...element.children]
          .map((label) => label.getBoundingClientRect())
          .filter(({ width: shown }) => shown > 0)
          .map((box) => [box.left, box.right] as const),
      }
    })
    expect(boxes.labels.length).toBeGreaterThan(1)
    for (const [at, [, right]] of boxes.labels.entries()) {
      expect(right).toBeLessThanOrEqual(boxes.right + 0.5)
      const next = boxes.labels[at + 1]
      if (next) expect(next[0] - right).toBeGreaterThan(4)
    }
  })

test('of two tabs that edit one team the second hears of the first, and loses nothing of it', async ({
  page,
  context,
}) => {
  const team = await api.teams.create({ body: { name: 'Parsers' } })
  await signIn(page, program.url, { email: administrator.email, password })
  const second = await context.newPage()
  const dialog = (tab: Page) => tab.getByRole('dialog', { name: /^Edit / })
  for (const tab of [page, second]) {
    await tab.goto(`${program.url}/a/${ids.accountId}/people/teams/${team.id}?edit=1`)
    await expect(dialog(tab).getByLabel('Description')).toBeVisible()
  }
  await dialog(page).getByLabel('Description').fill('Of the first tab')
  await dialog(page).getByRole('button', { name: 'Save' }).click()
  await expect(dialog(page)).toHaveCount(0)

  // what the page reads meanwhile is not what the form was filled from
  const read = second.waitForResponse((one) => one.url().includes(`/v1/teams/${team.id}`) && one.ok())
  // who comes back to a tab sees what is there now, once what it shows is five seconds old
  await second.waitForTimeout(5_200)
  await second.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })))
  await read
  await dialog(second).getByLabel('Name').fill('Lexers')
  await dialog(second).getByRole('button', { name: 'Save' }).click()
  await expect(dialog(second)).toContainText('Somebody changed this meanwhile')
  expect(await api.teams.get({ params: { id: team.id } })).toMatchObject({
    name: 'Parsers',
    description: 'Of the first tab',
  })

  await dialog(second).getByRole('button', { name: 'Load what is there now' }).click()
  await expect(dialog(second).getByLabel('Description')).toHaveValue('Of the first tab')
  await expect(dialog(second).getByLabel('Name')).toHaveValue('Parsers')
  await dialog(second).getByLabel('Name').fill('Lexers')
  await dialog(second).getByRole('button', { name: 'Save' }).click()
  await expect(dialog(second)).toHaveCount(0)
  expect(await api.teams.get({ params: { id: team.id } })).toMatchObject({
    name: 'Lexers',
    description: 'Of the first tab',
  })
})

test('a form that stays open saves again and again', async ({ page }) => {
  await signIn(page, program.url, { email: administrator.email, password })
  const saves = async () => {
    for (const text of ['once', 'twice', 'three times']) {
      await page.getByRole('textbox', { name: /^Name/ }).first().fill(`Changed ${text}`)
      const answer = page.waitForResponse((one) => one.request().method() === 'PATCH')
      await page.getByRole('button', { name: /^Save/ }).click()
      const { status, sent } = await answer.then(async (one) => ({
        status: one.status(),
        sent: await one.request().headerValue('if-match'),
      }))
      expect([status, sent]).toEqual([200, expect.stringMatching(/^"/)])
    }
  }
  await page.goto(`${program.url}/a/${ids.accountId}/people/${ids.account.userId?.[0]}/settings`)
  await saves()
  await page.goto(`${program.url}/a/${ids.accountId}/keys/${ids.account.keyId?.[0]}/settings`)
  await saves()
  await page.goto(`${program.url}/platform/accounts/${ids.accountId}/settings`)
  await saves()
})
