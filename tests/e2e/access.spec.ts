/** Who sees the product as somebody else, what somebody would be answered, and what the audit log says of both. */
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

const person = (name: string) =>
  api.users.create({ body: { email: `${name.toLowerCase()}@example.com`, name, role: 'member' } })

test('an administrator sees the product as somebody, changes nothing, and both stand in the audit log', async ({
  page,
}) => {
  const grace = await person('Grace')
  await page.goto(`${program.url}/a/${accountId}/people/${grace.id}`)
  await page.getByRole('button', { name: 'See as this person' }).click()
  await page.getByRole('button', { name: 'Begin' }).click()
  await expect(page.getByRole('dialog')).toContainText('required', { ignoreCase: true })
  await page.getByLabel('Reason').fill('She cannot find her keys')
  await page.getByRole('button', { name: 'Begin' }).click()
  await expect(page.getByText('you see the product as Grace')).toBeVisible()
  await expect(page.getByText('looking only')).toBeVisible()

  await test.step('what changes something is refused, and says why', async () => {
    const refused = await page.evaluate(async () => {
      const answer = await fetch('/v1/saved-views', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ list: 'users', name: 'Mine', search: {}, hiddenColumns: [] }),
      })
      return (await answer.json()).type
    })
    expect(refused).toBe('impersonation.forbidden')
  })

  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText('you see the product as Grace')).toHaveCount(0)
  await page.goto(`${program.url}/a/${accountId}/audit?name=impersonation.started`)
  const row = page.getByRole('row', { name: /impersonation.started/ }).first()
  await expect(row).toContainText('Ada')
  await row.click()
  await expect(page.getByText('She cannot find her keys').first()).toBeVisible()
  await expect(page.getByText('Grace').first()).toBeVisible()
})

test('what somebody would be answered goes by where they come from and whether they confirmed', async ({ page }) => {
  const admin = await api.users.create({
    body: { email: 'heidi@example.com', name: 'Heidi', role: 'account_admin', password: administrator.password },
  })
  const question = new URLSearchParams({ who: admin.id, method: 'PATCH', path: '/v1/security' })
  await page.goto(`${program.url}/a/${accountId}/access/simulate?${question}`)
  await expect(page.getByText('Allowed after confirming that it is them')).toBeVisible()
  await page.getByRole('switch', { name: 'They confirmed a moment ago that it is them' }).click()
  await expect(page.getByText('Allowed', { exact: true })).toBeVisible()

  await api.networks.update({
    body: {
      people: [
        { network: '203.0.113.0/24', note: 'Office' },
        { network: '127.0.0.0/8', note: 'Here' },
        { network: '::1/128', note: 'Here' },
      ],
    },
  })
  await page.getByLabel('From the address').fill('198.51.100.7')
  await expect(page.getByText('Refused: 403 network.not_allowed')).toBeVisible()
  await page.getByLabel('From the address').fill('203.0.113.9')
  await expect(page.getByText('The address 203.0.113.9 is allowed.')).toBeVisible()
})

test('a role is asked for, given by somebody else, and ends by itself', async ({ page, browser }) => {
  await api.users.create({
    body: { email: 'ruth@example.com', name: 'Ruth', role: 'member', password: administrator.password },
  })
  const theirs = await (await browser.newContext()).newPage()
  await signIn(theirs, program.url, { email: 'ruth@example.com', password: administrator.password })
  await theirs.goto(`${program.url}/a/${accountId}/access/requests?new=1`)
  const form = theirs.getByRole('dialog', { name: 'Ask for a role' })
  await form.getByRole('combobox', { name: 'Role' }).click()
  await theirs.getByRole('option', { name: 'Billing admin' }).click()
  await form.getByLabel('Reason').fill('Ada is on leave')
  await form.getByRole('button', { name: 'Ask', exact: true }).click()
  await expect(theirs.getByRole('row', { name: /Ruth/ })).toContainText('open', { ignoreCase: true })
  await expect(theirs.getByRole('button', { name: 'Approve' })).toHaveCount(0)

  await page.goto(`${program.url}/a/${accountId}/access/requests?status=open`)
  await page.getByRole('row', { name: /Ruth/ }).getByRole('button', { name: 'Approve' }).click()
  const decision = page.getByRole('dialog', { name: 'Give Ruth the role Billing admin?' })
  await expect(decision).toContainText('Ada is on leave')
  await decision.getByRole('button', { name: 'Approve' }).click()
  await expect(page.getByRole('row', { name: /Ruth/ })).toHaveCount(0)
  const [given] = (await api.roleAssignments.list()).items
  expect(given).toMatchObject({ role: { name: 'Billing admin' } })
  expect(Date.parse(given?.expiresAt ?? '')).toBeGreaterThan(Date.now() + 7 * 3_600_000)
})

test('the audit log is narrowed, taken along, and proven', async ({ page }) => {
  await api.teams.create({ body: { name: 'Everybody' } })
  await page.goto(`${program.url}/a/${accountId}/audit?name=team.created`)
  await expect(page.getByRole('table')).toContainText('Everybody')
  await expect(page.getByRole('table')).not.toContainText('impersonation')
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export', exact: true }).click()
  await page.getByRole('menuitem', { name: 'OCSF for a SIEM' }).click()
  expect((await downloading).suggestedFilename()).toMatch(/\.jsonl$/)

  await page.goto(`${program.url}/a/${accountId}/audit/proof`)
  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await expect(page.getByText('Chain verified')).toBeVisible()
})
