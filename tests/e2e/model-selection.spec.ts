import { createClient } from '@cockpit/client'
import { expect, test } from '@playwright/test'
import { type Program, startProgram } from './program.ts'
import { signIn } from './sign-in.ts'

const masterKey = 'mk_test_0123456789abcdef'
const person = { email: 'grace@example.com', password: 'correct horse battery' }

let program: Program
let account: { id: string; secret: string }
test.beforeAll(async () => {
  test.setTimeout(90_000)
  program = await startProgram({ COCKPIT_MASTER_KEY: masterKey })
  account = await openAccount()
})
test.afterAll(() => program?.stop())

test('an account admin narrows the selection and the key loses the model at once', async ({ page }) => {
  await signIn(page, program.url, person)
  await expect(page).toHaveURL(/\/a\/acc_/)
  await page.goto(`${program.url}/a/${account.id}/models`)

  await test.step('before, the key may call both models', async () => {
    expect((await ask('big')).status).toBe(200)
    expect((await ask('small')).status).toBe(200)
    expect(await offered()).toEqual(['big', 'small'])
  })

  await test.step('the effect is said before it is saved', async () => {
    await page.getByRole('switch', { name: 'Select big' }).click({ force: true })
    await expect(page.getByText('1 fewer can be called.')).toBeVisible()
    expect((await ask('big')).status).toBe(200)
    await page.getByRole('button', { name: 'Review and save' }).click()
    const review = page.getByRole('dialog', { name: 'Save the selection?' })
    await expect(review).toContainText('One model can no longer be called')
    await review.getByRole('button', { name: 'Save selection' }).click()
    await expect(page.getByText('Selection saved')).toBeVisible()
  })

  await test.step('within a second the key is refused, with the reason, and keeps the other model', async () => {
    await expect
      .poll(async () => (await ask('big')).code, { timeout: 1_500, intervals: [50] })
      .toBe('model.not_selected')
    expect(await ask('big')).toMatchObject({ status: 403, message: expect.stringContaining('not selected') })
    expect((await ask('small')).status).toBe(200)
    expect(await offered()).toEqual(['small'])
  })

  await test.step('the log explains the refusal and leads back to where it was decided', async () => {
    await page.goto(`${program.url}/a/${account.id}/requests?errorCode=model.not_selected`)
    await page.getByRole('table', { name: 'Requests' }).getByRole('link').first().click()
    const panel = page.getByRole('dialog')
    await expect(panel.getByText("Model 'big' is not selected by this account").first()).toBeVisible()
    const decided = panel.getByRole('listitem').filter({ hasText: 'decides' })
    await expect(decided).toContainText('Selected models')
    await decided.getByRole('link', { name: 'Change' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Models' })).toBeVisible()
  })
})

const headers = () => ({ authorization: `Bearer ${account.secret}`, 'content-type': 'application/json' })

/** One call with the key: how it ended and, if it was refused, why. */
const ask = async (model: string): Promise<{ status: number; code?: string; message?: string }> => {
  const answer = await fetch(`${program.url}/v1/chat/completions`, {
    method: 'POST',
    headers: headers(),
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  })
  const body = (await answer.json()) as { error?: { code: string; message: string } }
  return { status: answer.status, ...body.error }
}

const offered = async (): Promise<string[]> => {
  const answer = await fetch(`${program.url}/v1/models`, { headers: headers() })
  const { data } = (await answer.json()) as { data: { id: string }[] }
  return data.map(({ id }) => id).sort()
}

/** An account with an admin, two models to choose from, credits, and a key. */
const openAccount = async (): Promise<typeof account> => {
  const as = (accountId?: string) =>
    createClient({
      baseUrl: program.url,
      headers: { authorization: `Bearer ${masterKey}`, ...(accountId && { 'x-account-id': accountId }) },
    })
  const platform = as()
  // the first administrator, as on every installation that people use
  const code = new URL(program.setupUrl).searchParams.get('code') ?? ''
  await platform.identity.setup({ body: { code, email: 'ada@example.com', name: 'Ada', password: person.password } })
  const { id } = await platform.accounts.create({
    body: { name: 'Grace & Co', adminEmail: person.email, adminName: 'Grace', adminPassword: person.password },
  })
  const connection = await platform.providers.create({ body: { name: 'Demo', kind: 'demo' } })
  for (const name of ['big', 'small'])
    await platform.models.create({
      body: {
        name,
        deployments: [{ connectionId: connection.id, upstreamModel: 'demo-chat' }],
        prices: { input: '1', output: '2' },
      },
    })
  await platform.models.setEligibility({ params: { id }, body: { mode: 'all', modelIds: [] } })
  await platform.budgets.grant({ params: { id }, body: { amount: '100' } })
  const inside = as(id)
  const { items } = await inside.users.list()
  const key = await inside.keys.create({ body: { name: 'Program', owner: { kind: 'user', id: items[0]?.id ?? '' } } })
  return { id, secret: key.secret }
}
