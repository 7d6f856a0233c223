import { contract } from '@cockpit/contract'
import { type Alias, addressesOf, type Route } from '@cockpit/contract/kit'
import { rolePermissions } from '@cockpit/contract/permissions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { newSeal } from '../../packages/client/src/break-glass-seal.ts'
import { offerModel, openAccount, password, type TestAccount } from '../support/account.ts'
import { masterKey, startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { exampleOf, jsonSchemaOf } from '../support/example.ts'
import { arrangeObjects } from '../support/objects.ts'

type Named = { name: string; route: Route; fixes: Alias['fixes'] }
const routes: Named[] = Object.entries(contract as Record<string, Record<string, Route>>).flatMap(([noun, verbs]) =>
  Object.entries(verbs).flatMap(([verb, route]) =>
    addressesOf(route).map(({ path, fixes }) => ({
      name: `${noun}.${verb} ${route.method} ${path}`,
      route: { ...route, path },
      fixes,
    })),
  ),
)
const guarded = routes.filter(({ route }) => route.permission !== 'public')

let cockpit: TestCockpit
let acme: TestAccount
let globex: TestAccount
let admin: Record<string, string>
let member: Record<string, string>
const superAdmin = { authorization: `Bearer ${masterKey}` }

beforeAll(async () => {
  cockpit = await startCockpit({ COCKPIT_BREAK_GLASS: newSeal().seal })
  acme = await openAccount(cockpit)
  globex = await openAccount(cockpit)
  admin = await signIn(acme.email)
  await acme.api.users.create({ body: { email: 'member@example.com', name: 'Member', password } })
  member = await signIn('member@example.com')
})
afterAll(() => cockpit?.stop())

/** Headers of a browser session: its cookie, and the proof that the request comes from the same origin. */
const signIn = async (email: string) => {
  const answer = await cockpit.send('POST /v1/sessions', { body: { email, password } })
  expect(answer.status, answer.text).toBe(201)
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return { cookie, 'sec-fetch-site': 'same-origin' }
}

const pathOf = (route: Route, ids: Record<string, string> = {}) => {
  const params = route.params ? (exampleOf(route.params) as Record<string, string>) : {}
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? params[name] ?? '')
  return route.query ? withQuery(path, route.query) : path
}
const withQuery = (path: string, query: z.ZodObject) => {
  const required = Object.entries(query.shape).filter(
    ([, schema]) => !(schema as z.ZodType).safeParse(undefined).success,
  )
  const values = required.map(([name, schema]) => [name, String(exampleOf(schema as z.ZodType))])
  return values.length > 0 ? `${path}?${new URLSearchParams(values)}` : path
}
const bodyOf = (route: Route) => (route.body ? exampleOf(route.body) : undefined)
const call = (
  route: Route,
  headers: Record<string, string>,
  { ids, body = bodyOf(route) }: { ids?: Record<string, string>; body?: unknown } = {},
) => cockpit.send(`${route.method} ${pathOf(route, ids)}`, { body, headers })
/** Whoever may call the route: a super admin for the platform's, the account's admin for the others. */
const callerOf = (route: Route) =>
  route.scope === 'platform' ||
  (route.permission !== 'signed-in' && !rolePermissions.account_admin.has(route.permission as never))
    ? { ...superAdmin, ...(route.scope === 'account' && { 'x-account-id': acme.id }) }
    : admin

describe('a session that must first do something', () => {
  const restricted = guarded.filter(({ route }) => !route.evenWhen?.includes('enrol_second_factor'))
  let waiting: Record<string, string>
  beforeAll(async () => {
    const strict = await openAccount(cockpit)
    waiting = await signIn(strict.email)
    const answer = await cockpit.send('PATCH /v1/security', {
      body: { secondFactor: 'everyone', secondFactorGraceDays: 0 },
      headers: { ...superAdmin, 'x-account-id': strict.id },
    })
    expect(answer.status, answer.text).toBe(200)
  })

  test('reaches a dozen routes at most, all of them about signing in', () => {
    const open = guarded.filter((one) => !restricted.includes(one))
    expect(open.length).toBeGreaterThan(5)
    expect(open.length).toBeLessThanOrEqual(12)
    expect(open.filter(({ route }) => !['signed-in'].includes(route.permission))).toEqual([])
  })

  test.each(restricted)('$name refuses it', async ({ route }) => {
    const { status, text } = await call(route, waiting)
    expect({ status, type: JSON.parse(text).type }).toEqual({
      status: 403,
      type: 'auth.second_factor_required',
    })
  })
})

