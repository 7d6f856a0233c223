/** Routes through the front door: who is tried, who is left alone, and that the caller pays for one answer only. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ModelRoute } from '@cockpit/contract/routing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { eventually, issueKey, offerModel } from '../support/account.ts'
import {
  answer,
  cutMidStream,
  errorMidStream,
  failing,
  forbidden,
  hang,
  hangMidStream,
  paymentRequired,
  queue,
  quotaExhausted,
  type Reply,
  rateLimited,
  refusal,
  type Script,
  serverError,
  unauthorized,
} from '../upstreams/index.ts'
import { pairs } from './callers.ts'
import { type Provider, type Stage, startStage, type Tenant, upstreamKey, upstreamModel } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

type RouteInput = z.input<typeof ModelRoute>
type Options = Partial<NonNullable<RouteInput['deployments']>[number]>

const [openai] = pairs
const caller = openai?.caller
const ask = (tenant: Pick<Tenant, 'url' | 'key' | 'model'>, options: object = {}) => {
  if (!caller) throw new Error('there is a caller')
  return caller.ask(tenant, options)
}
const says = (text: string) => answer({ text, usage: { input: 10, output: 5 } })

/** A tenant whose model runs on one provider for each script, over the given route. */
const routed = async (scripts: readonly Script[], route: RouteInput, options: readonly Options[] = []) => {
  const upstreams = await Promise.all(scripts.map((script) => stage.provider(script)))
  const providers = upstreams.map((upstream): Provider => ({ kind: 'openai-compatible', upstream }))
  const tenant = await stage.tenant(providers)
  await setRoute(tenant, {
    ...route,
    deployments: tenant.connections.map(({ id }, at) => ({ connectionId: id, upstreamModel, ...options[at] })),
  })
  const counts = () => upstreams.map(({ requests }) => requests.length)
  return { tenant, upstreams, counts }
}

const explained = (tenant: Tenant) =>
  tenant.api.explain.explain({ body: { principal: { kind: 'key', id: tenant.key.id }, model: tenant.model.name } })

/** Sets a route and waits until the gateway has it: what is published after it shows that it is there. */
const setRoute = async (tenant: Tenant, body: RouteInput, by: Tenant['api'] = stage.cockpit.as()) => {
  const params = { id: tenant.model.id }
  await by.routing.set({ params, body })
  const displayName = `Routed ${randomBytes(4).toString('hex')}`
  await by.models.update({ params, body: { displayName } })
  await offers(tenant, displayName)
}

const offers = (tenant: Tenant, name: string) =>
  eventually(async () => {
    const headers = { authorization: `Bearer ${tenant.key.secret}` }
    const { text } = await stage.cockpit.send('GET /v1/me/effective', { headers })
    if (!text.includes(name)) throw new Error(`'${name}' is not published yet: ${text}`)
  })

