import { describe, expect, test } from 'vitest'
import { newId } from '../../platform/index.ts'
import { eventsOf, quietLog, superCtx, testAccount, testCtx, testDatabase, testFront } from '../../platform/testing.ts'
import { createModels, modelHandlers } from './index.ts'

const database = await testDatabase()
const { db, query } = database
let offsetMs = 0
const now = () => new Date(Date.now() + offsetMs)
const models = createModels({ db, now, log: quietLog, loads: () => null })
const front = testFront(modelHandlers(models))
const root = front.as(superCtx())

const connection = async (accountId: string): Promise<string> => {
  const id = newId('con', now())
  await query(
    `insert into provider_connections (account_id, id, name, kind, on_disconnect, timeouts, max_retries, created_at, updated_at)
     values ($1, $2, $2, 'demo', 'abort', '{}', 2, now(), now())`,
    [accountId, id],
  )
  return id
}
const company = async (name?: string) => {
  const accountId = await testAccount(database, name)
  return {
    accountId,
    ctx: testCtx(accountId),
    connectionId: await connection(accountId),
    ...front.as(testCtx(accountId)),
  }
}
const platformConnection = await connection('platform')
const uniqueName = () => newId('m', now())
const prices = { input: '2.50', output: '10.00' }
const body = (connectionId: string, more: object = {}) => ({
  name: uniqueName(),
  deployments: [{ connectionId, upstreamModel: 'upstream-1' }],
  prices,
  ...more,
})
const platformModel = async (more: object = {}) =>
  (await root.send('POST /v1/catalog/models', body(platformConnection, more))).body
const ownModel = async (acme: Awaited<ReturnType<typeof company>>, more: object = {}) =>
  (await acme.send('POST /v1/catalog/models', body(acme.connectionId, more))).body
const makeEligible = (accountId: string, ...modelIds: string[]) =>
  root.send(`PUT /v1/accounts/${accountId}/model-eligibility`, { mode: 'list', modelIds })
const chainOf = async (acme: Awaited<ReturnType<typeof company>>, id: string) =>
  (await acme.send('GET /v1/model-chain')).body.items.find((item: { model: { id: string } }) => item.model.id === id)
const pointers = ({ errors }: { errors: { pointer: string }[] }) => errors.map(({ pointer }) => pointer)