describe('every route', () => {
  test('is one of at least 60, so that the sweep cannot pass by seeing nothing', () => {
    expect(routes.length).toBeGreaterThanOrEqual(60)
  })

  test.each(routes.filter(({ route }) => route.sensitive))('$name names the event of a look at it', ({ route }) => {
    expect(route.emits).toMatch(/^[a-z_]+\.[a-z_]+$/)
  })

  test.each(guarded)('$name refuses a stranger with 401', async ({ route }) => {
    const answer = await call(route, {})
    expect(answer.status, answer.text).toBe(route.strangers ? 200 : 401)
    // what lets in nobody in particular tells them nothing but that
    if (route.strangers) expect(answer.text).toContain('"accountId":null')
    else expect(JSON.parse(answer.text)).toMatchObject({ type: 'auth.required', status: 401 })
    expect((await call(route, { authorization: 'Bearer ck_wrong' })).status).toBe(401)
  })

  const forbidden = guarded.filter(
    ({ route }) =>
      route.permission !== 'signed-in' &&
      (route.scope === 'platform' || !rolePermissions.end_user.has(route.permission as never)),
  )
  // T78
  test.each(forbidden)('$name refuses a member without the permission with 403', async ({ route }) => {
    const answer = await call(route, member)
    expect(answer.status, answer.text).toBe(403)
    expect(JSON.parse(answer.text).type).toBe('access.denied')
  })

  test.each(routes.filter(({ route }) => route.scope === 'platform'))(
    '$name refuses an account admin with 403',
    async ({ route }) => {
      expect((await call(route, admin)).status).toBe(403)
    },
  )

  const withBody = routes.filter(({ route }) => route.body)
  test.each(withBody)('$name names every wrong field of its body with 400', async ({ route, fixes = {} }) => {
    if (!route.body) return
    const good = bodyOf(route) as Record<string, unknown>
    const schema = jsonSchemaOf(route.body)
    const headers = route.permission === 'public' ? { 'sec-fetch-site': 'same-origin' } : callerOf(route)
    for (const field of Object.keys(schema.properties ?? good).filter((name) => !(name in fixes))) {
      const answer = await call(route, headers, { body: { ...good, [field]: { definitely: ['wrong'] } } })
      // a field that takes any object cannot be wrong this way
      if (answer.status !== 400 && takesObjects(schema.properties?.[field])) continue
      expect(answer.status, `${field}: ${answer.text}`).toBe(400)
      expect(
        JSON.parse(answer.text).errors.some((e: { pointer: string }) => e.pointer.startsWith(`/${field}`)),
        answer.text,
      ).toBe(true)
    }
    const unknown = await call(route, headers, { body: { ...good, nobodyKnowsThis: 1 } })
    expect(unknown.status, unknown.text).toBe(400)
    expect(unknown.text).toContain('nobodyKnowsThis')
  })
  const takesObjects = (schema: { type?: unknown; $ref?: string; anyOf?: unknown[] } | undefined) =>
    schema?.type === 'object' || schema?.$ref !== undefined || schema?.anyOf !== undefined

  test.each(withBody)('$name refuses broken JSON with 400 and another content type with 415', async ({ route }) => {
    const headers = route.permission === 'public' ? { 'sec-fetch-site': 'same-origin' } : callerOf(route)
    const broken = await call(route, headers, { body: '{"name": ' })
    expect([broken.status, JSON.parse(broken.text).type]).toEqual([400, 'input.malformed'])
    const xml = await cockpit.send(`${route.method} ${pathOf(route)}`, {
      body: '<a/>',
      headers: { ...headers, 'content-type': 'application/xml' },
    })
    expect([xml.status, JSON.parse(xml.text).type]).toEqual([415, 'input.unsupported_type'])
  })

  test('answers in its documented shape where it can be read without arranging anything', async () => {
    const readable = routes.filter(
      ({ route }) => route.method === 'GET' && !route.params && !route.stream && !route.redirects && !route.file,
    )
    for (const { name, route } of readable) {
      const answer = await call(route, route.permission === 'public' ? {} : callerOf(route))
      expect(answer.status, `${name}: ${answer.text}`).toBe(200)
      expect(route.returns.safeParse(JSON.parse(answer.text)).error, name).toBeUndefined()
    }
  })
})

