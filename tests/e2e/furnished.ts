/** An installation in use, made through the API: something to see on every page of the console. */
import { type CockpitClient, createClient } from '@cockpit/client'
import { startMcpServer } from '../gateway/mcp-server.ts'
import type { Program } from './program.ts'

export const masterKey = 'mk_test_0123456789abcdef'
export const administrator = { email: 'ada@example.com', name: 'Ada Lovelace', password: 'correct horse battery' }

/** What an address may name, for the pages of each area. */
export type Ids = Record<'account' | 'platform', Record<string, readonly string[]>> & { accountId: string }

export const furnish = async (program: Program): Promise<Ids> => {
  const as = (account?: string): CockpitClient =>
    createClient({
      baseUrl: program.url,
      headers: { authorization: `Bearer ${masterKey}`, ...(account && { 'x-account-id': account }) },
    })
  const platform = as()
  const code = new URL(program.setupUrl).searchParams.get('code') ?? ''
  await platform.identity.setup({ body: { code, ...administrator } })
  const { id: accountId } = await platform.accounts.create({
    body: { name: 'Analytical Engines', adminEmail: administrator.email },
  })
  const catalog = await offer(platform, ['demo-chat', 'demo-fast'])
  await platform.models.setEligibility({ params: { id: accountId }, body: { mode: 'all', modelIds: [] } })
  await platform.budgets.grant({ params: { id: accountId }, body: { amount: '500', note: 'Start' } })

  const inside = as(accountId)
  const own = await offer(inside, ['house-chat'])
  // nobody answers there, so that letters wait
  await inside.mail.set({ body: { host: 'smtp.example.com', fromAddress: 'ada@example.com', fromName: 'Ada' } })
  const people = await staff(inside)
  const nodeIds = await allocate(inside, people)
  const keys = await issueKeys(inside, people)
  const guardrailId = await guard(inside)
  await inside.guardrailServices.create({
    body: { name: 'Names', kind: 'presidio', url: 'https://presidio.example.com', language: 'en' },
  })
  await inside.cache.create({ body: { scope: { type: 'model', id: own.modelId[0] }, settings: { share: 'team' } } })
  await inside.limits.create({
    body: { scope: { type: 'account' }, limits: { rpm: 600, parallel: 20, perRun: { credits: '5', calls: 50 } } },
  })
  const mcpServerId = await serveTools(inside, people.team)
  for (const prompt of ['Hello', 'What is a difference engine?', 'Name three poets.', 'Write to ada@example.com'])
    await ask(program, keys.secret, 'demo-chat', prompt)
  await ask(program, keys.secret, 'house-chat', 'Not with this key')
  const requestIds = await logged(inside)
  const batchId = await handIn(program, keys.secret)
  const runId = await compare(inside, requestIds[0] ?? null)
  await provision(program, inside)
  await failToSignIn(program)

  const shared = { id: [accountId], requestId: requestIds }
  const events = async (client: CockpitClient) => (await client.audit.list()).items.slice(0, 1).map(({ id }) => id)
  return {
    accountId,
    account: {
      ...shared,
      ...own,
      ...keys.params,
      userId: [people.grace],
      teamId: [people.team],
      serviceAccountId: [people.program],
      nodeId: nodeIds,
      eventId: await events(inside),
      guardrailId: [guardrailId],
      mcpServerId: [mcpServerId],
      runId: [runId],
      batchId,
    },
    platform: { ...shared, ...catalog, eventId: await events(platform) },
  }
}

/** A run of the testing lab that everybody in the account may see. */
const compare = async (inside: CockpitClient, requestId: string | null): Promise<string> => {
  const result = { requestId, status: 'done', truncated: false, reason: 'stop', error: null, firstTokenMs: 40 } as const
  const failed = { requestId: null, status: 'failed', truncated: false, reason: null, firstTokenMs: null } as const
  const error = { code: 'budget.exhausted', message: 'Nothing is left of the budget.' }
  const { id } = await inside.labRuns.create({
    body: {
      template: null,
      system: 'Be brief.',
      prompt: 'What is a difference engine?',
      settings: { temperature: 0.2, topP: null, maxTokens: 100 },
      attachments: [],
      results: [
        { ...result, model: 'demo-chat', answer: 'A machine that tabulates.', durationMs: 900, tokens: null },
        { ...failed, model: 'demo-fast', answer: '', durationMs: 3, tokens: null, error },
      ],
    },
  })
  await inside.labRuns.update({ params: { id }, body: { shared: true, notes: 'The first is right.' } })
  return id
}

