/** Programs that manage a LiteLLM proxy by its routes manage this installation by them, within what their caller may. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, openAccount, password, type TestAccount } from '../support/account.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { answer, startUpstream, type Upstream } from '../upstreams/index.ts'
import { sha256 } from './stage.ts'

let cockpit: TestCockpit
let acme: TestAccount
let upstream: Upstream
beforeAll(async () => {
  cockpit = await startCockpit()
  acme = await openAccount(cockpit)
  upstream = await startUpstream(answer({ text: 'Hi.', usage: { input: 1_000_000, output: 500_000 } }))
})
afterAll(async () => {
  await cockpit?.stop()
  await upstream?.close()
})

// biome-ignore lint/suspicious/noExplicitAny: a test reads bodies freely; its expectations are the type
type Answer = { status: number; body: any }
const as =
  (headers: Record<string, string>) =>
  async (line: string, body?: unknown): Promise<Answer> => {
    const { status, text } = await cockpit.send(line, { headers, body })
    return { status, body: JSON.parse(text) }
  }
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })
const admin = (line: string, body?: unknown) => as({ ...bearer(masterKey), 'x-account-id': acme.id })(line, body)
const call = (secret: string, model: string) =>
  cockpit.send('POST /v1/chat/completions', {
    headers: bearer(secret),
    body: { model, messages: [{ role: 'user', content: 'Hello' }] },
  })

test('a model, a team, a person and a key made by the routes of LiteLLM answer a call, and its spend is told in dollars', async () => {
  const model = await admin('POST /model/new', {
    model_name: 'house',
    litellm_params: { model: 'hosted_vllm/up', api_base: upstream.baseUrl, input_cost_per_token: 1e-6 },
    model_info: { output_cost_per_token: 2e-6, mode: 'chat' },
  })
  expect([model.status, model.body]).toMatchObject([200, { model_name: 'house', model_info: { mode: 'chat' } }])
  const user = (
    await admin('POST /user/new', {
      user_email: `grace-${acme.tag}@example.com`,
      user_alias: 'Grace',
      auto_create_key: false,
      max_budget: 40,
    })
  ).body
  expect(user).toMatchObject({ user_alias: 'Grace', user_role: 'internal_user', max_budget: 40 })
  const team = (
    await admin('POST /team/new', {
      team_alias: 'Nightly',
      team_id: 'their-own-id',
      rpm_limit: 500,
      max_budget: 12.5,
      members_with_roles: [{ role: 'user', user_id: user.user_id }],
    })
  ).body
  expect(team).toMatchObject({
    team_alias: 'Nightly',
    rpm_limit: 500,
    max_budget: 12.5,
    members_with_roles: [{ user_id: user.user_id }],
  })
  const made = await admin('POST /key/generate', {
    user_id: user.user_id,
    team_id: 'their-own-id',
    key_alias: 'nightly-run',
    models: ['house'],
    duration: '30d',
    tpm_limit: 10_000_000,
  })
  expect([made.status, made.body]).toMatchObject([
    200,
    { key_alias: 'nightly-run', team_id: team.team_id, user_id: user.user_id, models: ['house'], spend: 0 },
  ])
  expect(Math.abs(Date.parse(made.body.expires) - Date.now() - 30 * 86_400_000)).toBeLessThan(60_000)
  expect((await call(made.body.key, 'house')).status).toBe(200)
  // 1,000,000 tokens at a millionth of a dollar and 500,000 at two
  await eventually(async () => expect((await admin('GET /global/spend')).body.spend).toBe(2))
  expect((await admin(`GET /key/info?key=${made.body.key}`)).body).toMatchObject({
    key: made.body.key,
    info: { spend: 2, key_alias: 'nightly-run' },
  })
  expect((await admin('GET /spend/keys')).body).toEqual([
    { token: made.body.token, key_alias: 'nightly-run', spend: 2 },
  ])
  expect((await admin('GET /spend/users')).body).toMatchObject([{ user_id: user.user_id, spend: 2 }])
  expect((await admin(`GET /spend/logs?api_key=${sha256(made.body.key)}`)).body).toMatchObject([
    { api_key: made.body.token, spend: 2, prompt_tokens: 1_000_000, model: 'house', status: 'success' },
  ])
  expect((await admin('GET /team/info?team_id=their-own-id')).body).toMatchObject({
    team_id: team.team_id,
    team_info: { spend: 2, team_alias: 'Nightly' },
    keys: [{ token: made.body.token }],
  })
  // a program that knows only its own key
  const own = await as(bearer(made.body.key))('GET /key/info')
  expect([own.status, own.body.info]).toMatchObject([200, { token: made.body.token, models: ['house'] }])
})

test('a key is found by its secret, by the hash of it and by its name; changed, replaced and deleted it is what it says', async () => {
  const first = (await admin('POST /key/generate', { key_alias: 'by-hand' })).body
  const listed = (await admin('GET /key/list?key_alias=by-hand&return_full_object=true')).body
  expect(listed).toMatchObject({
    keys: [{ token: first.token, key_alias: 'by-hand', models: [] }],
    total_count: 1,
    total_pages: 1,
  })
  const changed = await admin('POST /key/update', {
    key: sha256(first.key),
    rpm_limit: 7,
    models: ['no-default-models'],
  })
  expect(changed.body).toMatchObject({ rpm_limit: 7, models: ['no-default-models'] })
  const second = (await admin(`POST /key/${first.token}/regenerate`)).body
  expect(second).toMatchObject({ token: first.token, key_alias: 'by-hand', rpm_limit: 7 })
  const models = async (secret: string) => (await as(bearer(secret))('GET /v1/models')).status
  expect([await models(first.key), await models(second.key)]).toEqual([401, 200])
  expect((await admin('POST /key/delete', { key_aliases: ['by-hand'] })).body).toEqual({ deleted_keys: [first.token] })
  await eventually(async () => expect(await models(second.key)).toBe(401))
  const chosen = `sk-chosen-by-the-caller-${acme.tag}`
  expect((await admin('POST /key/generate', { key: chosen })).body.key).toBe(chosen)
  expect(await models(chosen)).toBe(200)
  // a secret that looks like a hash is a secret all the same
  const hex = sha256(`chosen by ${acme.tag}`)
  expect((await admin('POST /key/generate', { key: hex })).body.key).toBe(hex)
  expect(await models(hex)).toBe(200)
})

test('teams and people are changed, listed and removed', async () => {
  const team = (await admin('POST /team/new', { team_alias: 'Passing' })).body
  const user = (await admin('POST /user/new', { user_email: `passing-${acme.tag}@example.com` })).body
  expect(user.key).toMatch(/^ck_/)
  expect(
    (await admin('POST /team/update', { team_id: team.team_id, team_alias: 'Passed', tpm_limit: 9 })).body.data,
  ).toMatchObject({
    team_alias: 'Passed',
    tpm_limit: 9,
  })
  const member = { role: 'user', user_email: `passing-${acme.tag}@example.com` }
  const joined = await admin('POST /team/member_add', { team_id: team.team_id, member })
  expect(joined.body.members_with_roles).toMatchObject([{ user_id: user.user_id }])
  expect((await admin(`GET /user/info?user_id=${user.user_id}`)).body).toMatchObject({
    user_info: { user_id: user.user_id, teams: [team.team_id] },
    keys: [{ token: user.token }],
  })
  const left = await admin('POST /team/member_delete', { team_id: team.team_id, user_id: user.user_id })
  expect(left.body.members_with_roles).toEqual([])
  expect((await admin('GET /team/list')).body.map(({ team_alias }: { team_alias: string }) => team_alias)).toContain(
    'Passed',
  )
  expect(
    (await admin('POST /user/update', { user_id: user.user_id, user_role: 'internal_user_viewer' })).body.data
      .user_role,
  ).toBe('internal_user_viewer')
  expect((await admin(`GET /user/list?user_email=passing-${acme.tag}`)).body).toMatchObject({
    total: 1,
    users: [{ key_count: 1 }],
  })
  expect((await admin('POST /user/delete', { user_ids: [user.user_id] })).body).toEqual({
    deleted_users: [user.user_id],
  })
  expect((await admin('POST /team/delete', { team_ids: [team.team_id] })).body).toEqual({
    deleted_teams: [team.team_id],
  })
  expect((await admin(`GET /team/info?team_id=${team.team_id}`)).status).toBe(404)
})

test('models are told and deleted; a variable of the server is no way to its secrets, and nobody makes up a price', async () => {
  const base = { model: 'openai/x', api_base: upstream.baseUrl }
  const peek = await admin('POST /model/new', {
    model_name: 'peek',
    litellm_params: { ...base, api_key: 'os.environ/COCKPIT_MASTER_KEY' },
  })
  expect([peek.status, peek.body.error.message]).toEqual([400, expect.stringContaining('not read')])
  const free = await admin('POST /model/new', { model_name: 'free', litellm_params: base })
  expect([free.status, free.body.error.message]).toEqual([400, expect.stringContaining('input_cost_per_token')])
  const priced = { ...base, input_cost_per_token: 0.5e-6, output_cost_per_token: 1.5e-6 }
  const { body } = await admin('POST /model/new', { model_name: 'short-lived', litellm_params: priced })
  await admin('POST /model/new', { model_name: 'short-lived', litellm_params: { ...priced, model: 'openai/y' } })
  const told = (await admin('GET /v1/model/info')).body.data.filter(
    (one: { model_name: string }) => one.model_name === 'short-lived',
  )
  expect(told).toMatchObject([
    {
      litellm_params: { model: 'x' },
      model_info: { id: body.model_id, input_cost_per_token: 5e-7, output_cost_per_token: 1.5e-6 },
    },
    { litellm_params: { model: 'y' } },
  ])
  expect((await admin('POST /model/delete', { id: body.model_id })).status).toBe(200)
  expect((await admin(`GET /model/info?litellm_model_id=${body.model_id}`)).status).toBe(404)
})

test('what cannot be kept is refused with the field, not left out', async () => {
  for (const [line, body] of [
    ['POST /key/generate', { max_budget: 5 }],
    ['POST /key/generate', { duration: 'soon' }],
    ['POST /team/new', { team_alias: 'T', models: ['house'] }],
    ['POST /user/new', { user_id: 'no-address' }],
    ['POST /key/block', { key: 'sk-any' }],
  ] as const) {
    const { status, body: said } = await admin(line, body)
    expect([line, status, typeof said.error?.message, said.error?.code]).toEqual([line, 400, 'string', '400'])
  }
})

test('nobody reaches more by these routes than by our own', async () => {
  const globex = await openAccount(cockpit)
  const theirs = (await admin('POST /key/generate', { key_alias: 'theirs' })).body
  const team = (await admin('POST /team/new', { team_alias: 'Theirs' })).body
  const foreign = as({ ...bearer(masterKey), 'x-account-id': globex.id })
  for (const line of [
    `GET /key/info?key=${theirs.key}`,
    `GET /key/info?key=${theirs.token}`,
    `GET /team/info?team_id=${team.team_id}`,
  ])
    expect([line, (await foreign(line)).status]).toEqual([line, 404])
  expect((await foreign('POST /key/delete', { keys: [theirs.key] })).status).toBe(404)
  expect((await foreign('GET /key/list')).body.keys).toEqual([])
  const stranger = as({})
  const routes = [
    'GET /key/list',
    'POST /key/generate',
    'GET /team/list',
    'GET /user/list',
    'GET /model/info',
    'GET /spend/logs',
    'GET /health',
  ]
  for (const line of routes)
    expect([line, (await stranger(line, line.startsWith('POST') ? {} : undefined)).status]).toEqual([line, 401])
  // a key knows itself, and manages nothing
  const { key } = (
    await admin('POST /user/new', { user_email: `plain-${acme.tag}@example.com`, user_role: 'internal_user_viewer' })
  ).body
  const plain = as(bearer(key))
  expect((await plain('POST /team/new', { team_alias: 'Mine' })).status).toBe(403)
  expect((await plain('POST /user/new', { user_email: 'x@example.com' })).status).toBe(403)
  expect(
    (await plain('POST /model/new', { model_name: 'm', litellm_params: { model: 'gpt-4o', api_key: 'k' } })).status,
  ).toBe(403)
  expect((await plain(`GET /key/info?key=${theirs.token}`)).status).toBe(403)
  expect((await plain('GET /spend/keys')).status).toBe(403)
})

test('a cookie is no credential here, so that no page of another site can use one', async () => {
  const answer = await cockpit.send('POST /v1/sessions', { body: { email: acme.email, password } })
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const { status } = await as({ cookie, origin: 'https://elsewhere.example.com' })('POST /key/generate', {})
  expect(status).toBe(401)
})

test('whoever chose no account gets the only one there is, and is asked where there are more', async () => {
  const { status, body } = await as(bearer(masterKey))('GET /key/list')
  expect([status, body.error.message]).toEqual([400, expect.stringContaining('x-account-id')])
  const alone = await startCockpit()
  try {
    await openAccount(alone)
    expect((await alone.send('GET /key/list', { headers: bearer(masterKey) })).status).toBe(200)
  } finally {
    await alone.stop()
  }
})

test('probes are answered as there', async () => {
  const anybody = as({})
  expect((await anybody('GET /health/liveliness')).body).toBe("I'm alive!")
  expect((await anybody('GET /health/readiness')).body).toMatchObject({ status: 'healthy' })
  expect((await admin('GET /health')).body).toMatchObject({ healthy_count: expect.any(Number), unhealthy_count: 0 })
  expect((await cockpit.send('GET /health/live')).text).toBe('{"status":"ok"}')
  expect((await admin('GET /key/nothing')).status).toBe(404)
  expect((await admin('GET /key/generate')).status).toBe(405)
})
