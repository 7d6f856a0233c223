/**
 * One object of every kind that an account can own, each with the account's canary in what people may write. The sweeps
 * over all routes need one for every prefix of an id in a path: a new noun adds its line here.
 */
import type { CockpitClient } from '@cockpit/client'
import { softwareAuthenticator } from '../../apps/server/src/modules/identity/authenticator.testing.ts'
import { eventually, issueKey, password, signIn, type TestAccount } from './account.ts'
import type { Reachable } from './reach.ts'

/** Ids by their prefix, and the secret of the virtual key. */
export type Objects = { ids: Record<string, string>; keySecret: string }

export const arrangeObjects = async (cockpit: Reachable, account: TestAccount, canary: string): Promise<Objects> => {
  const { api } = account
  const key = await issueKey(cockpit, account, { name: `Key ${canary}` })
  const ids: Record<string, string> = { usr: account.admin.id, key: key.id }
  for (const [prefix, make] of Object.entries(makers))
    ids[prefix] = await make({ cockpit, api, platform: cockpit.as(), account, accountId: account.id, canary, ids })
  ids.req = await callOnce(cockpit, api, key.secret, canary)
  Object.assign(ids, await handIn(cockpit, key.secret, canary))
  ids.evt = first((await api.audit.list()).items)
  return { ids, keySecret: key.secret }
}

type Making = {
  cockpit: Reachable
  api: CockpitClient
  platform: CockpitClient
  account: TestAccount
  accountId: string
  canary: string
  ids: Record<string, string>
}

/** In order: a later one may need an earlier one. */
const makers: Record<string, (making: Making) => Promise<string>> = {
  grt: async ({ platform, accountId, canary }) =>
    (await platform.budgets.grant({ params: { id: accountId }, body: { amount: '1', note: canary } })).id,
  con: async ({ api, canary }) => (await api.providers.create({ body: { name: `Own ${canary}`, kind: 'demo' } })).id,
  mdl: async ({ api, canary, ids }) => {
    const body = {
      name: `own-${canary}`,
      prices: { input: '1', output: '1' },
      deployments: [{ connectionId: ids.con ?? '', upstreamModel: 'demo-chat' }],
    }
    return (await api.models.create({ body })).id
  },
  org: async ({ api, canary }) => (await api.orgs.create({ body: { name: `Org ${canary}` } })).id,
  team: async ({ api, canary }) => (await api.teams.create({ body: { name: `Team ${canary}` } })).id,
  mml: async ({ api, canary }) => {
    // nobody answers there, which is no matter: the letter of the invitation below waits
    await api.mail.set({
      body: {
        host: 'smtp.example.com',
        fromAddress: 'cockpit@example.com',
        fromName: canary,
        user: 'cockpit',
        password,
      },
    })
    const emails = [`written-to-${canary.toLowerCase()}@example.com`]
    await api.invites.create({ body: { emails } })
    return first((await api.mail.messages()).items)
  },
  inv: async ({ api, canary }) =>
    first((await api.invites.create({ body: { emails: [`invited-${canary.toLowerCase()}@example.com`] } })).items),
  sva: async ({ api, canary }) => (await api.serviceAccounts.create({ body: { name: `CI ${canary}` } })).id,
  ccr: async ({ api, canary, ids }) =>
    (await api.clientCredentials.create({ params: { id: ids.sva ?? '' }, body: { name: `Client ${canary}` } })).id,
  adst: async ({ api, canary }) =>
    (await api.audit.createDestination({ body: { name: canary, url: 'https://siem.example.com/cockpit' } })).id,
  exp: async ({ api, canary }) =>
    (await api.exporters.create({ body: { name: canary, kind: 'otlp', url: 'https://otel.example.com' } })).id,
  ahld: async ({ api, canary }) => (await api.audit.createHold({ body: { reason: canary } })).id,
  rol: async ({ api, canary }) =>
    (await api.roles.create({ body: { name: `Role ${canary}`, permissions: ['usage.read_own'] } })).id,
  ras: async ({ api, canary, ids }) => {
    const principal = { kind: 'service_account', id: ids.sva ?? '' } as const
    return (await api.roleAssignments.create({ body: { principal, role: ids.rol as 'member', reason: canary } })).id
  },
  rrq: async ({ cockpit, api, canary }) => {
    const email = `asker-${canary}@example.com`.toLowerCase()
    await api.users.create({ body: { email, name: `Asker ${canary}`, password } })
    const headers = await signIn(cockpit, email)
    const body = { role: 'billing_admin', hours: 1, reason: canary }
    return (JSON.parse((await cockpit.send('POST /v1/role-requests', { headers, body })).text) as { id: string }).id
  },
  grd: async ({ api, canary }) => {
    const check = { kind: 'words', words: [`${canary}-said`], action: 'log', on: ['input'] } as const
    return (
      await api.guardrails.create({
        body: { name: `Guard ${canary}`, checks: [{ ...check, words: [...check.words], on: ['input'] }] },
      })
    ).id
  },
  gds: async ({ api, canary }) =>
    // nobody answers there, which is no matter until a guardrail asks it
    (
      await api.guardrailServices.create({
        body: { name: `Judge ${canary}`, kind: 'presidio', url: 'https://127.0.0.1:9' },
      })
    ).id,
  mcp: async ({ api, canary }) =>
    // nobody answers there, which is no matter: it is connected all the same
    (await api.mcpServers.create({ body: { name: 'tools', title: canary, url: 'https://127.0.0.1:9/mcp' } })).id,
  svw: async ({ api, canary }) =>
    (await api.savedViews.create({ body: { list: 'users', name: canary, search: { q: canary }, hiddenColumns: [] } }))
      .id,
  lab: async ({ api, canary }) => {
    const settings = { temperature: null, topP: null, maxTokens: null }
    const result = { model: 'small', requestId: null, status: 'done', answer: canary, truncated: false } as const
    const figures = { reason: null, error: null, firstTokenMs: null, durationMs: 1, tokens: null }
    const body = { template: null, system: '', prompt: canary, settings, attachments: [] }
    return (await api.labRuns.create({ body: { ...body, results: [{ ...result, ...figures }] } })).id
  },
  dny: async ({ api, canary, ids }) => {
    const subject = { kind: 'service_account', id: ids.sva ?? '' } as const
    return (await api.denyRules.create({ body: { subject, permissions: ['budget.write'], reason: canary } })).id
  },
  dom: async ({ api, canary }) =>
    (await api.sso.addDomain({ body: { domain: `${canary.toLowerCase().replace(/[^a-z0-9]/g, '')}.example.com` } })).id,
  sct: async ({ api, canary }) => (await api.scim.createToken({ body: { name: `Source ${canary}` } })).id,
  psk: async ({ cockpit, api, canary }) => {
    const email = `keeper-${canary}@example.com`.toLowerCase()
    await api.users.create({ body: { email, name: `Keeper ${canary}`, password } })
    const headers = await signIn(cockpit, email)
    const begun = JSON.parse((await cockpit.send('POST /v1/me/passkeys/options', { headers })).text)
    const credential = softwareAuthenticator(cockpit.url).register(begun.options)
    const body = { challenge: begun.challenge, name: `Passkey ${canary}`, credential }
    return (
      JSON.parse((await cockpit.send('POST /v1/me/passkeys', { headers, body })).text) as { passkey: { id: string } }
    ).passkey.id
  },
  bud: async ({ api, ids }) =>
    (await api.budgets.allocate({ body: { scope: { type: 'team', id: ids.team ?? '' }, limit: '1' } })).id,
  cru: async ({ api, ids }) =>
    (await api.cache.create({ body: { scope: { type: 'key', id: ids.key ?? '' }, settings: {} } })).id,
  lim: async ({ api, canary }) =>
    (await api.limits.create({ body: { scope: { type: 'tag', id: canary.toLowerCase() }, limits: { parallel: 9 } } }))
      .id,
  sif: async ({ cockpit, api, account }) => {
    await cockpit.send('POST /v1/sessions', { body: { email: account.email, password: 'not this one' } })
    return first((await api.signInFailures.list()).items)
  },
  // only an installation that is connected to Zitadel can have a run: elsewhere one that never was stands for it
  zrun: async ({ platform, accountId }) =>
    (await platform.zitadel.runs({ params: { id: accountId } })).items[0]?.id ??
    'zrun_0190f5c27d7a7c3e8f00aa11bb22cc34',
}