/** A guardrail with something of every kind of field. */
const guard = async (inside: CockpitClient): Promise<string> => {
  const on = ['input', 'output'] as ('input' | 'output')[]
  const checks: Parameters<CockpitClient['guardrails']['create']>[0]['body']['checks'] = [
    { kind: 'pii', kinds: ['email', 'iban', 'credit_card'], action: 'mask', on },
    { kind: 'secrets', entropy: true, action: 'block', on },
    { kind: 'patterns', patterns: [{ name: 'employee', pattern: 'EMP-\\d{4,6}' }], action: 'flag', on },
    { kind: 'language', allowed: ['en', 'de'], action: 'log', on },
  ]
  const body = { name: 'Personal data', description: 'What must not leave the company.', checks }
  return (await inside.guardrails.create({ body })).id
}

/** A server with tools of each state but new, for one team, as the gateway finds it after its tools have changed. */
const serveTools = async (inside: CockpitClient, team: string): Promise<string> => {
  const server = await startMcpServer()
  try {
    const { id } = await inside.mcpServers.create({
      body: {
        name: 'workshop',
        title: 'Workshop',
        url: server.url,
        pricePerCall: '0.5',
        access: [{ type: 'team', id: team }],
      },
    })
    const params = { id }
    await inside.mcpServers.setTools({
      params,
      body: {
        tools: [
          { name: 'leak', state: 'blocked' },
          { name: 'slow', pricePerCall: '2' },
        ],
      },
    })
    server.state.description = 'Says it again, and to others'
    await inside.mcpServers.check({ params })
    return id
  } finally {
    await server.close()
  }
}

/** Wrong passwords of somebody, and of nobody. */
const failToSignIn = async ({ url }: Program) => {
  for (const email of [...Array<string>(12).fill('grace@example.com'), 'nobody@example.com'])
    await fetch(`${url}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ email, password: 'not this one' }),
    })
}

/** An identity source with a person, a group, a rule and a refused request. */
const provision = async (program: Program, inside: CockpitClient) => {
  const { secret } = await inside.scim.createToken({ body: { name: 'Entra ID' } })
  const ask = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/scim+json' }
    const answer = await fetch(`${program.url}/scim/v2${path}`, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
    })
    return (await answer.json()) as { id: string }
  }
  const { id } = await ask('POST', '/Users', { userName: 'linus@example.com', displayName: 'Linus' })
  await ask('POST', '/Groups', { displayName: 'Lab Zurich', members: [{ value: id }] })
  await ask('GET', '/Users/nobody')
  await inside.scim.setRules({ body: { items: [{ match: 'Lab *', gives: { kind: 'role', role: 'member' } }] } })
}

/** A demo connection with models of these names. */
const offer = async (client: CockpitClient, names: readonly string[]) => {
  const connection = await client.providers.create({
    body: { name: `Demo of ${names[0]}`, kind: 'demo', healthCheck: { everySeconds: 5, failures: 2 } },
  })
  const modelIds: string[] = []
  for (const name of names) {
    const { id } = await client.models.create({
      body: {
        name,
        deployments: [{ connectionId: connection.id, upstreamModel: 'demo-chat' }],
        prices: { input: '100', output: '400' },
      },
    })
    modelIds.push(id)
  }
  return { connectionId: [connection.id], modelId: modelIds.slice(0, 1) }
}

type People = { org: string; team: string; grace: string; alan: string; program: string }
const staff = async (inside: CockpitClient): Promise<People> => {
  const org = await inside.orgs.create({ body: { name: 'Research' } })
  const team = await inside.teams.create({ body: { name: 'Compilers', orgId: org.id } })
  const join = (name: string) =>
    inside.users.create({
      body: { name, email: `${name.toLowerCase()}@example.com`, password: 'correct horse battery', teamIds: [team.id] },
    })
  const [grace, alan] = [await join('Grace'), await join('Alan')]
  await inside.invites.create({ body: { emails: ['katherine@example.com'], role: 'member', teamIds: [team.id] } })
  const program = await inside.serviceAccounts.create({ body: { name: 'Nightly build', teamId: team.id } })
  await inside.clientCredentials.create({ params: { id: program.id }, body: { name: 'Scheduler' } })
  return { org: org.id, team: team.id, grace: grace.id, alan: alan.id, program: program.id }
}

/** Credits handed down: the pool, an org, its team, and one person with a ceiling. */
const allocate = async (inside: CockpitClient, { org, team, grace }: People): Promise<string[]> => {
  const give = (type: 'org' | 'team' | 'user', id: string, limit: string, mode: 'carve' | 'cap' = 'carve') =>
    inside.budgets.allocate({ body: { scope: { type, id }, limit, mode } })
  const top = await give('org', org, '200')
  await give('team', team, '80')
  const ceiling = await give('user', grace, '5', 'cap')
  return [top.id, ceiling.id]
}

const issueKeys = async (inside: CockpitClient, { grace, program }: People) => {
  const issue = (name: string, kind: 'user' | 'service_account', id: string) =>
    inside.keys.create({ body: { name, owner: { kind, id }, models: ['demo-chat'] } })
  const key = await issue('Notebook', 'user', grace)
  const nightly = await issue('Nightly', 'service_account', program)
  return { secret: key.secret, params: { keyId: [key.id, nightly.id] } }
}

/** One call. A key that was just issued is known to the gateway moments later. */
const ask = async (program: Program, secret: string, model: string, content: string): Promise<void> => {
  await until('the key is not known', async () => {
    const answer = await fetch(`${program.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
    })
    await answer.text()
    return answer.status !== 401 || undefined
  })
}

