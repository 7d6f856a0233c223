import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { createClient } from '@cockpit/client'
import { expect, type Page, test } from '@playwright/test'
import pg from 'pg'
import { type Idp, startIdp } from '../support/idp.ts'
import { type Program, startProgram } from './program.ts'

const masterKey = `mk_${randomBytes(16).toString('hex')}`
const clientSecret = randomBytes(16).toString('hex')
const password = 'seven quiet lanterns'

let program: Program
let idp: Idp
let database: pg.Pool
test.beforeAll(async () => {
  test.setTimeout(90_000)
  idp = await startIdp()
  program = await startProgram({
    COCKPIT_MASTER_KEY: masterKey,
    ZITADEL_ISSUER: idp.issuer,
    ZITADEL_AUDIENCE: idp.projectId,
    ZITADEL_CLIENT_ID: 'cockpit',
    ZITADEL_CLIENT_SECRET: clientSecret,
  })
  register('cockpit', '')
  const code = new URL(program.setupUrl).searchParams.get('code') ?? ''
  await apiFor().identity.setup({ body: { code, email: 'ada@example.com', name: 'Ada', password } })
  database = new pg.Pool({
    host: path.join(program.dataDir, 'postgres'),
    user: 'postgres',
    database: 'postgres',
    max: 1,
  })
})
test.afterAll(async () => {
  await database?.end()
  await program?.stop()
  await idp?.stop()
})

test('a person comes in by single sign-on, and confirms a dangerous act at the provider in a window beside', async ({
  page,
}) => {
  const email = 'grace@provided.example.com'
  const { id } = await accountOf('Provided', email)
  idp.person({ sub: 'grace', email, name: 'Grace' })
  await page.goto(`${program.url}/sign-in?next=/a/${id}/security`)
  await giveEmail(page, email)
  await page.getByRole('button', { name: /^Continue with / }).click()
  await page.getByRole('link', { name: /Grace/ }).click()
  await expect(page).toHaveURL(new RegExp(`/a/${id}/security$`))

  await database.query(`update sessions set authenticated_at = now() - interval '1 hour'`)
  await page.getByRole('button', { name: 'Set up' }).click()
  const beside = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Confirm with single sign-on' }).click()
  const provider = await beside
  await provider.getByRole('link', { name: /Grace/ }).click()
  await expect(page.getByRole('img', { name: 'QR code for the authenticator app' })).toBeVisible()
  expect(provider.isClosed()).toBe(true)
})

