import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import OpenAI from 'openai'
import { type Program, startProgram } from './program.ts'

test.use({ timezoneId: 'America/New_York' })

let program: Program
test.beforeAll(async () => {
  test.setTimeout(90_000)
  program = await startProgram()
})
test.afterAll(() => program?.stop())

test('a newcomer goes from an empty installation to the trace of their first call', async ({ page }) => {
  test.setTimeout(120_000)

  await test.step('the address from the terminal brings the code along', async () => {
    await page.goto(program.setupUrl)
    await expect(page.getByLabel('Set-up code')).toHaveValue(new URL(program.setupUrl).searchParams.get('code') ?? '')
    await page.getByLabel('E-mail').fill('ada@example.com')
    await page.getByLabel('Your name').fill('Ada Lovelace')
    await page.getByRole('textbox', { name: 'Password' }).fill('too short')
    await press(page, 'Create administrator')
    await expect(page.getByText('must have at least 12 characters').first()).toBeVisible()
    await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery')
    await press(page, 'Create administrator')
  })

  await test.step('the account gets the time zone of the browser', async () => {
    await expectStep(page, 'Account')
    await expect(page.getByRole('combobox', { name: 'Time zone' })).toHaveValue('America/New York')
    await page.getByLabel('Name').fill('Analytical Engines')
    await press(page, 'Create account')
  })

  await test.step('a provider that does not answer is refused with the reason', async () => {
    await expectStep(page, 'Provider')
    await page.getByText('OpenAI-compatible', { exact: true }).click()
    await page.getByLabel('Name').fill('Nobody')
    // nothing listens on the discard port
    await page.getByLabel('Base URL').fill('http://127.0.0.1:9/v1')
    await press(page, 'Connect')
    await expect(page.getByText('Nothing listens at 127.0.0.1:9')).toBeVisible()
  })

  await test.step('every provider that is known can be the first, and brings its address along', async () => {
    await page.getByText('Another provider', { exact: true }).click()
    await page.getByRole('combobox', { name: 'Which provider' }).click()
    await page.getByRole('option', { name: 'Mistral', exact: true }).click()
    await expect(page.getByLabel('Base URL')).toHaveValue(/^https:\/\/api\.mistral\.ai/)
    await press(page, 'Connect')
    await expect(page.getByText('is required').first()).toBeVisible()
    await page.getByRole('combobox', { name: 'Which provider' }).click()
    await page.getByRole('option', { name: 'Ollama', exact: true }).click()
    await page.getByLabel('Base URL').fill('http://127.0.0.1:9')
    // a model server of one's own needs no key
    await press(page, 'Connect')
    await expect(page.getByText('Nothing listens at 127.0.0.1:9')).toBeVisible()
    await page.getByText('Demo model', { exact: true }).click()
    await press(page, 'Start with the demo model')
  })

  await test.step('the models of the provider are there to choose, with prices to set', async () => {
    await expectStep(page, 'Models')
    await expect(page.getByText('demo-chat').first()).toBeVisible()
    await page.getByLabel('Input').first().fill('2')
    await page.getByLabel('Output').first().fill('10')
    await press(page, 'Add models')
  })

  await test.step('set-up goes on where it was after a reload', async () => {
    await expectStep(page, 'Credits')
    await page.reload()
    await expectStep(page, 'Credits')
    await page.getByLabel('Credits for each month').fill('250')
    await press(page, 'Grant credits')
  })

  await test.step('the key is shown once', async () => {
    await expectStep(page, 'Key')
    await page.getByLabel('Name').fill('First program')
    await press(page, 'Issue key')
    await expectStep(page, 'First request')
    await expect(page.getByText('Waiting for the first request')).toBeVisible()
    await expectAccessible(page)
  })

  const call = await test.step('the snippet works in the hands of the official SDK', async () => {
    await page.getByRole('tab', { name: 'OpenAI · Node' }).click()
    const snippet = await page.getByRole('tabpanel').textContent()
    const client = new OpenAI({ baseURL: quoted(snippet, 'baseURL'), apiKey: quoted(snippet, 'apiKey') })
    const { data, request_id } = await client.chat.completions
      .create({ model: quoted(snippet, 'model'), messages: [{ role: 'user', content: 'Say hello.' }] })
      .withResponse()
    expect(data.choices[0]?.message.content).toContain('simulated')
    return { id: request_id ?? '', usage: data.usage }
  })

  await test.step('the wait turns into the trace of that call', async () => {
    await expect(page.getByText('Your first request went through')).toBeVisible()
    expect(page.url()).toContain(call.id)
    const tokens = `${call.usage?.prompt_tokens} / ${call.usage?.completion_tokens}`
    await expect(page.getByText(tokens)).toBeVisible()
    // 2 and 10 dollars for a million tokens, one credit for a dollar
    const credits = ((call.usage?.prompt_tokens ?? 0) * 2 + (call.usage?.completion_tokens ?? 0) * 10) / 1_000_000
    await expect(page.getByText(String(credits), { exact: true })).toBeVisible()
    await expect(page.getByRole('region', { name: 'Where the time went' })).toContainText('Reserve credits')
    await expect(page.getByText('Why it was allowed')).toBeVisible()
    await expect(page.getByText(/of 250 credits left/)).toBeVisible()
    await expectAccessible(page)
    await page.reload()
    await expect(page.getByText('Your first request went through')).toBeVisible()
  })

  await test.step('the finished wizard leads to the overview and is over', async () => {
    await page.getByRole('link', { name: 'Go to the overview' }).click()
    await expect(page).toHaveURL(/\/a\/acc_[0-9a-z]+\/overview/)
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
    await page.goto(`${program.url}/setup`)
    await expect(page).toHaveURL(/\/a\/acc_/)
  })
})

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

const expectStep = (page: Page, name: string) =>
  expect(page.getByRole('list', { name: 'Progress' }).locator('[aria-current="step"]')).toContainText(name)

const expectAccessible = async (page: Page) => {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([])
}

/** The text a snippet gives to a name: `baseURL: 'http://…'`. */
const quoted = (snippet: string | null, name: string): string =>
  new RegExp(`${name}: '([^']+)'`).exec(snippet ?? '')?.[1] ?? ''