/** A batch with an answer and a failure, and one whose file is wrong. */
const handIn = async ({ url }: Program, secret: string): Promise<string[]> => {
  const headers = { authorization: `Bearer ${secret}` }
  const line = (custom_id: string, model: string) =>
    JSON.stringify({
      ...{ custom_id, method: 'POST', url: '/v1/chat/completions' },
      body: { model, messages: [{ role: 'user', content: 'Hello' }] },
    })
  const made = async (text: string, name: string): Promise<string> => {
    const form = new FormData()
    form.set('purpose', 'batch')
    form.set('file', new Blob([text]), name)
    const { id: file } = await (await fetch(`${url}/v1/files`, { method: 'POST', headers, body: form })).json()
    const body = JSON.stringify({ input_file_id: file, endpoint: '/v1/chat/completions', completion_window: '24h' })
    const asked = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body }
    const { id } = await (await fetch(`${url}/v1/batches`, asked)).json()
    return id
  }
  const ids = [
    await made([line('a', 'demo-chat'), line('b', 'no-such-model')].join('\n'), 'letters-of-a-week.jsonl'),
    await made('no call', 'wrong.jsonl'),
  ]
  for (const id of ids)
    await until('a batch has not ended', async () => {
      const { status } = await (await fetch(`${url}/v1/batches/${id}`, { headers })).json()
      return status === 'completed' || status === 'failed' || undefined
    })
  return ids
}

/** A call that went through and the one that was refused, once the log has all of them. */
const logged = (inside: CockpitClient): Promise<string[]> =>
  until('the log lacks calls', async () => {
    const { items } = await inside.usage.list()
    const ok = items.filter(({ status }) => status === 'ok')
    const denied = items.find(({ errorCode }) => errorCode?.startsWith('model.'))
    return ok[2] && denied && [ok[2].id, denied.id]
  })

const until = async <T>(otherwise: string, attempt: () => Promise<T | undefined>): Promise<T> => {
  const deadline = Date.now() + 15_000
  for (;;) {
    const found = await attempt()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`After 15 seconds ${otherwise}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
