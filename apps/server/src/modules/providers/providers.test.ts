import { describe, expect, test } from 'vitest'
import { createSealing, newId } from '../../platform/index.ts'
import { eventsOf, superCtx, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { type ConnectionSettings, createProviders, isLoopback, providerHandlers } from './index.ts'

const database = await testDatabase()
const { db, query } = database
const secrets = createSealing(Buffer.alloc(32, 7))
const asked: ConnectionSettings[] = []
const now = () => new Date()
const providersWith = (allowPrivateTargets: boolean) =>
  createProviders({
    db,
    now,
    secrets,
    allowPrivateTargets,
    async testConnection(settings) {
      asked.push(settings)
      const ok = settings.secret !== 'sk-wrong'
      return {
        ok,
        latencyMs: ok ? 12 : null,
        reason: ok ? null : 'The provider refused the key (401).',
        models: ok ? ['gpt-5'] : [],
        note: null,
      }
    },
  })
const providers = providersWith(false)
const front = testFront(providerHandlers(providers))
const company = async (name?: string) => {
  const accountId = await testAccount(database, name)
  return { accountId, ctx: testCtx(accountId), ...front.as(testCtx(accountId)) }
}
const openai = { name: 'OpenAI', kind: 'openai', secret: 'sk-proj-0123456789abcdef' }
const azure = { kind: 'azure', baseUrl: 'https://acme.openai.azure.com', secret: 'k'.repeat(32) }
const wrongFields = (body: { errors: { pointer: string }[] }) => body.errors.map(({ pointer }) => pointer)

describe('the key of a provider', () => {
  // T94
  test('is never shown and never stored or told in the clear', async () => {
    const acme = await company()
    const made = await acme.send('POST /v1/provider-connections', openai)
    expect(made.body).toMatchObject({
      ownedBy: 'account',
      baseUrl: 'https://api.openai.com/v1',
      secret: { masked: '****cdef' },
    })
    const everything = [
      made,
      await acme.send('GET /v1/provider-connections'),
      await acme.send(`GET /v1/provider-connections/${made.body.id}`),
    ]
    expect(JSON.stringify(everything)).not.toContain(openai.secret)
    const rows = await query('select c::text from provider_connections c where account_id = $1', [acme.accountId])
    const story = await query('select e::text from events e where account_id = $1', [acme.accountId])
    expect(JSON.stringify([rows, story])).not.toContain(openai.secret)
  })

  test('opens in its own row only', async () => {
    const acme = await company()
    await acme.send('POST /v1/provider-connections', openai)
    const [slice] = await db.tenant(acme.ctx, (tx) => providers.sliceConnections(tx))
    expect(secrets.open(slice?.sealedSecret ?? '', slice?.secretContext ?? '')).toBe(openai.secret)
    expect(() => secrets.open(slice?.sealedSecret ?? '', `other|${slice?.id}|secret`)).toThrow()
  })

  test('stays when its masked value comes back, and is replaced by any other', async () => {
    const acme = await company()
    const { id, secret } = (await acme.send('POST /v1/provider-connections', openai)).body
    const line = `PATCH /v1/provider-connections/${id}`
    expect((await acme.send(line, { name: 'Renamed', secret: secret.masked })).body).toMatchObject({
      name: 'Renamed',
      secret,
    })
    const replaced = (await acme.send(line, { secret: 'sk-another-0123456789' })).body.secret
    expect(replaced.fingerprint).not.toBe(secret.fingerprint)
    await acme.send(`POST /v1/provider-connections/${id}/test`)
    expect(asked.at(-1)?.secret).toBe('sk-another-0123456789')
  })

  test('does not follow an address to another host', async () => {
    const acme = await company()
    const { id } = (await acme.send('POST /v1/provider-connections', openai)).body
    const line = `PATCH /v1/provider-connections/${id}`
    const stolen = await acme.send(line, { baseUrl: 'https://collect.example.org/v1' })
    expect([stolen.status, wrongFields(stolen.body)]).toEqual([400, ['/secret']])
    expect((await acme.send(line, { baseUrl: 'https://api.openai.com/v2/' })).body.baseUrl).toBe(
      'https://api.openai.com/v2',
    )
    const moved = await acme.send(line, { baseUrl: 'https://eu.example.org/v1', secret: 'sk-for-the-other-host' })
    expect(moved.body.baseUrl).toBe('https://eu.example.org/v1')
  })
})

describe('the address', () => {
  test.each([
    ['https://llm.example.com/v1/', 'openai-compatible', 'https://llm.example.com/v1'],
    ['https://api.anthropic.com/v1/', 'anthropic', 'https://api.anthropic.com'],
    [undefined, 'anthropic', 'https://api.anthropic.com'],
    [undefined, 'mistral', 'https://api.mistral.ai/v1'],
    ['https://acme.openai.azure.com/openai/v1/', 'azure', 'https://acme.openai.azure.com'],
    ['https://acme.openai.azure.com/openai/deployments/chat', 'azure', 'https://acme.openai.azure.com'],
    ['https://gate.example.com/openai/', 'azure', 'https://gate.example.com'],
  ])('%s of kind %s is kept as %s', async (baseUrl, kind, kept) => {
    const made = await (await company()).send('POST /v1/provider-connections', { ...openai, kind, baseUrl })
    expect([made.status, made.body.baseUrl]).toEqual([201, kept])
  })

  test.each([
    'http://127.0.0.1:11434/v1',
    'http://localhost:8080/v1',
    'http://[::1]/v1',
    'http://[::ffff:10.0.0.1]/v1',
    'http://169.254.169.254/latest',
    'http://2130706433/v1',
    'https://key@api.openai.com/v1',
    'https://api.openai.com/v1?key=1',
  ])('%s is refused for an account', async (baseUrl) => {
    const answer = await (await company()).send('POST /v1/provider-connections', {
      ...openai,
      kind: 'openai-compatible',
      baseUrl,
    })
    expect([answer.status, wrongFields(answer.body)]).toEqual([400, ['/baseUrl']])
  })

  test('inside the own network is for the platform, and for accounts of an installation that allows it', async () => {
    const local = { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:11434/v1' }
    const platform = await front
      .as(superCtx())
      .send('POST /v1/provider-connections', { ...local, name: newId('p', now()) })
    expect(platform.body).toMatchObject({ ownedBy: 'platform', baseUrl: local.baseUrl })
    const open = testFront(providerHandlers(providersWith(true))).as(testCtx(await testAccount(database)))
    expect((await open.send('POST /v1/provider-connections', { ...local, name: 'Ollama' })).status).toBe(201)
    await open.send('POST /v1/provider-connections/test', { ...local, name: 'Ollama' })
    expect(asked.at(-1)?.privateTargets).toBe(true)
  })
})

describe('a kind', () => {
  test.each([
    ['without an address of its own', { kind: 'azure', secret: 'k' }, ['/baseUrl']],
    ['of a hosted service', { kind: 'groq' }, ['/secret']],
    ['of an own server', { kind: 'ollama' }, ['/baseUrl']],
    [
      'that has no such option',
      { kind: 'groq', secret: 'k', options: { apiVersion: '2024-10-21' } },
      ['/options/apiVersion'],
    ],
    ['with an option of another form', { ...azure, options: { apiVersion: 'latest' } }, ['/options/apiVersion']],
  ])('%s names the field at fault', async (_, body, fields) => {
    const answer = await (await company()).send('POST /v1/provider-connections', { name: 'Some', ...body })
    expect([answer.status, wrongFields(answer.body)]).toEqual([400, fields])
  })

  test('keeps its options until they are replaced, and the story tells it', async () => {
    const acme = await company()
    const options = { apiVersion: '2024-10-21' }
    const { id } = (await acme.send('POST /v1/provider-connections', { name: 'Azure', ...azure, options })).body
    const line = `PATCH /v1/provider-connections/${id}`
    expect((await acme.send(line, { name: 'Azure EU' })).body.options).toEqual(options)
    await acme.send(`POST /v1/provider-connections/${id}/test`)
    expect(asked.at(-1)?.options).toEqual(options)
    expect((await db.tenant(acme.ctx, (tx) => providers.sliceConnections(tx)))[0]?.options).toEqual(options)
    expect((await acme.send(line, { options: {} })).body.options).toEqual({})
    const [last] = await query(
      `select before, after from events where account_id = $1 and name = 'provider_connection.updated' order by at desc limit 1`,
      [acme.accountId],
    )
    expect(last).toMatchObject({ before: { options }, after: { options: {} } })
  })

  test('has no options of another kind given to it later', async () => {
    const acme = await company()
    const { id } = (await acme.send('POST /v1/provider-connections', openai)).body
    const answer = await acme.send(`PATCH /v1/provider-connections/${id}`, { options: { apiVersion: '2024-10-21' } })
    expect([answer.status, wrongFields(answer.body)]).toEqual([400, ['/options/apiVersion']])
  })
})

test.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.5', false],
  ['gateway.example.com', false],
])('a server that listens on %s is for this machine only: %s', (host, local) => {
  expect(isLoopback(host)).toBe(local)
})

