/** The pages with which an administrator governs who comes in and what they may do, and where everybody looks after their own sign-in. */
import { readFileSync } from 'node:fs'
import { type CockpitClient, createClient } from '@cockpit/client'
import { expect, type Page, test } from '@playwright/test'
import { administrator, type Company, masterKey, openCompany } from './company.ts'
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

const { password } = administrator
const person = (name: string, role: 'end_user' | 'member' | 'account_admin' = 'member') =>
  api.users.create({ body: { email: `${name.toLowerCase()}@example.com`, name, role, password } })
const open = (page: Page, path: string) => page.goto(`${program.url}/a/${accountId}/${path}`)
/** As a browser asks, from the same origin. */
const tryPassword = (email: string, wrong: string) =>
  fetch(`${program.url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ email, password: wrong }),
  })

test('people are invited together, a new link ends the old one, and a revoked one opens nothing', async ({
  page,
  browser,
}) => {
  await open(page, 'people/invites?new=1')
  const form = page.getByRole('dialog', { name: 'Invite people' })
  await form.getByLabel('E-mails').fill('olga@example.com, pablo@example.com')
  await form.getByRole('button', { name: 'Make links' }).click()
  const shown = page.getByRole('dialog', { name: '2 links' })
  const linkIn = async (email: string) => {
    const text = (await page.getByRole('dialog').locator('code').first().textContent()) ?? ''
    return text.match(new RegExp(`(?:${email}\\s+)?(https?://\\S+)`))?.[1] ?? ''
  }
  await expect(shown).toContainText('Copy now')
  const first = await linkIn('olga@example.com')
  await shown.getByRole('button', { name: 'I have copied it' }).click()

  const act = async (email: string, name: string) => {
    await page.getByRole('button', { name: `Acts for ${email}` }).click()
    await page.getByRole('menuitem', { name }).click()
  }
  await act('olga@example.com', 'Make a new link')
  await expect(page.getByRole('dialog', { name: 'Link for olga@example.com' })).toBeVisible()
  const second = await linkIn('olga@example.com')
  expect(second).not.toBe(first)
  await page.getByRole('button', { name: 'I have copied it' }).click()

  const theirs = await (await browser.newContext()).newPage()
  const join = theirs.getByRole('button', { name: 'Join', exact: true })
  await theirs.goto(first)
  await expect(theirs.getByRole('alert')).toBeVisible()
  await expect(join).toHaveCount(0)
  await theirs.goto(second)
  await expect(join).toBeVisible()

  await act('olga@example.com', 'Revoke')
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await expect(page.getByRole('row', { name: /olga/ })).toContainText('Revoked')
  await theirs.reload()
  await expect(join).toHaveCount(0)
  await expect(page.getByRole('row', { name: /pablo/ })).toContainText('Open')
})

