/** A second call beside a slow one, through the front door: who answers, and who pays for what. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { answer, errorMidStream, failing, serverError } from '../upstreams/index.ts'
import { ask, routesOn, says, wait } from './routes.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const { routed, stateOf } = routesOn(() => stage)

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