const stateOf = async (tenant: Tenant, at: number) =>
  (await stage.cockpit.as().routing.get({ params: { id: tenant.model.id } })).states[at]?.state

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.concurrent('deployments share the calls', () => {
  test('in turns', async () => {
    const { tenant, counts } = await routed([says('a'), says('b')], { strategy: 'round_robin' })
    for (let call = 0; call < 6; call++) await ask(tenant)
    expect(counts()).toEqual([3, 3])
  })

  test('by weight, where nothing goes to a deployment without any', async () => {
    const weights = [{ weight: 0 }, { weight: 5 }]
    const { tenant, counts } = await routed([says('a'), says('b')], { strategy: 'weighted' }, weights)
    for (let call = 0; call < 8; call++) await ask(tenant)
    expect(counts()).toEqual([0, 8])
  })

  test('by tier: local first, and the cloud only when the local ones fail', async () => {
    const tiers = [{ tier: 2 }, { tier: 0 }, { tier: 1 }]
    const scripts = [
      says('cloud'),
      queue(says('local'), serverError(), serverError()),
      queue(says('other'), serverError()),
    ]
    const { tenant, counts } = await routed(scripts, { strategy: 'weighted' }, tiers)
    expect([(await ask(tenant)).text, (await ask(tenant)).text, (await ask(tenant)).text]).toEqual([
      'local',
      'other',
      'cloud',
    ])
    expect(counts()).toEqual([1, 3, 2])
  })

  test('by their cost for such a call', async () => {
    const costs = [{ cost: { input: '3', output: '3' } }, { cost: { input: '1', output: '1' } }]
    const { tenant, counts } = await routed([says('a'), says('b')], { strategy: 'lowest_cost' }, costs)
    await ask(tenant)
    expect(counts()).toEqual([0, 1])
  })

  test('a session stays where it is', async () => {
    const route = { strategy: 'weighted', sticky: 'session' } as const
    const { tenant, counts } = await routed([says('a'), says('b'), says('c')], route)
    const send = (session: string) =>
      stage.cockpit.send('POST /v1/chat/completions', {
        headers: { authorization: `Bearer ${tenant.key.secret}`, 'x-session-id': session },
        body: { model: tenant.model.name, messages: [{ role: 'user', content: 'Hello' }] },
      })
    for (let call = 0; call < 6; call++) expect((await send('one session')).status).toBe(200)
    expect(counts().sort()).toEqual([0, 0, 6])
    for (let session = 0; session < 20; session++) await send(`session ${session}`)
    expect(Math.min(...counts())).toBeGreaterThan(0)
  })

  test('a conversation stays where its prompt is known, and others go elsewhere', async () => {
    const route = { strategy: 'weighted', sticky: 'prompt_prefix' } as const
    const { tenant, counts } = await routed([says('a'), says('b'), says('c')], route)
    const send = async (path: '/v1/chat/completions' | '/v1/messages', messages: object[]) => {
      const headers = { authorization: `Bearer ${tenant.key.secret}` }
      const body = { model: tenant.model.name, max_tokens: 50, messages }
      expect((await stage.cockpit.send(`POST ${path}`, { headers, body })).status).toBe(200)
    }
    for (const path of ['/v1/chat/completions', '/v1/messages'] as const) {
      const before = counts()
      const talk: object[] = []
      for (let turn = 0; turn < 6; turn++) {
        talk.push({ role: 'user', content: `Question ${turn}` })
        await send(path, talk)
        talk.push({ role: 'assistant', content: `Answer ${turn}` })
      }
      const here = counts().map((count, at) => count - (before[at] ?? 0))
      expect(here.sort()).toEqual([0, 0, 6])
    }
    for (let other = 0; other < 20; other++) await send('/v1/messages', [{ role: 'user', content: `Other ${other}` }])
    expect(Math.min(...counts())).toBeGreaterThan(0)
  })

  test('a deployment at its limit of calls at once is passed over, and where all are, the caller comes back later', async () => {
    const limits = [{ parallelMax: 1 }, { perMinuteMax: 1 }]
    const { tenant, upstreams } = await routed([hang(), says('b')], {}, limits)
    const first = ask(tenant, { signal: AbortSignal.timeout(3_000) }).catch(() => null)
    await upstreams[0]?.request(0)
    expect((await ask(tenant)).text).toBe('b')
    await expect(ask(tenant)).rejects.toMatchObject({ status: 429, code: 'upstream.rate_limited' })
    await first
  })
})