test('a role of one’s own stands in the matrix, is given for a team, and says whom a change concerns', async ({
  page,
}) => {
  const team = await api.teams.create({ body: { name: 'Support desk' } })
  const lena = await person('Lena')
  await open(page, 'access?new=1')
  const form = page.getByRole('dialog', { name: 'New role' })
  await form.getByLabel('Name').fill('Key keeper')
  await form.getByRole('combobox', { name: 'Permissions' }).click()
  for (const permission of ['key.read', 'key.write'])
    await page.getByRole('option', { name: new RegExp(`· ${permission.replace('.', '\\.')}$`) }).click()
  await page.keyboard.press('Escape')
  await form.getByRole('button', { name: 'Save role' }).click()
  await expect(page.getByRole('row', { name: /Key keeper/ })).toContainText('Custom')

  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Matrix' }).click()
  const heads = await page.getByRole('columnheader').allTextContents()
  const column = heads.findIndex((head) => head.includes('Key keeper'))
  const cell = (permission: string) =>
    page
      .getByRole('row', { name: new RegExp(`^${permission}`) })
      .getByRole('cell')
      .nth(column)
  await expect(cell('See the keys of others').getByRole('img', { name: 'Allowed' })).toBeVisible()
  await expect(cell('Manage own keys').getByRole('img', { name: 'Allowed' })).toHaveCount(0)

  await open(page, 'access/assignments?new=1')
  const give = page.getByRole('dialog', { name: 'Give a role' })
  const choose = async (field: string, option: string | RegExp) => {
    await give.getByRole('combobox', { name: field }).click()
    await page.getByRole('option', { name: option }).click()
  }
  await choose('Who', 'Lena')
  await choose('Role', 'Key keeper')
  await choose('Where', team.name)
  await give.getByRole('button', { name: 'Give role' }).click()
  const given = page.getByRole('row', { name: /Lena/ })
  await expect(given).toContainText('Support desk team')
  await expect(given.getByRole('link', { name: 'Lena' })).toHaveAttribute('href', new RegExp(`/people/${lena.id}$`))

  await open(page, 'access')
  await page.getByRole('row', { name: /Key keeper/ }).click()
  const panel = page.getByRole('dialog', { name: 'Key keeper' })
  await panel.getByRole('button', { name: 'Edit' }).click()
  await expect(page.getByRole('dialog', { name: 'Edit role' })).toContainText('One person or program holds it.')
  await page.getByRole('dialog', { name: 'Edit role' }).getByRole('button', { name: 'Cancel' }).click()
  await panel.getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(page.getByRole('dialog', { name: 'Delete the role Key keeper?' })).toContainText('One holder')
})

test('the access review shows identity sources and the people of the platform beside those of the account', async ({
  page,
}) => {
  await api.scim.createToken({ body: { name: 'Entra' } })
  const platform = createClient({ baseUrl: program.url, headers: { authorization: `Bearer ${masterKey}` } })
  await platform.platformPeople.add({
    body: { email: 'sam@platform.example', name: 'Sam Support', role: 'support', password },
  })
  await open(page, 'access/review')
  const rows = page.getByRole('table')
  await expect(rows).toContainText('Person of the platform')
  await expect(rows).not.toContainText('sam@platform.example')
  await page.getByRole('cell', { name: 'Sam Support' }).click()
  const panel = page.getByRole('dialog', { name: 'Sam Support' })
  await expect(panel).toContainText('Platform support')
  await page.keyboard.press('Escape')
  await page.getByRole('cell', { name: 'Entra' }).click()
  await expect(page.getByRole('dialog', { name: 'Entra' })).toContainText('May give')
})

test('the access review is narrowed to a permission, explains itself, and is taken along', async ({ page }) => {
  await person('Noor', 'account_admin')
  await person('Otto', 'end_user')
  await open(page, 'access/review?permission=directory.write')
  await expect(page.getByRole('row', { name: /Noor/ })).toBeVisible()
  await expect(page.getByRole('row', { name: /Otto/ })).toHaveCount(0)
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export all' }).click()
  await page.getByRole('menuitem', { name: 'As CSV' }).click()
  const text = readFileSync(await (await downloading).path(), 'utf8')
  expect(text).toContain('noor@example.com')
  expect(text).not.toContain('otto@example.com')

  await page.getByRole('row', { name: /Noor/ }).click()
  const panel = page.getByRole('dialog', { name: 'Noor' })
  await expect(panel).toContainText('directory.write')
  await expect(panel).toContainText('Account admin (membership)')
  await panel.getByRole('link', { name: 'Open page' }).click()
  await expect(page.getByRole('heading', { name: 'Noor' })).toBeVisible()
})

