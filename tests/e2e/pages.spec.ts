import { readFileSync } from 'node:fs'
import path from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { newSeal } from '../../packages/client/src/break-glass-seal.ts'
import { administrator, furnish, type Ids, masterKey } from './furnished.ts'
import { type Program, startProgram } from './program.ts'
import { signIn } from './sign-in.ts'

// two hundred pages are not worth filming
test.use({ trace: 'off', screenshot: 'off' })

let program: Program
let ids: Ids
let cookies: Awaited<ReturnType<BrowserContext['cookies']>>
test.beforeAll(async ({ browser }) => {
  test.setTimeout(120_000)
  program = await startProgram({ COCKPIT_MASTER_KEY: masterKey, COCKPIT_BREAK_GLASS: newSeal().seal })
  ids = await furnish(program)
  const context = await browser.newContext()
  await signIn(await context.newPage(), program.url, administrator)
  cookies = await context.cookies()
  await context.close()
})
test.afterAll(() => program?.stop())

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1440, 375])
    test(`every page is whole and accessible, ${colorScheme}, ${width} px wide`, async ({ browser }) => {
      test.setTimeout(360_000)
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 900 },
        reducedMotion: 'reduce',
      })
      const page = await context.newPage()
      const faults: string[] = []
      const heard = listen(page)
      const visit = async (address: string) => {
        await go(page, address)
        for (const fault of [...(await faultsOf(page)), ...heard.splice(0)]) faults.push(`${address}: ${fault}`)
      }
      for (const address of ['/sign-in', ...addresses('bare')]) await visit(address)
      // these ask who is signed in, and the browser writes the answer "nobody" down as an error
      faults.splice(
        0,
        faults.length,
        ...faults.filter((fault) => !/^\/(setup|choose-account|secure): .* 401 /.test(fault)),
      )
      await context.addCookies(cookies)
      for (const address of [...addresses('account'), ...addresses('platform')]) await visit(address)
      await context.close()
      expect(faults).toEqual([])
    })

test('whoever asked for less motion sees every text change colour at once', async ({ browser }) => {
  const context = await browser.newContext({ colorScheme: 'light', reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(`${program.url}/sign-in`)
  await expect(page.getByText('E-mail')).toBeVisible()
  const colours = await page.evaluate(() => {
    const now = (selector: string) => getComputedStyle(document.querySelector(selector) ?? document.body).color
    const before = now('label')
    document.documentElement.dataset.mantineColorScheme = 'dark'
    return { before, heading: now('h1'), label: now('label') }
  })
  await context.close()
  expect(colours.label).not.toBe(colours.before)
  expect(colours.label).toBe(colours.heading)
})

test('the API reference keeps to its content security policy', async ({ page }) => {
  const heard = listen(page)
  await page.goto(`${program.url}/docs`)
  await expect(page.getByRole('heading', { level: 1, name: 'Cockpit' })).toBeVisible()
  expect(heard).toEqual([])
})

/** What the page complained about: errors of scripts, of the console, and of the content security policy. */
const listen = (page: Page): string[] => {
  const heard: string[] = []
  page.on('pageerror', (error) => heard.push(`threw ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') heard.push(`console: ${message.text()}`)
  })
  return heard
}

/** The first address loads the program; from there on the page changes as a link in it would change it. */
const go = async (page: Page, address: string) => {
  if (!page.url().startsWith(`${program.url}/${address.split('/')[1]}`)) await page.goto(program.url + address)
  else await page.evaluate((to) => history.pushState(null, '', to), address)
}

const faultsOf = async (page: Page): Promise<string[]> => {
  try {
    await page.waitForFunction(settled, undefined, { timeout: 10_000, polling: 50 })
  } catch {
    return ['did not settle on a heading']
  }
  const shown = await page.evaluate(() => ({
    failed: document.querySelector('.ck-empty[role="alert"]')?.textContent,
    overflow: document.documentElement.scrollWidth - window.innerWidth,
  }))
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  return [
    ...(shown.failed ? [`shows the error ${shown.failed}`] : []),
    ...(shown.overflow > 0 ? [`is ${shown.overflow} px too wide`] : []),
    ...violations.map(({ id, nodes }) => `${id} ${nodes.map(described).join(' | ')}`),
  ]
}

/** Which element, and by what figures: the colours of a contrast, the size of a target. */
const described = ({ target, any }: AxeNode): string =>
  `${target.join(' ')} ${any.map(({ message }) => message).join(', ')}`

type AxeNode = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'][number]['nodes'][number]

/** The router has arrived, the page has a title, and nothing on it still loads. */
const settled = () => {
  const router: unknown = Reflect.get(window, '__TSR_ROUTER__')
  const { state } = router as { state: { status: string; resolvedLocation?: { pathname: string } } }
  return (
    state.status === 'idle' &&
    state.resolvedLocation?.pathname === location.pathname &&
    Boolean(document.querySelector('h1')?.textContent?.trim()) &&
    !document.querySelector('.ck-skeleton')
  )
}

/** What an address may name that is no id. */
const tabs: Record<string, readonly string[]> = {
  'keys/$keyId/$tab': ['access', 'requests', 'settings'],
  'people/$userId/$tab': ['keys', 'usage', 'permissions', 'sessions', 'activity', 'settings'],
  'accounts/$id/$tab': ['settings', 'models', 'grants', 'zitadel', 'audit'],
}

/** Every address of an area, read from the console's own table: a new page is visited because it is there. */
const addresses = (area: 'bare' | 'account' | 'platform'): string[] => {
  const source = readFileSync(path.resolve(import.meta.dirname, '../../apps/console/src/app/pages.ts'), 'utf8')
  const entries = [...source.matchAll(/path: '([^']+)',\s+areas: \[([^\]]+)\]/g)]
  expect(entries).toHaveLength(source.split('load: ').length - 1)
  const base = { bare: '', account: `/a/${ids.accountId}`, platform: '/platform' }[area]
  return entries
    .filter(([, , areas]) => areas?.includes(`'${area}'`))
    .flatMap(([, entry = '']) => filled(entry, area === 'bare' ? {} : { ...ids[area], tab: tabs[entry] ?? [] }))
    .map((address) => `${base}/${address}`)
}

const filled = (address: string, values: Record<string, readonly string[]>): string[] => {
  const name = /\$(\w+)/.exec(address)?.[1]
  if (!name) return [address]
  const found = values[name] ?? []
  if (found.length === 0) throw new Error(`The page ${address} needs a value for ${name} here`)
  return found.flatMap((value) => filled(address.replace(`$${name}`, value), values))
}