describe('an id of another account', () => {
  /** One object of each kind, by the prefix of its id. */
  let objects: Record<string, string> = {}
  let own: Record<string, string> = {}
  beforeAll(async () => {
    objects = (await arrangeObjects(cockpit, globex, `canary-${globex.tag}`)).ids
    own = (await arrangeObjects(cockpit, acme, `own-${acme.tag}`)).ids
    const sessions = await cockpit.send('GET /v1/sessions', { headers: await signIn(globex.email) })
    objects.ses = JSON.parse(sessions.text).items[0].id
    await offerModel(cockpit, acme.id, [{ name: 'Demo', kind: 'demo' }])
  })

  const byId = routes.filter(
    ({ route }) => route.path.includes('{') && route.scope !== 'platform' && route.scope !== 'none',
  )
  test.each(byId)('$name answers with the bytes of a missing one', async ({ route }) => {
    const [, param = ''] = /\{(\w+)\}/.exec(route.path) ?? []
    const example = String((exampleOf(route.params as z.ZodObject) as Record<string, string>)[param])
    const prefix = example.split('_')[0] ?? ''
    const foreignId = objects[prefix]
    if (!foreignId) throw new Error(`arrange an object with the prefix '${prefix}' in tests/support/objects.ts`)
    const missingId = `${prefix}_0190f5c27d7a7c3e8f00aa11bb22cc33`
    const [foreign, missing] = [
      await call(route, admin, { ids: { [param]: foreignId } }),
      await call(route, admin, { ids: { [param]: missingId } }),
    ]
    expect(missing.status, missing.text).toBe(404)
    const plain = (text: string, id: string) =>
      text.replaceAll(id, '<id>').replace(/"requestId":"\w+"/, '"requestId":"<request>"')
    expect(plain(foreign.text, foreignId)).toBe(plain(missing.text, missingId))
    expect(foreign.status).toBe(404)
  })

  const paramsOf = (route: (typeof byId)[number]['route']) =>
    [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const nested = byId.filter(({ route }) => paramsOf(route).length > 1)
  test.each(nested)('$name answers for the second id of another account as for a missing one', async ({ route }) => {
    const [outer = '', inner = ''] = paramsOf(route)
    const examples = exampleOf(route.params as z.ZodObject) as Record<string, string>
    const prefixOf = (param: string) => String(examples[param]).split('_')[0] ?? ''
    const [foreignId = '', outerId = ''] = [objects[prefixOf(inner)], own[prefixOf(outer)]]
    const missingId = `${prefixOf(inner)}_0190f5c27d7a7c3e8f00aa11bb22cc33`
    const ask = async (id: string) => {
      const { status, text } = await call(route, admin, { ids: { [outer]: outerId, [inner]: id } })
      return { status, text: text.replaceAll(id, '<id>').replace(/"requestId":"\w+"/, '') }
    }
    expect([foreignId, outerId]).not.toContain('')
    expect(await ask(foreignId)).toEqual(await ask(missingId))
  })

  test('is as unknown in a body as a missing one', async () => {
    const answers = async (body: (id: string) => unknown, line: string, prefix: string) => {
      const foreignId = objects[prefix] ?? ''
      const missingId = `${prefix}_0190f5c27d7a7c3e8f00aa11bb22cc33`
      const [foreign, missing] = [
        await cockpit.send(line, { headers: admin, body: body(foreignId) }),
        await cockpit.send(line, { headers: admin, body: body(missingId) }),
      ]
      const plain = (text: string, id: string) => text.replaceAll(id, '<id>').replace(/"requestId":"\w+"/, '')
      expect(foreign.status, foreign.text).toBeGreaterThanOrEqual(400)
      expect(plain(foreign.text, foreignId)).toBe(plain(missing.text, missingId))
    }
    await answers((id) => ({ name: 'x', orgId: id }), 'POST /v1/teams', 'org')
    await answers((id) => ({ name: 'x', email: 'new@example.com', teamIds: [id] }), 'POST /v1/users', 'team')
    await answers((id) => ({ name: 'x', teamId: id }), 'POST /v1/service-accounts', 'team')
    await answers((id) => ({ name: 'x', owner: { kind: 'user', id } }), 'POST /v1/keys', 'usr')
    await answers((id) => ({ name: 'x', owner: { kind: 'service_account', id } }), 'POST /v1/keys', 'sva')
    await answers((id) => ({ name: 'x', teamId: id }), 'POST /v1/keys', 'team')
    await answers((id) => ({ scope: { type: 'team', id }, limit: '1' }), 'PUT /v1/budgets/allocations', 'team')
    await answers((id) => ({ scope: { type: 'user', id }, limit: '1' }), 'PUT /v1/budgets/allocations', 'usr')
    await answers((id) => ({ parentId: id, among: 'teams' }), 'POST /v1/budgets/distribute', 'bud')
    await answers(
      (id) => ({
        name: 'm',
        prices: { input: '1', output: '1' },
        deployments: [{ connectionId: id, upstreamModel: 'x' }],
      }),
      'POST /v1/catalog/models',
      'con',
    )
    await answers((id) => ({ mode: 'list', modelIds: [id] }), 'PUT /v1/model-selection', 'mdl')
    await answers((id) => ({ principal: { kind: 'key', id }, model: 'own' }), 'POST /v1/explain', 'key')
  })

  test('chosen as account by somebody who does not belong to it changes nothing', async () => {
    const own = await cockpit.send('GET /v1/keys', { headers: admin })
    const smuggled = await cockpit.send('GET /v1/keys', { headers: { ...admin, 'x-account-id': globex.id } })
    expect(smuggled.text).toBe(own.text)
    expect(smuggled.headers.get('x-account-id')).toBe(acme.id)
  })
})
