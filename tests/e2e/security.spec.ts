import { expect, type Page, type Route, test } from '@playwright/test'
import { TOTP, URI } from 'otpauth'
import { type Program, startProgram } from './program.ts'

const person = { email: 'ada@example.com', password: 'correct horse battery' }

let program: Program
test.beforeAll(async () => {
  test.setTimeout(90_000)
  program = await startProgram()
  const code = new URL(program.setupUrl).searchParams.get('code')
  const answer = await fetch(`${program.url}/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...person, name: 'Ada', code }),
  })
  expect(answer.status, await answer.text()).toBe(201)
})
test.afterAll(() => program?.stop())

test('whoever cannot be signed out stays where they are and is told, until they are out', async ({ page }) => {
  await page.goto(`${program.url}/sign-in?next=/platform/accounts`)
  await givePassword(page)
  await expect(page.getByRole('heading', { name: 'Accounts' })).toBeVisible()
  const failed = page.getByRole('alert').filter({ hasText: 'You may still be signed in' })
  const leave = async () => {
    await page.getByRole('button', { name: /own menu/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
  }
  for (const fail of [
    (route: Route) => route.abort(),
    (route: Route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{}' }),
  ]) {
    await page.route('**/v1/auth/sign-out', fail)
    await leave()
    await expect(failed).toBeVisible()
    await expect(page).toHaveURL(/\/platform\/accounts$/)
    await page.unroute('**/v1/auth/sign-out')
    await page.reload()
    await expect(page.getByRole('heading', { name: 'Accounts' })).toBeVisible()
    await expect(failed).toBeHidden()
  }
  await page.route('**/v1/auth/sign-out', (route) => route.abort())
  await leave()
  await expect(failed).toBeVisible()
  await page.screenshot({ path: test.info().outputPath('failed.png') })
  await page.unroute('**/v1/auth/sign-out')
  await failed.getByRole('button', { name: 'Sign out again' }).click()
  await expect(page).toHaveURL(/sign-in/)
  await page.goto(`${program.url}/platform/accounts`)
  await expect(page).toHaveURL(/sign-in/)
})

test('whoever lacks the second factor that an account requires is led to add it, and goes on where they wanted to', async ({
  page,
}) => {
  await virtualAuthenticator(page)
  const cookie = await cookieOf(person)
  const as = (method: string, path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${program.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', cookie, ...headers },
      body: JSON.stringify(body),
    })
  const grace = { email: 'grace@example.com', password: 'seven quiet lanterns' }
  const account = { name: 'Strict', adminEmail: grace.email, adminName: 'Grace', adminPassword: grace.password }
  const { id } = (await (await as('POST', '/v1/accounts', account)).json()) as { id: string }
  const rules = { secondFactor: 'everyone', secondFactorGraceDays: 0 }
  expect((await as('PATCH', '/v1/security', rules, { 'x-account-id': id })).status).toBe(200)

  await page.goto(`${program.url}/sign-in?next=/a/${id}/people`)
  await givePassword(page, grace)
  await expect(page.getByRole('heading', { name: 'Add a second factor' })).toBeVisible()
  await page.goto(`${program.url}/a/${id}/keys`)
  await expect(page.getByRole('heading', { name: 'Add a second factor' })).toBeVisible()
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByLabel('Name').fill('Laptop')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('dialog', { name: 'Your recovery codes' }).getByRole('button', { name: 'I have stored' }).click()
  await expect(page).toHaveURL(new RegExp(`/a/${id}/keys$`))
  await expect(page.getByRole('heading', { name: 'Keys' })).toBeVisible()
})

test('a person adds a passkey and an authenticator app, and signs in with either', async ({ page }) => {
  await virtualAuthenticator(page)
  await page.goto(`${program.url}/sign-in`)
  await givePassword(page)
  await expect(page).not.toHaveURL(/sign-in/)
  await page.goto(`${program.url}/platform/security`)

  await test.step('a passkey brings recovery codes, once', async () => {
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByLabel('Name').fill('Laptop')
    await page.getByRole('button', { name: 'Create' }).click()
    const codes = page.getByRole('dialog', { name: 'Your recovery codes' })
    await expect(codes).toContainText(/(\w{4}-){3}\w{4}/)
    await codes.getByRole('button', { name: 'I have stored them' }).click()
    await expect(page.getByRole('table', { name: 'Passkeys' })).toContainText('Laptop')
    await expect(page.getByText('10 of 10 left')).toBeVisible()
  })

  await test.step('it signs in alone, without an e-mail', async () => {
    await signOut(page)
    await page.getByRole('button', { name: 'Use a passkey instead' }).click()
    await expect(page).not.toHaveURL(/sign-in/)
  })

  const secret = await test.step('an authenticator app is set up with its first code', async () => {
    await page.goto(`${program.url}/platform/security`)
    await page.getByRole('button', { name: 'Set up' }).click()
    const dialog = page.getByRole('dialog', { name: 'Authenticator app' })
    await expect(dialog.getByRole('img', { name: 'QR code for the authenticator app' })).toBeVisible()
    const shown = ((await dialog.locator('.ck-code').textContent()) ?? '').match(/[A-Z2-7]{32}/)?.[0] ?? ''
    await dialog.getByLabel('Code').fill(codeOf(shown, -1))
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await expect(page.getByText('In use')).toBeVisible()
    return shown
  })

  await test.step('after the password, its code is asked', async () => {
    await signOut(page)
    await givePassword(page)
    await page.getByLabel('Code of your authenticator app').fill('000000')
    await page.getByRole('button', { name: 'Continue' }).click()
    await expect(page.getByText('This does not prove that it is you.')).toBeVisible()
    await page.getByLabel('Code of your authenticator app').fill(codeOf(secret))
    await page.getByRole('button', { name: 'Continue' }).click()
    await expect(page).not.toHaveURL(/sign-in/)
  })

  await test.step('the session tells how it was proven', async () => {
    await page.goto(`${program.url}/platform/security`)
    const own = page.getByRole('table', { name: 'Sessions' }).getByRole('row').filter({ hasText: 'This one' })
    await expect(own).toContainText('Password, Authenticator app')
    await expect(own).toContainText('This machine')
  })
})

/** A session of its own, for calls beside the browser. */
const cookieOf = async ({ email, password }: typeof person): Promise<string> => {
  const answer = await fetch(`${program.url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  expect(answer.status, await answer.text()).toBe(201)
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

const givePassword = async (page: Page, { email, password } = person) => {
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

const signOut = async (page: Page) => {
  await page.getByRole('button', { name: /own menu/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/sign-in/)
}

const codeOf = (secret: string, steps = 0) => {
  const totp = URI.parse(`otpauth://totp/x?secret=${secret}`)
  return totp instanceof TOTP ? totp.generate({ timestamp: Date.now() + steps * 30_000 }) : ''
}

/** A security key of the browser itself, which says yes to everything. */
const virtualAuthenticator = async (page: Page) => {
  const browser = await page.context().newCDPSession(page)
  await browser.send('WebAuthn.enable')
  await browser.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}