describe.concurrent('a deployment that fails', () => {
  test('so often in a row rests, and one call finds out that it is well again', async () => {
    const breaker = { failures: 2, coolMs: 2_000 }
    const { tenant, counts } = await routed([failing(2, serverError(), says('a')), says('b')], { breaker })
    for (const expected of ['b', 'b', 'b', 'b']) expect((await ask(tenant)).text).toBe(expected)
    expect(counts()).toEqual([2, 4])
    expect(await stateOf(tenant, 0)).toMatchObject({ blocked: 'breaker_open', failures: 2 })
    expect((await explained(tenant)).candidates).toMatchObject([
      { place: null, passedOver: 'breaker_open' },
      { place: 1, passedOver: null },
    ])
    await wait(2_050)
    expect((await ask(tenant)).text).toBe('a')
    expect(await stateOf(tenant, 0)).toMatchObject({ blocked: null, failures: 0 })
    const { text } = await stage.cockpit.send('GET /metrics')
    expect(text).toContain('cockpit_breaker_changes_total{to="open"}')
    expect(text).toContain(`cockpit_failovers_total{model="${tenant.model.name}",code="upstream.error"} 2`)
  })

  test('its trial rests again', async () => {
    const breaker = { failures: 1, coolMs: 300 }
    const { tenant, counts } = await routed([serverError(), says('b')], { breaker })
    await ask(tenant)
    await wait(350)
    await ask(tenant)
    await ask(tenant)
    expect(counts()).toEqual([2, 3])
  })

  test('alone is asked all the same: nobody else could answer', async () => {
    const breaker = { failures: 1, coolMs: 60_000 }
    const { tenant } = await routed([failing(1, serverError(), says('a'))], { breaker })
    await expect(ask(tenant)).rejects.toMatchObject({ status: 500 })
    expect((await ask(tenant)).text).toBe('a')
  })

  test('for its credential is left alone until the credential is another one', async () => {
    const upstreams = [await stage.provider(says('a')), await stage.provider(says('b'))] as const
    const tenant = await stage.tenant([
      { kind: 'openai-compatible', upstream: upstreams[0], secret: 'sk-outdated' },
      { kind: 'openai-compatible', upstream: upstreams[1] },
    ])
    expect([(await ask(tenant)).text, (await ask(tenant)).text]).toEqual(['b', 'b'])
    expect(upstreams[0].requests).toHaveLength(1)
    expect(await stateOf(tenant, 0)).toMatchObject({ blocked: 'credential' })
    const id = tenant.connections[0]?.id ?? ''
    await stage.cockpit.as().providers.update({ params: { id }, body: { secret: upstreamKey } })
    await eventually(async () => expect((await ask(tenant)).text).toBe('a'))
  })

  const dead: [string, Reply][] = [
    ['401', unauthorized()],
    ['402', paymentRequired()],
    ['403', forbidden()],
    ['429 of a spent quota', quotaExhausted()],
  ]
  /** Two deployments on one credential, and one on another. */
  const onTwoCredentials = async (first: Script, second: Script) => {
    const { tenant, counts } = await routed([first, second], {})
    const [one, other] = tenant.connections
    const at = (connectionId = '', name = upstreamModel) => ({ connectionId, upstreamModel: name })
    const deployments = [at(one?.id), at(one?.id, 'another-model'), at(other?.id)]
    const displayName = `Twice ${randomBytes(4).toString('hex')}`
    await stage.cockpit.as().models.update({ params: { id: tenant.model.id }, body: { deployments, displayName } })
    await offers(tenant, displayName)
    return { tenant, counts }
  }

  test.each(dead)(
    'with a %s takes its credential out of the call, and the next credential answers',
    async (_name, fault) => {
      const { tenant, counts } = await onTwoCredentials(fault, says('b'))
      expect((await ask(tenant)).text).toBe('b')
      expect(counts()).toEqual([1, 1])
    },
  )

  test('for its rate is followed by the next one, on the same credential too', async () => {
    const { tenant, counts } = await onTwoCredentials(queue(rateLimited(), says('a')), says('b'))
    expect((await ask(tenant)).text).toBe('a')
    expect(counts()).toEqual([2, 0])
  })

  test('like all others for its credential is the gateway’s error, whatever each said', async () => {
    const { tenant, counts } = await onTwoCredentials(unauthorized(), quotaExhausted())
    await expect(ask(tenant)).rejects.toMatchObject({ status: 502, code: 'upstream_credentials_exhausted' })
    expect(counts()).toEqual([1, 1])
  })

  test('for its rate is left alone as long as it says', async () => {
    const { tenant, counts } = await routed([queue(rateLimited({ retryAfterMs: 700 }), says('a')), says('b')], {})
    expect([(await ask(tenant)).text, (await ask(tenant)).text]).toEqual(['b', 'b'])
    expect(counts()).toEqual([1, 2])
    await wait(750)
    expect((await ask(tenant)).text).toBe('a')
  })

  test('is not asked more often than the route allows a call', async () => {
    const { tenant, counts } = await routed([serverError(), serverError(), says('c')], { attemptsMax: 2 })
    await expect(ask(tenant)).rejects.toMatchObject({ status: 500 })
    expect(counts()).toEqual([1, 1, 0])
  })
})