describe('the catalog', () => {
  test('a model of an account runs on its own connections, in fallback order', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const second = await connection(acme.accountId)
    const deployments = [
      { connectionId: second, upstreamModel: 'b' },
      { connectionId: acme.connectionId, upstreamModel: 'a' },
    ]
    const made = (await acme.send('POST /v1/catalog/models', body('', { name: 'gpt-5', deployments }))).body
    expect(made).toMatchObject({
      ownedBy: 'account',
      name: 'gpt-5',
      displayName: 'gpt-5',
      capabilities: ['chat', 'streaming'],
    })
    expect(made.deployments).toMatchObject([
      { ...deployments[0], order: 0 },
      { ...deployments[1], order: 1 },
    ])
    for (const foreign of [globex.connectionId, platformConnection]) {
      const mixed = [deployments[0], { connectionId: foreign, upstreamModel: 'x' }]
      const refused = await acme.send(`PATCH /v1/catalog/models/${made.id}`, { deployments: mixed })
      expect(refused.body.type).toBe('provider_connection.not_found')
      expect(pointers(refused.body)).toEqual(['/deployments/1/connectionId'])
    }
    expect((await acme.send(`GET /v1/catalog/models/${made.id}`)).body.deployments).toHaveLength(2)
  })

  test('a name is taken once by an owner', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    await ownModel(acme, { name: 'gpt-5' })
    expect((await acme.send('POST /v1/catalog/models', body(acme.connectionId, { name: 'gpt-5' }))).body.type).toBe(
      'model.name_taken',
    )
    expect((await ownModel(globex, { name: 'gpt-5' })).name).toBe('gpt-5')
  })

  test('an account sees the eligible models of the platform, without the connections they run on', async () => {
    const acme = await company()
    const [offered, withheld] = [await platformModel(), await platformModel()]
    const own = await ownModel(acme)
    await makeEligible(acme.accountId, offered.id)
    const { items, total } = (await acme.send('GET /v1/catalog/models')).body
    expect([total, items.map(({ id }: { id: string }) => id)]).toEqual([2, [own.id, offered.id]])
    const seen = await acme.send(`GET /v1/catalog/models/${offered.id}`)
    expect(seen.body).toMatchObject({
      ownedBy: 'platform',
      price: { createdBy: 'Platform', prices },
      deployments: [{ connectionName: 'Platform', upstreamModel: offered.name }],
    })
    expect(seen.text).not.toContain(platformConnection)
    expect(seen.text).not.toContain('upstream-1')
    expect((await acme.send(`GET /v1/catalog/models/${withheld.id}`)).status).toBe(404)
    expect((await acme.send(`PATCH /v1/catalog/models/${offered.id}`, { status: 'disabled' })).status).toBe(404)
    expect((await root.send(`GET /v1/catalog/models/${offered.id}`)).body).toMatchObject({
      status: 'active',
      deployments: [{ connectionId: platformConnection, upstreamModel: 'upstream-1' }],
    })
  })

  test('is narrowed by text, capability, status and connection', async () => {
    const acme = await company()
    const vision = await ownModel(acme, { name: 'sees', capabilities: ['chat', 'vision'] })
    const plain = await ownModel(acme, { name: 'talks_only' })
    await acme.send(`PATCH /v1/catalog/models/${plain.id}`, { status: 'disabled' })
    const ids = async (search: string) =>
      (await acme.send(`GET /v1/catalog/models?${search}`)).body.items.map(({ id }: { id: string }) => id)
    expect(await ids('capability=vision')).toEqual([vision.id])
    expect(await ids('status=disabled')).toEqual([plain.id])
    expect(await ids('q=s_o')).toEqual([plain.id])
    expect(await ids(`connectionId=${acme.connectionId}`)).toEqual([plain.id, vision.id])
    expect(await ids(`connectionId=${platformConnection}`)).toEqual([])
  })

  test('a change tells what was and is; the same again tells nothing', async () => {
    const acme = await company()
    const { id } = await ownModel(acme, { contextTokens: 1000 })
    for (let i = 0; i < 2; i++)
      await acme.send(`PATCH /v1/catalog/models/${id}`, { contextTokens: 2000, description: null })
    expect((await acme.send(`DELETE /v1/catalog/models/${id}`)).status).toBe(204)
    expect(await eventsOf(database, acme.accountId)).toEqual(['model.created', 'model.updated', 'model.deleted'])
    const [row] = await query(`select before, after from events where account_id = $1 and name = 'model.updated'`, [
      acme.accountId,
    ])
    expect(row).toEqual({ before: { contextTokens: 1000 }, after: { contextTokens: 2000 } })
  })
})

describe('prices', () => {
  test('are versions: the newest that has begun is in force, and the gateway gets it with those to come', async () => {
    const acme = await company()
    const { id, price } = await ownModel(acme, { prices: { ...prices, cachedInput: '0.25' } })
    expect(price).toMatchObject({
      version: 1,
      prices: { input: '2.50', output: '10.00', cachedInput: '0.25', reasoning: null },
    })
    const later = new Date(Date.now() + 3_600_000).toISOString()
    const raise = { prices: { input: '0.075', output: '0' }, effectiveFrom: later }
    expect((await acme.send(`POST /v1/catalog/models/${id}/prices`, raise)).body).toMatchObject({
      version: 2,
      effectiveFrom: later,
    })
    expect((await acme.send(`GET /v1/catalog/models/${id}`)).body.price.version).toBe(1)
    const [slice] = await db.tenant(acme.ctx, (tx) => models.sliceModels(tx))
    expect(slice?.prices).toMatchObject([
      {
        version: 1,
        input: 2_500_000,
        output: 10_000_000,
        cachedInput: 250_000,
        cacheWrite: 2_500_000,
        reasoning: 10_000_000,
      },
      { version: 2, input: 75_000, output: 0, cachedInput: 75_000, effectiveFrom: Date.parse(later) },
    ])
    offsetMs = 3_700_000
    try {
      expect((await acme.send(`GET /v1/catalog/models/${id}`)).body.price).toMatchObject({
        version: 2,
        prices: { input: '0.075' },
      })
      const [after] = await db.tenant(acme.ctx, (tx) => models.sliceModels(tx))
      expect(after?.prices.map(({ version }) => version)).toEqual([2])
    } finally {
      offsetMs = 0
    }
    const history = (await acme.send(`GET /v1/catalog/models/${id}/prices`)).body.items
    expect(history.map(({ version }: { version: number }) => version)).toEqual([2, 1])
  })

  test('begin now or later, never in the past', async () => {
    const acme = await company()
    const { id } = await ownModel(acme)
    const past = { prices, effectiveFrom: new Date(Date.now() - 1000).toISOString() }
    const refused = await acme.send(`POST /v1/catalog/models/${id}/prices`, past)
    expect([refused.status, pointers(refused.body)]).toEqual([400, ['/effectiveFrom']])
    expect((await acme.send(`POST /v1/catalog/models/${id}/prices`, { prices })).body.version).toBe(2)
    expect(await eventsOf(database, acme.accountId)).toEqual(['model.created', 'model.price_changed'])
  })

  test('set at once by two people become two versions', async () => {
    const acme = await company()
    const { id } = await ownModel(acme)
    const answers = await Promise.all([1, 2].map(() => acme.send(`POST /v1/catalog/models/${id}/prices`, { prices })))
    expect(answers.map(({ body: { version } }) => version).sort()).toEqual([2, 3])
  })
})

