import { createClient } from '@cockpit/client'
import { expect, type Page, test } from '@playwright/test'
import { administrator, furnish, masterKey } from './furnished.ts'
import { type Program, startProgram } from './program.ts'
import { signIn } from './sign-in.ts'

let program: Program
let accountId: string
test.beforeAll(async () => {
  test.setTimeout(120_000)
  program = await startProgram({ COCKPIT_MASTER_KEY: masterKey })
  accountId = (await furnish(program)).accountId
})
test.afterAll(() => program?.stop())

test('a rule of the cache is added, changed, cleared and removed in the console', async ({ page }) => {
  const api = createClient({
    baseUrl: program.url,
    headers: { authorization: `Bearer ${masterKey}`, 'x-account-id': accountId },
  })
  const embedder = await offerEmbedder()
  const rules = async () => (await api.cache.list()).items
  await signIn(page, program.url, administrator)
  await page.goto(`${program.url}/a/${accountId}/cache`)
  await expect(page.getByText('Model house-chat')).toBeVisible()

  await page.getByRole('button', { name: 'Add rule' }).click()
  const form = page.getByRole('dialog')
  await choose(page, 'Requests', 'With one key')
  await form.getByRole('button', { name: 'Add rule' }).click()
  await expect(form.getByText('is required').first()).toBeVisible()
  await choose(page, 'Which key', 'Notebook')
  await form.getByRole('textbox', { name: 'Lifetime', exact: true }).fill('2')
  await choose(page, 'Unit', 'Days')
  await form.getByRole('button', { name: 'Add rule' }).click()
  await expect(page.getByText('Key Notebook')).toBeVisible()
  const settings = {
    mode: 'exact',
    ttlSeconds: 172_800,
    answerBytesMax: 262_144,
    share: 'key',
    only: 'deterministic',
    similar: null,
  }
  expect((await rules())[0]).toMatchObject({ scope: { type: 'key', name: 'Notebook' }, settings, generation: 0 })

  await act(page, 'Key Notebook', 'Edit')
  await choose(page, 'Shared within', 'The whole account')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form).toBeHidden()
  expect((await rules())[0]?.settings).toEqual({ ...settings, share: 'account' })

  await act(page, 'Key Notebook', 'Edit')
  await choose(page, 'Answers', 'Questions that mean the same, too')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form.getByText('is required').first()).toBeVisible()
  await choose(page, 'Compared by', embedder)
  await form.getByRole('textbox', { name: 'Alike at least' }).fill('97.5')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form).toBeHidden()
  const similar = { modelId: expect.any(String), threshold: 0.975 }
  expect((await rules())[0]?.settings).toEqual({ ...settings, share: 'account', similar })
  await expect(page.getByText('Every same request, or 97.5 % alike')).toBeVisible()

  await act(page, 'Key Notebook', 'Clear')
  await form.getByRole('button', { name: 'Clear', exact: true }).click()
  await expect(page.getByText('Cache cleared.')).toBeVisible()
  expect((await rules())[0]?.generation).toBe(1)

  for (const name of ['Key Notebook', 'Model house-chat']) {
    await act(page, name, 'Remove')
    await form.getByRole('button', { name: 'Remove', exact: true }).click()
    await expect(page.getByText(name, { exact: true })).toBeHidden()
  }
  await expect(page.getByText('No answer is kept')).toBeVisible()
  expect(await rules()).toEqual([])
})

/** A model that says what texts mean, for the account. */
const offerEmbedder = async (): Promise<string> => {
  const platform = createClient({ baseUrl: program.url, headers: { authorization: `Bearer ${masterKey}` } })
  const [connection] = (await platform.providers.list()).items
  const { id, name } = await platform.models.create({
    body: {
      name: 'house-meaning',
      capabilities: ['embeddings'],
      deployments: [{ connectionId: connection?.id ?? '', upstreamModel: 'demo-embedding' }],
      prices: { input: '1', output: '0' },
    },
  })
  const params = { id: accountId }
  const { modelIds } = await platform.models.eligibility({ params })
  await platform.models.setEligibility({ params, body: { mode: 'list', modelIds: [...modelIds, id] } })
  return name
}

const act = async (page: Page, name: string, what: string) => {
  await page.getByRole('button', { name: `Acts on the rule of ${name}` }).click()
  await page.getByRole('menuitem', { name: what }).click()
}

const choose = async (page: Page, label: string, option: string) => {
  await page.getByRole('dialog').getByLabel(label).first().click()
  await page.getByRole('option', { name: option, exact: true }).click()
}