describe.concurrent('a second call beside a slow one', () => {
  const late = (text: string, firstByteMs = 2_500) =>
    answer({ text, usage: { input: 10, output: 5 }, delivery: { firstByteMs } })
  const hedge = { afterMs: 200, percentMax: 100 }
  const records = async (tenant: Tenant, count: number) =>
    eventually(async () => {
      const { items } = await tenant.api.usage.list()
      expect(items).toHaveLength(count)
      return items
    })

  test.each([true, false])(
    'answers when it begins first (stream: %s), and the one given up is billed for what it read',
    async (stream) => {
      const { tenant, counts } = await routed([late('slow'), says('quick')], { hedge })
      const said = await ask(tenant, { stream })
      expect(said).toMatchObject({ text: 'quick', tokens: { input: 10, output: 5 } })
      expect(counts()).toEqual([1, 1])
      const items = await records(tenant, 2)
      const won = await tenant.logged(said.requestId)
      expect(won).toMatchObject({ status: 'ok', attempts: 2, credits: '0.02' })
      expect(won.spans.find(({ name }) => name === 'hedge')?.detail).toContain('called too')
      const lost = await tenant.logged(items.find(({ id }) => id !== said.requestId)?.id)
      expect(lost).toMatchObject({ status: 'cancelled', errorCode: 'route.hedged', tokens: { output: 0 } })
      expect(lost.errorMessage).toContain(said.requestId)
      expect(lost.tokens.input).toBeGreaterThan(0)
      const both = Number(won.credits) + Number(lost.credits)
      await eventually(async () => expect(Number(await tenant.settled())).toBeCloseTo(both, 6))
      expect(await stateOf(tenant, 0)).toMatchObject({ busy: 0 })
      expect((await stage.cockpit.send('GET /metrics')).text).toContain(
        `cockpit_hedges_total{model="${tenant.model.name}",winner="second"} 1`,
      )
    },
  )

  test('is broken off when the first one begins after all', async () => {
    const { tenant, counts } = await routed([late('first', 500), late('second', 5_000)], { hedge })
    expect((await ask(tenant, { stream: true })).text).toBe('first')
    expect(counts()).toEqual([1, 1])
    const items = await records(tenant, 2)
    expect(items.map(({ status }) => status).sort()).toEqual(['cancelled', 'ok'])
  })

  test('does not go out where the first is in time, has no next one, or is kept', async () => {
    const { tenant, counts } = await routed([says('a'), says('b')], { hedge })
    await ask(tenant, { stream: true })
    await wait(300)
    expect(counts()).toEqual([1, 0])
    const alone = await routed([late('slow', 500)], { hedge })
    expect((await ask(alone.tenant)).text).toBe('slow')
    const kept = await routed([late('slow', 600), says('b')], { hedge })
    const { status } = await stage.cockpit.send('POST /v1/responses', {
      headers: { authorization: `Bearer ${kept.tenant.key.secret}` },
      body: { model: kept.tenant.model.name, input: 'Hello', store: true },
    })
    expect(status).toBe(200)
    expect(kept.counts()).toEqual([1, 0])
  })

  test('stays within its share of the calls and the credits it may cost', async () => {
    const half = await routed([late('slow', 500), says('quick')], { hedge: { ...hedge, percentMax: 50 } })
    const texts = []
    for (let call = 0; call < 4; call++) texts.push((await ask(half.tenant)).text)
    expect(texts).toEqual(['slow', 'quick', 'slow', 'quick'])
    const dear = await routed([late('slow', 500), says('quick')], { hedge: { ...hedge, creditsMax: '0.000001' } })
    expect((await ask(dear.tenant)).text).toBe('slow')
    expect(dear.counts()).toEqual([1, 0])
  })

  test('stands in where one of both fails, and the next is asked when both do', async () => {
    const failsLate = { ...errorMidStream('x', 0), delivery: { ...errorMidStream('x', 0).delivery, firstByteMs: 400 } }
    const first = await routed([failsLate, late('second', 600)], { hedge })
    expect((await ask(first.tenant, { stream: true })).text).toBe('second')
    const second = await routed([late('first', 600), serverError()], { hedge })
    expect((await ask(second.tenant, { stream: true })).text).toBe('first')
    const both = await routed([failsLate, serverError(), says('third')], { hedge })
    expect((await ask(both.tenant, { stream: true })).text).toBe('third')
    expect(both.counts()).toEqual([1, 1, 1])
  })

  test('ends with a caller who hangs up: both are broken off and billed', async () => {
    const { tenant, upstreams } = await routed([late('a'), late('b')], { hedge })
    const gone = new AbortController()
    const asked = ask(tenant, { signal: gone.signal }).catch(() => null)
    await upstreams[1]?.request(0)
    gone.abort()
    await asked
    const items = await records(tenant, 2)
    expect(items.map(({ status }) => status)).toEqual(['cancelled', 'cancelled'])
    await eventually(async () => expect(await stateOf(tenant, 1)).toMatchObject({ busy: 0 }))
  })

  test('goes out when a call is slower than 95 of 100 were', async () => {
    const { tenant, counts } = await routed([failing(21, says('a'), late('slow')), says('quick')], {
      hedge: { afterMs: null, percentMax: 100 },
    })
    for (let call = 0; call < 21; call++) await ask(tenant)
    const before = counts()[1]
    expect((await ask(tenant)).text).toBe('quick')
    expect(before).toBeLessThan(counts()[1] ?? 0)
  })
})

