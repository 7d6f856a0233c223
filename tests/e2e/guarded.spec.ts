/** Who comes in from where and for how long, what is taken along about people, and why a token did not open anything. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { CockpitClient } from '@cockpit/client'
import { expect, type Page, test } from '@playwright/test'
import pg from 'pg'
import { administrator, type Company, openCompany } from './company.ts'
import { signIn } from './sign-in.ts'

let program: Company
let accountId: string
let api: CockpitClient
let database: pg.Pool
test.beforeAll(async () => {
  test.setTimeout(90_000)
  program = await openCompany()
  ;({ accountId, api } = program)
  const host = path.join(program.dataDir, 'postgres')
  database = new pg.Pool({ host, user: 'postgres', database: 'postgres', max: 1 })
})
test.afterAll(async () => {
  await database?.end()
  await program?.stop()
})
test.beforeEach(({ page }) => signIn(page, program.url, administrator))

const { password } = administrator
const person = (name: string, role: 'end_user' | 'member' | 'account_admin' = 'member') =>
  api.users.create({ body: { email: `${name.toLowerCase()}@example.com`, name, role, password } })
const open = (page: Page, place: string) => page.goto(`${program.url}/a/${accountId}/${place}`)
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

test('the people a list is narrowed to are taken along as a file that runs no formula', async ({ page }) => {
  await api.users.import({
    body: {
      csv: ['email,name,role', 'mallory@example.com,"=HYPERLINK(""http://evil.example"")",billing_admin'].join('\n'),
    },
  })
  await person('Judy', 'end_user')
  await open(page, 'people')
  await page.getByRole('combobox', { name: 'Role' }).click()
  await page.getByRole('option', { name: 'Billing admin' }).click()
  await expect(page.getByRole('row')).toHaveCount(2)
  const downloading = page.waitForEvent('download')
  await button(page, 'Export all that match as CSV').click()
  const download = await downloading
  expect(download.suggestedFilename()).toBe('people.csv')
  const text = readFileSync(await download.path(), 'utf8')
  // with the mark by which spreadsheets know the letters
  expect(text.startsWith('\uFEFFemail,name,role,status,teams,')).toBe(true)
  const rows = text.trim().split('\r\n').slice(1)
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatch(/^mallory@example\.com,"'=HYPERLINK\(""http:\/\/evil\.example""\)",billing_admin,active,/)
})

test('whoever comes from outside the allowed networks is refused, and nobody shuts themselves out unasked', async ({
  page,
  browser,
}) => {
  await person('Grace', 'account_admin')
  const grace = { email: 'grace@example.com', password }
  const outside = await browser.newContext({ extraHTTPHeaders: { 'x-forwarded-for': '203.0.113.9' } })
  const elsewhere = await outside.newPage()
  await signIn(elsewhere, program.url, grace)
  await open(elsewhere, 'people')
  await expect(elsewhere.getByRole('heading', { name: 'People' })).toBeVisible()

  const lists = page.getByRole('textbox', { name: /People, console and API/ })
  // the administrator of the account is bound by its list
  const bound = await browser.newContext()
  const here = await bound.newPage()
  await signIn(here, program.url, grace)
  await open(here, 'settings/security')
  const own = here.getByRole('textbox', { name: /People, console and API/ })
  await own.fill('somewhere')
  await button(here, 'Save networks').click()
  await expect(own).toHaveAttribute('aria-invalid', 'true')
  await own.fill('198.51.100.0/24 Office')
  await button(here, 'Save networks').click()
  const warned = here.getByRole('dialog', { name: 'Shut yourself out?' })
  await expect(warned).toContainText('Your address')
  await warned.getByRole('button', { name: 'Cancel' }).click()
  await open(elsewhere, 'people')
  await expect(elsewhere.getByRole('heading', { name: 'People' })).toBeVisible()

  await button(here, 'Add your address').click()
  await expect(own).toHaveValue(/198\.51\.100\.0\/24 Office\n.+ Added by hand/)
  await button(here, 'Save networks').click()
  await expect(here.getByText('Allowed networks saved.')).toBeVisible()
  await here.reload()
  await expect(own).toHaveValue(/198\.51\.100\.0\/24 Office/)
  await elsewhere.reload()
  await expect(elsewhere.getByText('203.0.113.9')).toBeVisible()
  await expect(elsewhere.getByRole('heading', { name: 'People' })).toHaveCount(0)

  await test.step('a list that is emptied lets in everybody again', async () => {
    await open(page, 'settings/security')
    await lists.fill('')
    await button(page, 'Save networks').click()
    await expect(page.getByText('Allowed networks saved.')).toBeVisible()
    await elsewhere.reload()
    await expect(elsewhere.getByRole('heading', { name: 'People' })).toBeVisible()
  })
  await Promise.all([outside.close(), bound.close()])
})

test('sessions end after the time an account gives them, unused or in any case', async ({ page, browser }) => {
  const { id } = await person('Kira')
  const kira = { email: 'kira@example.com', password }
  const context = await browser.newContext()
  const hers = await context.newPage()
  const works = async () => {
    await open(hers, 'security')
    await expect(hers.getByRole('table', { name: 'Sessions' })).toBeVisible()
  }
  const ends = async () => {
    await open(hers, 'security')
    await expect(hers).toHaveURL(/sign-in/)
  }
  const age = (column: 'last_seen_at' | 'created_at', minutes: number) =>
    database.query(`update sessions set ${column} = now() - $2 * interval '1 minute' where user_id = $1`, [id, minutes])
  const limit = async (label: string, minutes: string) => {
    await open(page, 'settings/security')
    await page.getByRole('textbox', { name: label }).fill(minutes)
    await button(page, 'Save').click()
    await expect(page.getByText('Security settings saved.')).toBeVisible()
  }
  await signIn(hers, program.url, kira)
  await age('last_seen_at', 12)
  await works()
  await limit('Ends unused after', '10')
  await age('last_seen_at', 9)
  await works()
  await age('last_seen_at', 12)
  await ends()

  await signIn(hers, program.url, kira)
  await age('created_at', 40)
  await works()
  await limit('Ends in any case after', '30')
  await ends()
  await signIn(hers, program.url, kira)
  await works()
  await page.reload()
  await expect(page.getByText('In force: 30, from this account.')).toBeVisible()
  await context.close()
})

test('a super admin finds why a token was refused, also by a link to one of many', async ({ page }) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const told = async (sub: string) => {
    const claims = { iss: 'https://login.elsewhere.example', aud: ['somebody-else'], sub, exp: 4_000_000_000 }
    const token = `${part({ alg: 'RS256', kid: 'k1' })}.${part(claims)}.${'x'.repeat(86)}`
    const headers = { authorization: `Bearer ${token}`, 'x-account-id': accountId }
    const answer = await fetch(`${program.url}/v1/keys`, { headers })
    expect(answer.status).toBe(401)
    return answer.text()
  }
  // the caller learns nothing of the reason
  expect(await told('first')).not.toMatch(/issuer|elsewhere/i)
  await page.goto(`${program.url}/platform/diagnostics`)
  const row = (name: string) => page.getByRole('row', { name: new RegExp(name) })
  await row('first').click()
  const panel = page.getByRole('dialog', { name: 'Unknown issuer' })
  await expect(panel).toContainText('somebody-else')
  await expect(panel).toContainText('https://login.elsewhere.example')
  const link = page.url()

  await database.query(
    `insert into token_refusals (id, fingerprint, at, first_at, times, place, reason, detail, audience, claims)
     select 'tkr_' || i, 'f' || i, now() + interval '1 second', now(), 1, 'api', 'expired', 'It ended.', '{}', '{}'
     from generate_series(1, 120) i`,
  )
  await page.goto(link)
  await expect(panel).toContainText('somebody-else')
  await expect(row('first')).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(panel).toBeHidden()
  await page.getByRole('combobox', { name: 'Reason' }).click()
  await page.getByRole('option', { name: 'Unknown issuer' }).click()
  await expect(page.getByRole('row')).toHaveCount(2)
})

test('a super admin finds why a sign-in at a provider and a sign-out by it were refused', async ({ page }) => {
  const back = await fetch(`${program.url}/v1/auth/callback?code=not-to-be-kept&state=elsewhere`, {
    redirect: 'manual',
  })
  const told = new URL(back.headers.get('location') ?? '', program.url).searchParams
  expect(told.get('error')).toBe('expired')
  const body = new URLSearchParams({ logout_token: 'nonsense' })
  expect((await fetch(`${program.url}/v1/auth/backchannel-logout`, { method: 'POST', body })).status).toBe(400)
  await page.goto(`${program.url}/platform/diagnostics?place=browser`)
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.getByRole('row', { name: /Not on its way in this browser/ }).click()
  const panel = page.getByRole('dialog', { name: 'Not on its way in this browser' })
  await expect(panel).toContainText(told.get('request') ?? 'no request')
  await expect(panel).not.toContainText('not-to-be-kept')
  await page.keyboard.press('Escape')
  await page.getByRole('combobox', { name: 'Where' }).click()
  await page.getByRole('option', { name: 'Sign-out by the provider' }).click()
  await expect(page).toHaveURL(/place=back_channel/)
  await expect(page.getByRole('row', { name: /Not readable/ })).toBeVisible()
})

test('the panel of an access review stands in the address, whichever page of the list they are on', async ({
  page,
}) => {
  const rows = Array.from({ length: 80 }, (_, index) => `crew${index}@example.com,Crew ${index},member`)
  await api.users.import({ body: { csv: ['email,name,role', ...rows].join('\n') } })
  const [last] = (await api.users.list({ query: { limit: 1 } })).items
  await open(page, `access/review?open=${last?.id}`)
  const panel = page.getByRole('dialog', { name: last?.name ?? '' })
  await expect(panel).toContainText('Member (membership)')
  await expect(page.getByRole('row', { name: new RegExp(`${last?.name}\\b`) })).toHaveCount(0)
  await page.reload()
  await expect(panel).toContainText('Member (membership)')
})