describe('from catalog to effective', () => {
  // T86
  test('nothing of the platform is eligible for a new account; what becomes eligible is selected', async () => {
    const acme = await company()
    const model = await platformModel()
    expect(await chainOf(acme, model.id)).toMatchObject({ eligible: false, selected: true, effective: false })
    expect((await makeEligible(acme.accountId, model.id)).body).toEqual({ mode: 'list', modelIds: [model.id] })
    expect(await chainOf(acme, model.id)).toMatchObject({ eligible: true, selected: true, effective: true })
    expect(await eventsOf(database, acme.accountId)).toEqual(['model_eligibility.set'])
  })

  // T86
  test('the account narrows to what it selects, each model with the rule that decided', async () => {
    const acme = await company()
    const [a, b] = [await platformModel(), await platformModel()]
    const own = await ownModel(acme)
    await root.send(`PUT /v1/accounts/${acme.accountId}/model-eligibility`, { mode: 'all', modelIds: [] })
    const chosen = await acme.send('PUT /v1/model-selection', { mode: 'list', modelIds: [own.id, a.id, a.id] })
    expect(chosen.body).toEqual({ mode: 'list', modelIds: [a.id, own.id].sort() })
    expect(await chainOf(acme, a.id)).toMatchObject({ effective: true })
    expect(await chainOf(acme, own.id)).toMatchObject({ effective: true, model: { ownedBy: 'account' } })
    expect(await chainOf(acme, b.id)).toMatchObject({
      eligible: true,
      selected: false,
      effective: false,
      reason: 'The account has not selected it.',
    })
  })

  test('what is not eligible cannot be selected, and every wrong entry is named', async () => {
    const [acme, globex] = [await company(), await company('Globex')]
    const [offered, withheld] = [await platformModel(), await platformModel()]
    const foreign = await ownModel(globex)
    await makeEligible(acme.accountId, offered.id)
    const missing = 'mdl_0190f5c27d7a7c3e8f00aa11bb22cc33'
    const refused = await acme.send('PUT /v1/model-selection', {
      mode: 'list',
      modelIds: [withheld.id, offered.id, foreign.id, missing],
    })
    expect(refused.body).toMatchObject({ type: 'model.not_eligible', status: 400 })
    expect(pointers(refused.body)).toEqual(['/modelIds/0', '/modelIds/2', '/modelIds/3'])
    expect(new Set(refused.body.errors.map(({ detail }: { detail: string }) => detail)).size).toBe(1)
  })

  test('what stops being eligible stops at once, and the selection shown can be saved again', async () => {
    const acme = await company()
    const [a, b] = [await platformModel(), await platformModel()]
    await makeEligible(acme.accountId, a.id, b.id)
    await acme.send('PUT /v1/model-selection', { mode: 'list', modelIds: [a.id, b.id] })
    await makeEligible(acme.accountId, a.id)
    const { selection } = (await acme.send('GET /v1/model-chain')).body
    expect(selection).toEqual({ mode: 'list', modelIds: [a.id] })
    expect((await acme.send('PUT /v1/model-selection', selection)).status).toBe(200)
    expect(await chainOf(acme, b.id)).toMatchObject({ eligible: false, effective: false })
  })

  test("an account's model takes the place of the platform's model of the same name", async () => {
    const acme = await company()
    const shared = await platformModel()
    await makeEligible(acme.accountId, shared.id)
    const own = await ownModel(acme, { name: shared.name })
    expect(await chainOf(acme, shared.id)).toMatchObject({
      effective: false,
      reason: expect.stringContaining('replaces it'),
    })
    expect(await chainOf(acme, own.id)).toMatchObject({ effective: true })
  })

  test('a deleted model leaves the sets that listed it', async () => {
    const acme = await company()
    const [kept, gone] = [await platformModel(), await platformModel()]
    await makeEligible(acme.accountId, kept.id, gone.id)
    await root.send(`DELETE /v1/catalog/models/${gone.id}`)
    expect((await root.send(`GET /v1/accounts/${acme.accountId}/model-eligibility`)).body.modelIds).toEqual([kept.id])
  })

  test('eligibility names platform models and real accounts only', async () => {
    const acme = await company()
    const own = await ownModel(acme)
    const wrong = await makeEligible(acme.accountId, own.id)
    expect(wrong.body).toMatchObject({ type: 'model.not_found', errors: [{ pointer: '/modelIds/0' }] })
    expect((await makeEligible('acc_0190f5c27d7a7c3e8f00aa11bb22cc33')).body.type).toBe('account.not_found')
  })

  // T83
  test('end users see the chain without any connection, and decide nothing', async () => {
    const acme = await company()
    const own = await ownModel(acme)
    const user = front.as(testCtx(acme.accountId, { permissions: ['model.read'] }))
    const seen = (await user.send('GET /v1/model-chain')).body.items[0]
    expect(seen).toMatchObject({ model: { id: own.id, deployments: [] }, effective: true })
    expect((await user.send('PUT /v1/model-selection', { mode: 'all', modelIds: [] })).status).toBe(403)
    expect((await user.send('GET /v1/catalog/models')).status).toBe(403)
    const line = `PUT /v1/accounts/${acme.accountId}/model-eligibility`
    expect((await acme.send(line, { mode: 'all', modelIds: [] })).status).toBe(403)
  })
})

