/** Routes through the front door: who is tried, and that the caller pays for one answer only. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, offerModel } from '../support/account.ts'
import {
  cutMidStream,
  errorMidStream,
  hang,
  hangMidStream,
  queue,
  type Reply,
  refusal,
  type Script,
  serverError,
} from '../upstreams/index.ts'
import { pairs } from './callers.ts'
import { ask, type RouteInput, routesOn, says } from './routes.ts'
import { type Stage, startStage, upstreamKey, upstreamModel } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const { routed, setRoute, offers } = routesOn(() => stage)

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