describe.concurrent('copies of answered calls', () => {
  /** A model of the account's own, whose calls are copied to the model of the platform, paid by a key of a team. */
  const shadowed = async (original: Script, copy: Script, differs: object = {}) => {
    const copyUpstream = await stage.provider(copy)
    const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream: copyUpstream }])
    const upstream = await stage.provider(original)
    const { id: connectionId } = await tenant.api.providers.create({
      body: { kind: 'openai-compatible', name: 'Own', baseUrl: upstream.baseUrl, secret: upstreamKey, maxRetries: 0 },
    })
    const name = `own-${randomBytes(4).toString('hex')}`
    const model = await tenant.api.models.create({
      body: {
        ...{ name, capabilities: ['chat', 'streaming'], prices: { input: '1000', output: '2000' } },
        deployments: [{ connectionId, upstreamModel }],
      },
    })
    const payer = await issueKey(stage.cockpit, tenant.account, { name: 'Shadow', ...differs })
    const shadow = { model: tenant.model.name, percent: 100, keyId: payer.id }
    const own = { ...tenant, model }
    await setRoute(own, { shadow }, tenant.api)
    const report = () => tenant.api.routing.shadow({ params: { id: model.id } })
    return { own, upstream, copyUpstream, payer, report, shadow }
  }

  test.each([true, false])('say what another model answers, on a key of their own (stream: %s)', async (stream) => {
    const scripts = queue(says('Yes.'), says('No.'))
    const { own, report, payer, copyUpstream } = await shadowed(queue(says('Yes.'), says('Yes.')), scripts)
    const first = await ask(own, { stream })
    await eventually(async () => expect((await report()).pairs).toBe(1))
    await ask(own, { stream })
    const told = await eventually(async () => {
      const found = await report()
      expect(found).toMatchObject({ pairs: 2, same: 1, failed: 0 })
      return found
    })
    expect(told.recent.map(({ verdict }) => verdict)).toEqual(['different', 'same'])
    expect(told.recent[1]?.original.id).toBe(first.requestId)
    expect([told.original.outputTokens, told.copy.outputTokens]).toEqual([5, 5])
    const copy = await own.logged(told.recent[1]?.copy.id)
    expect(copy).toMatchObject({ status: 'ok', model: told.recent[1]?.model, key: { id: payer.id }, credits: '0.02' })
    expect(told.copy.credits).toBe('0.04')
    expect(copyUpstream.requests).toHaveLength(2)
  })

  test('never keep an answer waiting, and one that fails is no matter of the caller', async () => {
    const slow = answer({ text: 'late', usage: { input: 10, output: 5 }, delivery: { firstByteMs: 3_000 } })
    const { own, report } = await shadowed(says('at once'), queue(slow, serverError()))
    const from = performance.now()
    expect((await ask(own)).text).toBe('at once')
    expect(performance.now() - from).toBeLessThan(2_500)
    expect((await ask(own)).text).toBe('at once')
    await eventually(async () => expect(await report()).toMatchObject({ pairs: 2, failed: 1 }), 15_000)
  })

  test('rest when their key may call no more', async () => {
    const { own, report, copyUpstream } = await shadowed(says('Yes.'), says('Yes.'), { models: [] })
    for (let call = 0; call < 3; call++) await ask(own)
    await eventually(async () => expect(await report()).toMatchObject({ pairs: 1, failed: 1 }))
    expect(copyUpstream.requests).toHaveLength(0)
  })

  test('are for models of an account alone, to another model, by a key of the account', async () => {
    const { own, shadow } = await shadowed(says('Yes.'), says('Yes.'))
    const pointersOf = (attempt: Promise<unknown>) =>
      attempt.then(
        () => [],
        (error: { errors: { pointer: string }[] }) => error.errors.map(({ pointer }) => pointer),
      )
    const set = (differs: object) =>
      own.api.routing.set({ params: { id: own.model.id }, body: { shadow: { ...shadow, ...differs } } })
    expect(await pointersOf(set({ model: own.model.name }))).toEqual(['/shadow/model'])
    expect(await pointersOf(set({ keyId: 'key_00000000000000000000000000' }))).toEqual(['/shadow/keyId'])
    const { tenant } = await routed([says('a')], {})
    const platform = stage.cockpit.as().routing.set({ params: { id: tenant.model.id }, body: { shadow } })
    expect(await pointersOf(platform)).toEqual(['/shadow'])
  })
})