test('a right password that the account does not take leads to its single sign-on', async ({ page }) => {
  const email = 'dana@insisting.example.com'
  const { id, api } = await accountOf('Insisting', email)
  await ownProvider({ id, api }, 'insisting')
  await insist(id)
  idp.person({ sub: 'dana', email, name: 'Dana' })
  await page.goto(`${program.url}/sign-in`)
  await giveEmail(page, email)
  await page.getByRole('button', { name: 'Use a password instead' }).click()
  await givePassword(page)
  await expect(page.getByText('Your account lets people in by its own single sign-on only.')).toBeVisible()
  await expect(page.getByRole('textbox', { name: 'Password' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Continue with insisting' }).click()
  await page.getByRole('link', { name: /Dana/ }).click()
  await expect(page.getByRole('button', { name: /own menu/ })).toBeVisible()
})

test.describe('an invitation', () => {
  const invited = async ({ api }: Account, email: string) => {
    const team = await api.teams.create({ body: { name: `Team of ${email}`, domain: 'copilot' } })
    const { items } = await api.invites.create({ body: { emails: [email], role: 'billing_admin', teamIds: [team.id] } })
    return { link: items[0]?.link ?? '', email, team: team.id }
  }
  /** The invitation is used up, and whoever it was for has what it gives. */
  const expectIn = async (page: Page, { id, api }: Account, { email, team }: { email: string; team: string }) => {
    await expect(page).toHaveURL(new RegExp(`/a/${id}`))
    await expect(page.getByRole('button', { name: /own menu/ })).toBeVisible()
    expect((await api.invites.list()).items.filter((one) => one.email === email)).toMatchObject([
      { status: 'accepted' },
    ])
    const [user] = (await api.users.list({ query: { q: email } })).items
    expect(user).toMatchObject({ role: 'billing_admin', status: 'active', teams: [{ id: team }] })
  }
  const join = (page: Page) => page.getByRole('button', { name: 'Join', exact: true })
  const single = (page: Page, name: string) => page.getByRole('button', { name: `Continue with ${name}` })

  test('is accepted with a new password where the account has no provider, and none is offered', async ({ page }) => {
    const account = await accountOf('Plain', 'boss@plain.example.com')
    const invitation = await invited(account, 'new@plain.example.com')
    await page.goto(invitation.link)
    await page.getByLabel('Your name').fill('Nora')
    await expect(page.getByRole('button', { name: /^Continue with/ })).toHaveCount(0)
    await page.getByRole('textbox', { name: 'Password' }).fill(password)
    await join(page).click()
    await expectIn(page, account, invitation)
  })

  test('is accepted by coming in by the account’s own provider, which stands beside the password', async ({ page }) => {
    const account = await accountOf('Offering', 'boss@offering.example.com')
    await ownProvider(account, 'offering')
    const invitation = await invited(account, 'olga@offering.example.com')
    idp.person({ sub: 'olga', email: invitation.email, name: 'Olga' })
    await page.goto(invitation.link)
    await expect(page.getByLabel('Your name')).toBeVisible()
    await single(page, 'offering').click()
    await page.getByRole('link', { name: /Olga/ }).click()
    await expectIn(page, account, invitation)
  })

  test('is accepted by the own provider alone where it is the only way in', async ({ page }) => {
    const account = await accountOf('Only', 'boss@only.example.com')
    await ownProvider(account, 'only')
    await insist(account.id)
    const invitation = await invited(account, 'oleg@only.example.com')
    idp.person({ sub: 'oleg', email: invitation.email, name: 'Oleg' })
    await page.goto(invitation.link)
    await expect(single(page, 'only')).toBeVisible()
    await expect(page.getByRole('textbox', { name: /password/i })).toHaveCount(0)
    await single(page, 'only').click()
    await page.getByRole('link', { name: /Oleg/ }).click()
    await expectIn(page, account, invitation)
  })

  test('leads whoever has a sign-in here back from the installation’s provider, to join', async ({ page }) => {
    const [home, account] = [
      await accountOf('Home', 'kim@home.example.com'),
      await accountOf('Guesting', 'boss@guesting.example.com'),
    ]
    const invitation = await invited(account, 'kim@home.example.com')
    idp.person({ sub: 'kim', email: invitation.email, name: 'Kim' })
    await page.goto(invitation.link)
    await single(page, 'Single sign-on').click()
    await page.getByRole('link', { name: /Kim/ }).click()
    await expect(page).toHaveURL(/\/invite$/)
    await join(page).click()
    await expectIn(page, account, invitation)
    expect(home.id).not.toBe(account.id)
  })

  test('is joined by the password that whoever has a sign-in here has, beside the own provider', async ({ page }) => {
    await accountOf('Elsewhere', 'lou@elsewhere.example.com')
    const account = await accountOf('Both', 'boss@both.example.com')
    await ownProvider(account, 'both')
    const invitation = await invited(account, 'lou@elsewhere.example.com')
    await page.goto(invitation.link)
    await expect(single(page, 'both')).toBeVisible()
    await givePassword(page)
    await expectIn(page, account, invitation)
  })
})

test('an administrator tries settings before they count, sees what is wrong with them, and saves what works', async ({
  page,
}) => {
  const email = 'tess@testing.example.com'
  const { id, api } = await accountOf('Testing', email)
  register('testing', `/${id}`)
  await page.goto(`${program.url}/sign-in?next=/a/${id}/sso`)
  await giveEmail(page, email)
  await page.getByRole('button', { name: 'Use a password instead' }).click()
  await givePassword(page)
  await expect(page.getByText('Not tested yet.')).toBeVisible()
  const found = (step: string) => page.getByRole('row', { name: new RegExp(`^${step}`) })

  await page.getByLabel('Name on the button').fill('Testing login')
  await page.getByLabel('Issuer').fill(idp.issuer)
  await page.getByLabel('Client id').fill('testing')
  await page.getByLabel('Client secret').fill('not this one')
  await page.getByRole('button', { name: 'Test these settings' }).click()
  await expect(found('Discovery')).toContainText('Works')
  await expect(found('Client')).toContainText('Fails')
  expect(await api.sso.get()).toMatchObject({ kind: null, lastTest: null })

  await page.getByLabel('Client secret').fill(clientSecret)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('Sign-in settings saved.')).toBeVisible()
  await page.getByRole('button', { name: 'Test these settings' }).click()
  for (const step of ['Discovery', 'Keys', 'Redirect URI', 'Client']) await expect(found(step)).toContainText('Works')
  expect((await api.sso.get()).lastTest).toMatchObject({ ok: true })
})

test('whoever belongs to several accounts chooses one after giving the password, unless they asked for a page', async ({
  page,
}) => {
  const email = 'hiro@example.com'
  const first = await accountOf('First', email)
  await accountOf('Second', email)
  await page.goto(`${program.url}/sign-in`)
  await giveEmail(page, email)
  await page.getByRole('button', { name: 'Use a password instead' }).click()
  await givePassword(page)
  await expect(page.getByRole('heading', { name: 'Choose an account' })).toBeVisible()
  await expect(page.getByRole('link', { name: /Second/ })).toBeVisible()
  await page.getByRole('link', { name: /First/ }).click()
  await expect(page).toHaveURL(new RegExp(`/a/${first.id}`))
})

test('a bookmark of an account that is theirs no longer leads into their own, and shows none under the name of the other', async ({
  page,
}) => {
  const own = await accountOf('Lighthouse', 'ines@example.com')
  const gone = 'acc_0190f5c27d7a7c3e8f00aa11bb22cc33'
  await page.goto(`${program.url}/sign-in`)
  await giveEmail(page, 'ines@example.com')
  await page.getByRole('button', { name: 'Use a password instead' }).click()
  await givePassword(page)
  await expect(page).not.toHaveURL(/sign-in/)
  await page.goto(`${program.url}/a/${gone}/users`)
  await expect(page).toHaveURL(new RegExp(`/a/${own.id}`))
  await expect(page.getByRole('button', { name: 'Lighthouse' }).or(page.getByText('Lighthouse')).first()).toBeVisible()
})

const register = (client_id: string, callback: string) =>
  idp.client({
    client_id,
    client_secret: clientSecret,
    redirect_uris: [`${program.url}/v1/auth/callback${callback}`],
    post_logout_redirect_uris: [`${program.url}/sign-in`],
  })

const apiFor = (accountId?: string) =>
  createClient({
    baseUrl: program.url,
    headers: { authorization: `Bearer ${masterKey}`, ...(accountId && { 'x-account-id': accountId }) },
  })

/** An account with one administrator who has a password. */
const accountOf = async (name: string, email: string) => {
  const body = { name, adminEmail: email, adminName: name, adminPassword: password }
  const { id } = await apiFor().accounts.create({ body })
  await database.query('update users set email_verified_at = now() where email = $1', [email])
  return { id, api: apiFor(id) }
}

type Account = Awaited<ReturnType<typeof accountOf>>
/** The account has a provider of its own, called by its client, for the domain of that name. */
const ownProvider = async ({ id, api }: Account, client: string) => {
  const domain = `${client}.example.com`
  await api.sso.addDomain({ body: { domain } })
  await database.query(`update account_domains set verified_at = now() where domain = $1`, [domain])
  register(client, `/${id}`)
  await api.sso.set({
    body: { kind: 'oidc', name: client, issuer: idp.issuer, clientId: client, clientSecret, enabled: true },
  })
}
const insist = (id: string) =>
  database.query(`update sso_configs set required = true, admin_signed_in_at = now() where account_id = $1`, [id])

const giveEmail = async (page: Page, email: string) => {
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Continue' }).click()
}

const givePassword = async (page: Page) => {
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}