describe('a live test', () => {
  test('is kept and shown with the connection, with the reason of a failure', async () => {
    const acme = await company()
    const { id } = (await acme.send('POST /v1/provider-connections', { ...openai, secret: 'sk-wrong' })).body
    const tested = (await acme.send(`POST /v1/provider-connections/${id}/test`)).body
    expect(tested).toMatchObject({ ok: false, models: [], reason: 'The provider refused the key (401).' })
    const { models, note, ...kept } = tested
    expect((await acme.send(`GET /v1/provider-connections/${id}`)).body.lastTest).toEqual(kept)
    expect(await eventsOf(database, acme.accountId)).toEqual([
      'provider_connection.created',
      'provider_connection.tested',
    ])
  })

  test('of settings that are not saved leaves nothing behind', async () => {
    const acme = await company()
    const probed = await acme.send('POST /v1/provider-connections/test', { ...openai, timeouts: { connectMs: 900 } })
    expect(probed.body).toMatchObject({ ok: true, latencyMs: 12, models: ['gpt-5'] })
    expect(asked.at(-1)).toMatchObject({ privateTargets: false, timeouts: { connectMs: 900, idleMs: 60_000 } })
    expect((await acme.send('GET /v1/provider-connections')).body.total).toBe(0)
    expect(await eventsOf(database, acme.accountId)).toEqual([])
  })
})