describe.concurrent('a connection that is looked after', () => {
  const upstreamThat = async () => {
    const state = { well: true, asked: 0 }
    const upstream = createServer((req, res) => {
      state.asked++
      req.resume()
      res.writeHead(state.well ? 200 : 503, { 'content-type': 'application/json' })
      res.end(state.well ? '{"object":"list","data":[{"id":"some-model"}]}' : '{"error":{"message":"away"}}')
    })
    await new Promise<void>((ready) => upstream.listen(0, '127.0.0.1', ready))
    const { port } = upstream.address() as AddressInfo
    return { state, baseUrl: `http://127.0.0.1:${port}/v1`, stop: () => upstream.close() }
  }

  test('leaves the choice while its checks fail, comes back with the first that succeeds, and keeps what was seen', async () => {
    const { tenant, counts } = await routed([says('a'), says('b')], {})
    const watched = await upstreamThat()
    const platform = stage.cockpit.as()
    const params = { id: tenant.connections[0]?.id ?? '' }
    const body = { baseUrl: watched.baseUrl, secret: 'sk-watched', healthCheck: { everySeconds: 5, failures: 1 } }
    const state = async () => (await platform.providers.get({ params })).downSince
    await platform.providers.update({ params, body })
    await eventually(async () => expect((await platform.providers.health({ params })).recent[0]?.ok).toBe(true))
    expect(await state()).toBeNull()

    watched.state.well = false
    await eventually(async () => expect(await state()).not.toBeNull(), 15_000)
    await eventually(async () =>
      expect((await explained(tenant)).candidates).toMatchObject([
        { place: null, passedOver: 'unhealthy' },
        { place: 1, passedOver: null },
      ]),
    )
    const asked = watched.state.asked
    expect((await ask(tenant)).text).toBe('b')
    expect(counts()).toEqual([0, 1])
    expect(watched.state.asked - asked).toBeLessThanOrEqual(1)
    const { states } = await platform.routing.get({ params: { id: tenant.model.id } })
    expect(states.map(({ downSince }) => downSince !== null)).toEqual([true, false])
    const [last] = (await platform.providers.health({ params })).recent
    expect(last).toMatchObject({ ok: false, reason: expect.stringContaining('503') })

    watched.state.well = true
    await eventually(async () => expect(await state()).toBeNull(), 15_000)
    const { periods } = await platform.providers.health({ params })
    expect(periods.reduce((sum, { failed }) => sum + failed, 0)).toBeGreaterThan(0)
    expect(periods.reduce((sum, { checks, failed }) => sum + checks - failed, 0)).toBeGreaterThan(1)
    const named = async (name: string) =>
      (await platform.audit.list({ query: { subjectId: params.id, name } })).items.length
    expect(await named('provider_connection.down')).toBe(1)
    expect(await named('provider_connection.recovered')).toBe(1)
    watched.stop()
  }, 60_000)

  test('is asked all the same where nobody else could answer, and no longer counts as down once nobody looks', async () => {
    const watched = await upstreamThat()
    watched.state.well = false
    const { tenant } = await routed([says('a')], {})
    const platform = stage.cockpit.as()
    const params = { id: tenant.connections[0]?.id ?? '' }
    const healthCheck = { everySeconds: 3_600, failures: 1 }
    await platform.providers.update({ params, body: { baseUrl: watched.baseUrl, secret: 'sk-watched', healthCheck } })
    await eventually(async () => expect((await platform.providers.get({ params })).downSince).not.toBeNull())
    const before = watched.state.asked
    await eventually(async () => {
      await expect(ask(tenant)).rejects.toMatchObject({ status: 503 })
    })
    expect(watched.state.asked).toBeGreaterThan(before)
    await platform.providers.update({ params, body: { healthCheck: null } })
    expect(await platform.providers.get({ params })).toMatchObject({ healthCheck: null, downSince: null })
    watched.stop()
  })
})