test('a stricter password rule counts at once, and failed sign-ins are told with their reason', async ({ page }) => {
  const ines = await person('Ines', 'end_user')
  await open(page, 'settings/security')
  await page.getByRole('textbox', { name: 'Shortest password' }).fill('20')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('Security settings saved.')).toBeVisible()
  await page.reload()
  await expect(page.getByText('In force: 20, from this account.')).toBeVisible()
  const short = api.users.create({
    body: { email: 'short@example.com', name: 'Short', role: 'end_user', password: 'seven lanterns' },
  })
  await expect(short).rejects.toMatchObject({ code: 'password.refused' })

  expect((await tryPassword('ines@example.com', 'not hers at all')).status).toBe(401)
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Failed sign-ins' }).click()
  const row = page.getByRole('row', { name: /ines@example.com/ })
  await expect(row).toContainText('Wrong password')
  await row.getByRole('link', { name: 'Ines' }).click()
  await expect(page).toHaveURL(new RegExp(`/people/${ines.id}`))
})

test('somebody ends a session of theirs elsewhere, and an administrator ends those of a person', async ({
  page,
  browser,
}) => {
  const kira = await person('Kira')
  const elsewhere = await (await browser.newContext()).newPage()
  for (let again = 0; again < 3; again++)
    expect((await tryPassword(administrator.email, administrator.password)).status).toBe(201)
  await signIn(elsewhere, program.url, administrator)
  await open(page, 'security')
  const own = page.getByRole('table', { name: 'Sessions' })
  await expect(own.getByRole('row', { name: /This one/ }).getByRole('button', { name: 'End' })).toHaveCount(0)
  const ends = own.getByRole('button', { name: 'End', exact: true })
  await expect(ends.first()).toBeVisible()
  const others = await ends.count()
  await ends.last().click()
  await expect(ends).toHaveCount(others - 1)
  await page.getByRole('button', { name: 'End all others' }).click()
  const all = page.getByRole('dialog', { name: 'End all other sessions?' })
  await expect(all).toContainText(`${others - 1} other browsers`)
  await all.getByRole('button', { name: 'End all others' }).click()
  await expect(ends).toHaveCount(0)
  await elsewhere.goto(`${program.url}/a/${accountId}/keys`)
  await expect(elsewhere).toHaveURL(/sign-in/)

  await signIn(elsewhere, program.url, { email: 'kira@example.com', password })
  await open(page, `people/${kira.id}/sessions`)
  await page.getByRole('button', { name: 'End all' }).click()
  const asked = page.getByRole('dialog', { name: 'End all sessions of Kira?' })
  await expect(asked).toContainText('The one session listed here ends.')
  await asked.getByRole('button', { name: 'End all' }).click()
  await expect(page.getByText('One session ended.')).toBeVisible()
  await elsewhere.goto(`${program.url}/a/${accountId}/keys`)
  await expect(elsewhere).toHaveURL(/sign-in/)
})

test('whoever has many accounts finds the one they want by its name', async ({ page }) => {
  const platform = createClient({ baseUrl: program.url, headers: { authorization: `Bearer ${masterKey}` } })
  for (let nth = 1; nth <= 9; nth++) await platform.accounts.create({ body: { name: `Branch ${nth}` } })
  await page.goto(`${program.url}/choose-account`)
  await expect(page.getByRole('link', { name: /Branch/ })).toHaveCount(9)
  await page.getByRole('searchbox', { name: 'Search accounts' }).fill('branch 7')
  await page.getByRole('link', { name: /Branch/ }).click()
  await expect(page.getByRole('button', { name: 'Account: Branch 7' })).toBeVisible()
})

test('what stands about a person is spread over tabs that survive a reload', async ({ page }) => {
  const mara = await person('Mara')
  await api.keys.create({ body: { name: 'Mara’s notebook', owner: { kind: 'user', id: mara.id } } })
  await open(page, `people/${mara.id}`)
  const shows: [tab: string, what: string][] = [
    ['Overview', 'Effective allocation'],
    ['Keys', 'Mara’s notebook'],
    ['Usage', 'By model'],
    ['Permissions', 'Use the playground'],
    ['Sessions', 'Second factors'],
    ['Activity', 'user.added'],
    ['Settings', 'Save changes'],
  ]
  for (const [tab, what] of shows) {
    await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: tab }).click()
    await expect(page.getByText(what).first()).toBeVisible()
    await page.reload()
    await expect(page.getByText(what).first()).toBeVisible()
  }
})