test('a connection that a model uses stays, and says how many use it', async () => {
  const acme = await company()
  const { id } = (await acme.send('POST /v1/provider-connections', { name: 'Demo', kind: 'demo' })).body
  const model = newId('mdl', now())
  await query(
    `insert into models (account_id, id, name, display_name, capabilities, created_at, updated_at) values ($1, $2, 'm', 'm', '{chat}', now(), now())`,
    [acme.accountId, model],
  )
  await query(`insert into model_deployments values ($1, $2, 0, $3, 'm'), ($1, $2, 1, $3, 'n')`, [
    acme.accountId,
    model,
    id,
  ])
  expect((await acme.send(`GET /v1/provider-connections/${id}`)).body.models).toBe(1)
  expect((await acme.send(`DELETE /v1/provider-connections/${id}`)).body).toMatchObject({
    type: 'provider_connection.in_use',
    status: 409,
  })
  await query('delete from models where account_id = $1', [acme.accountId])
  expect((await acme.send(`DELETE /v1/provider-connections/${id}`)).status).toBe(204)
})

test('changes tell what was and is; the same again tells nothing; a name is taken once', async () => {
  const acme = await company()
  const { id } = (await acme.send('POST /v1/provider-connections', openai)).body
  await acme.send('POST /v1/provider-connections', { name: 'Demo', kind: 'demo' })
  const line = `PATCH /v1/provider-connections/${id}`
  expect((await acme.send(line, { name: 'demo' })).body.type).toBe('provider_connection.name_taken')
  for (let i = 0; i < 2; i++) await acme.send(line, { status: 'disabled', timeouts: { idleMs: 500 } })
  const rows = await query(
    `select before, after from events where account_id = $1 and name = 'provider_connection.updated'`,
    [acme.accountId],
  )
  expect(rows).toMatchObject([
    { before: { status: 'active' }, after: { status: 'disabled', timeouts: { idleMs: 500, connectMs: 5_000 } } },
  ])
})

test("another account's connection, and the platform's, answer with the bytes of a missing one", async () => {
  const [acme, globex] = [await company(), await company('Globex')]
  const foreign = (await globex.send('POST /v1/provider-connections', openai)).body.id
  const shared = (
    await front.as(superCtx()).send('POST /v1/provider-connections', { ...openai, name: newId('p', now()) })
  ).body.id
  for (const [method, tail, body] of [
    ['GET', ''],
    ['PATCH', '', { name: 'Taken' }],
    ['DELETE', ''],
    ['POST', '/test'],
  ] as const) {
    const texts: string[] = []
    for (const id of [foreign, shared, 'con_0190f5c27d7a7c3e8f00aa11bb22cc33']) {
      const answer = await acme.send(`${method} /v1/provider-connections/${id}${tail}`, body)
      texts.push(answer.status + answer.text.replace(/"requestId":"[^"]*"/, ''))
    }
    expect(texts[0]).toMatch(/^404/)
    expect(new Set(texts).size).toBe(1)
  }
})

test('an end user may not see connections', async () => {
  const { accountId } = await company()
  const answer = await front
    .as(testCtx(accountId, { permissions: ['model.read'] }))
    .send('GET /v1/provider-connections')
  expect(answer.status).toBe(403)
})