describe.concurrent.each(pairs)('a stream of $name', ({ caller: speaker, kind }) => {
  const starting: [string, Reply][] = [
    ['ends in an error', errorMidStream('one two three', 1)],
    ['is cut', cutMidStream('one two three', 1)],
    ['falls silent', hangMidStream('one two three', 1)],
  ]
  test.concurrent.each(starting)(
    'that %s before its first word is answered by the next deployment, and billed once',
    async (_name, fault) => {
      const broken = await stage.provider(fault)
      const sound = await stage.provider(says('Here I am.'))
      const tenant = await stage.tenant([
        { kind, upstream: broken },
        { kind, upstream: sound },
      ])
      const timeouts = { firstTokenMs: 400 }
      const [first] = tenant.connections
      await setRoute(tenant, { deployments: [{ connectionId: first?.id ?? '', upstreamModel, timeouts }] })
      const said = await speaker.ask(tenant, { stream: true })
      expect(said).toMatchObject({ text: 'Here I am.', tokens: { input: 10, output: 5 } })
      const logged = await tenant.logged(said.requestId)
      expect(logged).toMatchObject({ status: 'ok', attempts: 2, credits: '0.02' })
      expect(await tenant.settled()).toBe('0.02')
    },
  )
})

describe.concurrent('another model answers instead', () => {
  const tooLong = refusal(400, "This model's maximum context length is 8192 tokens.", 'context_length_exceeded')
  const prices = { input: '3000', output: '6000' }

  const withSpare = async (
    script: Script,
    on: NonNullable<RouteInput['fallbacks']>[number]['on'],
    key: object = {},
  ) => {
    const upstream = await stage.provider(script)
    const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }], key)
    const spareUpstream = await stage.provider(says('From the spare.'))
    const connection = {
      kind: 'openai-compatible',
      name: 'Spare',
      baseUrl: spareUpstream.baseUrl,
      secret: upstreamKey,
    } as const
    const { model: spare } = await offerModel(stage.cockpit, tenant.account.id, [connection], { upstreamModel, prices })
    await setRoute(tenant, { fallbacks: [{ model: spare.name, on }] })
    await offers(tenant, spare.name)
    return { tenant, spare, spareUpstream }
  }

  test('when a prompt is too long, at its own price, and only its answer is paid for', async () => {
    const { tenant, spare } = await withSpare(tooLong, ['context_length'])
    const said = await ask(tenant)
    expect(said.text).toBe('From the spare.')
    const logged = await tenant.logged(said.requestId)
    expect(logged).toMatchObject({ status: 'ok', model: spare.name, attempts: 2, credits: '0.06' })
    expect(logged.spans.find(({ name }) => name === 'fallback')?.detail).toContain('context_length')
    expect(await tenant.settled()).toBe('0.06')
  })

  test('when every deployment fails, and not for reasons the route does not name', async () => {
    const failed = await withSpare(serverError(), ['error'])
    expect((await ask(failed.tenant)).text).toBe('From the spare.')
    const long = await withSpare(tooLong, ['error'])
    await expect(ask(long.tenant)).rejects.toMatchObject({ status: 400 })
    expect(long.spareUpstream.requests).toHaveLength(0)
  })

  test('within its own limits: what another model may not take goes back as the error of the first', async () => {
    const { tenant, spare, spareUpstream } = await withSpare(serverError(), ['error'])
    const { id } = await tenant.api.limits.create({
      body: { scope: { type: 'model', id: spare.id }, limits: { rpm: 1, outputTokensMax: 7 } },
    })
    const principal = { kind: 'key', id: tenant.key.id } as const
    await eventually(async () => {
      const told = await tenant.api.explain.explain({ body: { principal, model: spare.name } })
      expect(JSON.stringify(told.steps)).toContain(id)
    }, 15_000)
    expect((await ask(tenant, { maxTokens: 50 })).text).toBe('From the spare.')
    expect(JSON.stringify(spareUpstream.requests[0]?.body)).toMatch(/"max_(completion_)?tokens":7\b/)
    await expect(ask(tenant)).rejects.toMatchObject({ status: 500, code: 'upstream.error' })
    await expect(ask({ ...tenant, model: spare })).rejects.toMatchObject({ status: 429 })
    expect(spareUpstream.requests).toHaveLength(1)
  })

  test('only where the caller may use it: a key for one model gets the error of that model', async () => {
    const { tenant, spareUpstream } = await withSpare(serverError(), ['error'])
    await tenant.api.keys.update({ params: { id: tenant.key.id }, body: { models: [tenant.model.name] } })
    await eventually(async () => {
      await expect(ask(tenant)).rejects.toMatchObject({ status: 500 })
    })
    const before = spareUpstream.requests.length
    await expect(ask(tenant)).rejects.toMatchObject({ status: 500 })
    expect(spareUpstream.requests).toHaveLength(before)
  })
})

