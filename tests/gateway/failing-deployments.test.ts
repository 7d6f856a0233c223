/** Deployments that fail through the front door: who is left alone, and when they are asked again. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import {
  failing,
  forbidden,
  paymentRequired,
  queue,
  quotaExhausted,
  type Reply,
  rateLimited,
  type Script,
  serverError,
  unauthorized,
} from '../upstreams/index.ts'
import { ask, routesOn, says, wait } from './routes.ts'
import { type Stage, startStage, upstreamKey, upstreamModel } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const { routed, offers, explained, stateOf } = routesOn(() => stage)

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
