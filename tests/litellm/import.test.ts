/** The way over from LiteLLM: what its configuration and its database say is here afterwards, and its keys go on. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Report } from '../../packages/client/src/litellm/index.ts'
import { openAccount, type TestAccount } from '../support/account.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { answer, startUpstream, type Upstream } from '../upstreams/index.ts'
import { configText, liteLlmKeys, startLiteLlmDatabase } from './stage.ts'

const keys = liteLlmKeys()
const directory = mkdtempSync(path.join(tmpdir(), 'cockpit-litellm-'))
const config = path.join(directory, 'config.yaml')
let cockpit: TestCockpit
let acme: TestAccount
let upstream: Upstream
let litellm: Awaited<ReturnType<typeof startLiteLlmDatabase>>

beforeAll(async () => {
  cockpit = await startCockpit()
  acme = await openAccount(cockpit)
  upstream = await startUpstream(answer({ text: 'Hi.', usage: { input: 10, output: 20 } }))
  // closed with the salt key of `run`, by Python's cryptography
  const model = 'v3:gcm:AAECAwQFBgcICQoLz-NOpe5veZnNkL5psn6CZO9KT-hW9-T12x5VHA=='
  litellm = await startLiteLlmDatabase(keys, acme.tag, [
    ['stored', { model, api_base: 'https://r.openai.azure.com', api_key: 'plain-key', input_cost_per_token: 1e-6 }],
  ])
  writeFileSync(config, configText(upstream.baseUrl))
})
afterAll(async () => {
  await cockpit?.stop()
  await litellm?.close()
  await upstream?.close()
  rmSync(directory, { recursive: true, force: true })
})

const cli = new URL('../../packages/client/src/cli.ts', import.meta.url).pathname
const run = async (...options: string[]): Promise<Report> => {
  const words = ['import', 'litellm', '--config', config, '--database', litellm.url, '--account', acme.id, '--json']
  const env = {
    ...process.env,
    COCKPIT_URL: cockpit.url,
    COCKPIT_TOKEN: masterKey,
    UPSTREAM_KEY: 'sk-upstream',
    LITELLM_SALT_KEY: 'sk-salt-of-the-test',
  }
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...words, ...options], { env })
  return JSON.parse(stdout) as Report
}
const linesOf = ({ lines }: Report, kind: string) =>
  Object.fromEntries(lines.filter((line) => line.kind === kind).map(({ name, outcome }) => [name, outcome]))
const notesOf = ({ lines }: Report, name: string) =>
  lines
    .filter((line) => line.name === name)
    .flatMap(({ notes }) => notes)
    .join(' ')
const events = async () => (await acme.api.audit.list({ query: { limit: 1 } })).items[0]?.id

let first: Report

test('a dry run says what would come and changes nothing', async () => {
  const before = await events()
  const report = await run()
  expect(report.dryRun).toBe(true)
  expect(linesOf(report, 'model')).toMatchObject({ cheap: 'to_create', premium: 'to_create', 'azure-gpt': 'left_out' })
  expect(linesOf(report, 'key')).toMatchObject({ 'Ada laptop': 'to_create', Blocked: 'left_out', Old: 'left_out' })
  expect([await events(), (await acme.api.teams.list()).total]).toEqual([before, 0])
})

test('applied, what maps is here, and what does not says why', async () => {
  first = await run('--apply')
  expect(first.lines.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  expect(linesOf(first, 'model')).toEqual({
    cheap: 'created',
    premium: 'created',
    unpriced: 'created',
    stored: 'created',
    'gpt-3.5-turbo': 'created',
    'azure-gpt': 'left_out',
    everything: 'left_out',
  })
  expect(notesOf(first, 'cheap')).toContain('`temperature` is not carried over')
  expect(notesOf(first, 'cheap')).toContain("'nowhere' is no model")
  expect(notesOf(first, 'unpriced')).toContain('price is not known')
  expect(first.lines.some(({ kind, notes }) => kind === 'connection' && notes.join().includes('NOT_SET_HERE'))).toBe(
    true,
  )
  expect(linesOf(first, 'guardrail')).toEqual({ pii: 'created', lakera: 'left_out' })
  expect(linesOf(first, 'setting')['litellm_settings.success_callback']).toBe('left_out')
  expect(notesOf(first, 'pii')).toContain('PERSON')
  expect(linesOf(first, 'end user')).toEqual({ 'customer-1': 'left_out' })
  expect(linesOf(first, 'user')).toEqual({ [`ada-${acme.tag}@example.com`]: 'created', 'u-nobody': 'left_out' })
  expect(linesOf(first, 'team')).toEqual({ Support: 'created', 'Support team-b': 'created', Closed: 'created' })
})

test('models have their deployments, prices, route and state', async () => {
  const models = new Map(
    (await acme.api.models.list({ query: { limit: 100 } })).items.map((model) => [model.name, model]),
  )
  expect(models.get('cheap')).toMatchObject({
    status: 'active',
    price: { prices: { input: '1.00', output: '2.00' } },
    deployments: [{ upstreamModel: 'upstream-cheap' }, { upstreamModel: 'upstream-cheap-2' }],
  })
  expect(models.get('unpriced')?.status).toBe('disabled')
  const { route } = await acme.api.routing.get({ params: { id: models.get('cheap')?.id ?? '' } })
  expect(route).toMatchObject({
    strategy: 'lowest_latency',
    breaker: { failures: 2, coolMs: 60_000 },
    deployments: [
      { tier: 0, weight: 3, perMinuteMax: 500 },
      { tier: 1, weight: 1 },
    ],
    fallbacks: [{ model: 'premium', on: ['error', 'rate_limit', 'timeout', 'context_length'] }],
  })
  const [rule] = (await acme.api.cache.list()).items
  expect(rule).toMatchObject({ scope: { type: 'account' }, settings: { mode: 'asked', ttlSeconds: 600 } })
})

test('teams and people have their place, their limits and a ceiling for their dollars', async () => {
  const [support] = (await acme.api.teams.list({ query: { q: 'Support' } })).items.filter(
    ({ name }) => name === 'Support',
  )
  expect(support).toMatchObject({
    orgName: 'Research',
    limits: { rpm: 600, tpm: null },
    description: 'LiteLLM team team-a',
  })
  const [ada] = (await acme.api.users.list({ query: { q: `ada-${acme.tag}` } })).items
  expect(ada).toMatchObject({ name: 'Ada', role: 'member', teams: [{ id: support?.id }] })
  const { nodes } = await acme.api.budgets.overview()
  const limits = Object.fromEntries(nodes.map(({ scope, mode, limit }) => [scope.name, [mode, limit]]))
  expect(limits).toMatchObject({ Research: ['cap', '500'], Support: ['cap', '25.5'], Ada: ['cap', '10'] })
})

test('keys go on with the secrets their programs have, within what they were allowed', async () => {
  const models = async (secret: string) => {
    const { status, text } = await cockpit.send('GET /v1/models', { headers: { authorization: `Bearer ${secret}` } })
    return status === 200 ? (JSON.parse(text) as { data: { id: string }[] }).data.map(({ id }) => id).sort() : status
  }
  // no list of its own: that of the team
  expect(await models(keys.ada)).toEqual(['cheap', 'premium'])
  expect(await models(keys.bot)).toEqual(['cheap'])
  expect(await models(keys.stranger)).toEqual(['cheap', 'gpt-3.5-turbo', 'premium', 'stored'])
  expect([await models(keys.blocked), await models(keys.expired)]).toEqual([401, 401])
  const said = await cockpit.send('POST /v1/chat/completions', {
    headers: { authorization: `Bearer ${keys.bot}` },
    body: { model: 'cheap', messages: [{ role: 'user', content: 'Hello' }] },
  })
  expect([said.status, said.text]).toEqual([200, expect.stringContaining('choices')])
  const found = new Map((await acme.api.keys.list()).items.map((key) => [key.name, key]))
  expect(found.get('Ada laptop')).toMatchObject({ owner: { kind: 'user', name: 'Ada' }, limits: { rpm: 120 } })
  expect(found.get('Of nobody')?.owner).toMatchObject({ kind: 'service_account', name: 'LiteLLM keys of Support' })
  expect(notesOf(first, 'Nightly bot')).toContain('gone-model')
  expect(notesOf(first, 'Nightly bot')).toContain('3 USD')
  const [limit] = (await acme.api.limits.list({ query: { type: 'key' } })).items
  expect(limit).toMatchObject({ scope: { id: found.get('Nightly bot')?.id }, limits: { parallel: 4 } })
})

// T89
test('a second run changes nothing, also after somebody gave a team another name', async () => {
  const [team] = (await acme.api.teams.list({ query: { q: 'team-b' } })).items
  await acme.api.teams.update({ params: { id: team?.id ?? '' }, body: { name: 'Renamed' } })
  const before = await events()
  const second = await run('--apply')
  expect(second.counts).toEqual({ exists: first.counts.created, left_out: first.counts.left_out })
  expect(await events()).toBe(before)
})

test('an import into one account leaves no trace in another', async () => {
  const other = await openAccount(cockpit)
  const totals = await Promise.all([
    other.api.teams.list(),
    other.api.keys.list(),
    other.api.orgs.list(),
    other.api.serviceAccounts.list(),
    other.api.providers.list(),
  ])
  expect(totals.map(({ total }) => total)).toEqual([0, 0, 1, 0, 0])
  expect((await other.api.models.list()).items.filter(({ name }) => name === 'cheap')).toEqual([])
})

test('what cannot be read is said in a sentence', async () => {
  const missing = promisify(execFile)(process.execPath, [cli, 'import', 'litellm', '--config', '/nowhere.yaml'])
  await expect(missing).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('/nowhere.yaml') })
  await expect(promisify(execFile)(process.execPath, [cli, 'import', 'litellm'])).rejects.toMatchObject({ code: 2 })
})