describe.concurrent('what would happen', () => {
  test('is told with the very order the gateway uses, also for a draft', async () => {
    const { tenant } = await routed([says('a'), says('b')], { strategy: 'ordered' })
    const [first, second] = tenant.connections
    const simulate = (body: object) => stage.cockpit.as().routing.simulate({ params: { id: tenant.model.id }, body })
    const failingFirst = [{ connectionId: first?.id, upstreamModel, with: 'credential' }]
    const stored = await simulate({ failing: failingFirst })
    expect(stored.answeredBy).toMatchObject({ connectionId: second?.id, model: tenant.model.name })
    expect(stored.steps.map(({ kind, ok }) => [kind, ok])).toEqual([
      ['attempt', false],
      ['attempt', true],
    ])
    const draft = { deployments: [{ connectionId: first?.id, upstreamModel, tier: 5 }] }
    expect((await simulate({ route: draft })).candidates.map(({ place }) => place)).toEqual([2, 1])
    expect((await ask(tenant)).text).toBe('a')
  })

  test('a route that does not fit its model is refused, field by field', async () => {
    const { tenant } = await routed([says('a')], {})
    const set = (body: RouteInput) => stage.cockpit.as().routing.set({ params: { id: tenant.model.id }, body })
    const foreign = { connectionId: 'con_00000000000000000000000000', upstreamModel }
    const own = { connectionId: tenant.connections[0]?.id ?? '', upstreamModel }
    const pointers = (attempt: Promise<unknown>) =>
      attempt.then(
        () => [],
        (error: { errors: { pointer: string }[] }) => error.errors.map(({ pointer }) => pointer),
      )
    expect(await pointers(set({ deployments: [foreign, own, own] }))).toEqual(['/deployments/0', '/deployments/2'])
    expect(await pointers(set({ deployments: [{ ...own, canaryPercent: 5 }] }))).toEqual(['/deployments'])
    const fallbacks = [
      { model: tenant.model.name, on: ['error' as const] },
      { model: 'nowhere', on: ['error' as const] },
    ]
    expect(await pointers(set({ fallbacks }))).toEqual(['/fallbacks/0/model', '/fallbacks/1/model'])
  })
})