test("another account's model answers with the bytes of a missing one", async () => {
  const [acme, globex] = [await company(), await company('Globex')]
  const foreign = (await ownModel(globex)).id
  const lines: [string, string, object?][] = [
    ['GET', ''],
    ['PATCH', '', { displayName: 'Taken' }],
    ['DELETE', ''],
    ['GET', '/prices'],
    ['POST', '/prices', { prices }],
  ]
  for (const [method, tail, input] of lines) {
    const answers = []
    for (const id of [foreign, 'mdl_0190f5c27d7a7c3e8f00aa11bb22cc33']) {
      const { status, text } = await acme.send(`${method} /v1/catalog/models/${id}${tail}`, input)
      answers.push(status + text.replace(/"requestId":"[^"]*"/, ''))
    }
    expect(answers[0]).toMatch(/^404/)
    expect(answers[0]).toBe(answers[1])
  }
})

test('names for keys are those of own and eligible models', async () => {
  const acme = await company()
  const [offered, withheld] = [await platformModel(), await platformModel()]
  const own = await ownModel(acme)
  await makeEligible(acme.accountId, offered.id)
  const names = await db.tenant(acme.ctx, (tx) => models.modelNames(tx))
  expect([...names].sort()).toEqual([offered.name, own.name].sort())
  expect(names.has(withheld.name)).toBe(false)
})

test('wrong input names the field', async () => {
  const acme = await company()
  const wrong = { name: 'has space', deployments: [], prices: { input: '-1', output: '1' } }
  const answer = await acme.send('POST /v1/catalog/models', wrong)
  expect([answer.status, pointers(answer.body).sort()]).toEqual([400, ['/deployments', '/name', '/prices/input']])
})