/** What gateways tell, and what is worked on in turn, comes late on a busy machine. */
const busyMs = 30_000

const callOnce = async (cockpit: Reachable, api: CockpitClient, secret: string, canary: string) => {
  await eventually(async () => {
    const answer = await cockpit.send('POST /v1/chat/completions', {
      // of a run that has a limit, so that it is counted
      headers: { authorization: `Bearer ${secret}`, 'x-cockpit-run-id': canary, 'x-cockpit-run-limit': 'calls=1000' },
      // with what checks of personal data find, where texts are kept
      body: { model: `own-${canary}`, messages: [{ role: 'user', content: `${canary}-said to ada@example.com` }] },
    })
    if (answer.status !== 200) throw new Error(answer.text)
  }, busyMs)
  return eventually(async () => first((await api.usage.list()).items), busyMs)
}

/** A file, and a batch of it that has ended; both are made through the gateway alone. */
const handIn = async (cockpit: Reachable, secret: string, canary: string) => {
  const headers = { authorization: `Bearer ${secret}` }
  const form = new FormData()
  form.set('purpose', 'batch')
  form.set('file', new Blob(['no call']), `${canary}.jsonl`)
  const sent = await fetch(`${cockpit.url}/v1/files`, { method: 'POST', headers, body: form })
  const { id: file } = (await sent.json()) as { id: string }
  const asked = { input_file_id: file, endpoint: '/v1/chat/completions', completion_window: '24h' }
  const made = await cockpit.send('POST /v1/batches', { headers, body: { ...asked, metadata: { note: canary } } })
  const { id: batch } = JSON.parse(made.text) as { id: string }
  await eventually(async () => {
    const { text } = await cockpit.send(`GET /v1/batches/${batch}`, { headers })
    if (JSON.parse(text).status !== 'failed') throw new Error(text)
  }, busyMs)
  return { file, batch }
}

const first = (items: readonly { id: string }[]): string => {
  if (!items[0]) throw new Error('nothing is there yet')
  return items[0].id
}
