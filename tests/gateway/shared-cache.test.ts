/** Answers that processes share in a real Valkey or Redis: found by all, sealed, cleared, and never in the way. */
import type { NewCacheRule } from '@cockpit/contract/cache'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { eventually } from '../support/account.ts'
import type { Reachable } from '../support/reach.ts'
import { startValkey, type Valkey, whyNoValkey } from '../support/valkey.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

describe.skipIf(whyNoValkey)(`a shared cache${whyNoValkey ? ` (left out, as ${whyNoValkey})` : ''}`, () => {
  let valkey: Valkey
  let stage: Stage
  let other: Reachable & { stop(): Promise<void> }
  beforeAll(async () => {
    valkey = await startValkey()
    stage = await startStage({ COCKPIT_VALKEY_URL: valkey.url, COCKPIT_SECRET_KEY: 's'.repeat(32) })
    other = await stage.cockpit.beside('gateway')
  })
  afterAll(async () => {
    await other?.stop()
    await stage?.stop()
    await valkey?.stop()
  })

  const start = async (settings: z.input<typeof NewCacheRule>['settings'] = {}, text = 'The secret of the house') => {
    const upstream = await stage.provider(answer({ text, usage: { input: 10, output: 5 } }))
    const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
    const rule = await tenant.api.cache.create({ body: { scope: { type: 'account' }, settings } })
    for (const place of [stage.cockpit, other])
      await eventually(async () => {
        const asked = await ask(tenant, place, { seed: 0, headers: { 'x-cockpit-cache': 'refresh' } })
        expect(asked.said).toBe('miss')
      }, 15_000)
    const before = upstream.requests.length
    return { tenant, upstream, rule, made: () => upstream.requests.length - before }
  }

  type Asked = Record<string, unknown> & { headers?: Record<string, string> }
  const ask = async (tenant: Tenant, place: Reachable, { headers = {}, ...differs }: Asked = {}) => {
    const asked = await place.send('POST /v1/chat/completions', {
      headers: { authorization: `Bearer ${tenant.key.secret}`, ...headers },
      body: {
        model: tenant.model.name,
        ...{ max_tokens: 100, temperature: 0, messages: [{ role: 'user', content: 'Hello' }], seed: 1 },
        ...differs,
      },
    })
    expect(asked.status).toBe(200)
    return { ...asked, said: asked.headers.get('x-cockpit-cache'), id: asked.headers.get('x-request-id') }
  }

  const keysOf = async ({ account }: Tenant) => (await valkey.keys()).filter((key) => key.includes(account.id))
  const kept = (tenant: Tenant, count: number) =>
    eventually(async () => {
      const keys = await keysOf(tenant)
      expect(keys).toHaveLength(count)
      return keys
    })

  test('gives an answer one process got to a call of another, which costs nothing and is logged as saved', async () => {
    const { tenant, made } = await start()
    const first = await ask(tenant, stage.cockpit)
    await kept(tenant, 2)
    const again = await ask(tenant, other)
    expect([first.said, again.said, made()]).toEqual(['miss', 'hit', 1])
    expect(again.text).toBe(first.text)
    expect(Number(again.headers.get('age'))).toBeLessThan(60)
    const [paid, free] = [await tenant.logged(first.id), await tenant.logged(again.id)]
    expect(free).toMatchObject({ status: 'ok', credits: '0', connection: null })
    expect(free.explanation.steps.find(({ rule }) => rule === 'cache.hit')?.value).toContain(
      `saved ${paid.credits} credits`,
    )
  })

  test('keeps a stream that another process gives whole', async () => {
    const { tenant, made } = await start()
    await ask(tenant, stage.cockpit, { stream: true })
    await kept(tenant, 2)
    const whole = await ask(tenant, other)
    expect([whole.said, made()]).toEqual(['hit', 1])
    expect(JSON.parse(whole.text).choices[0].message.content).toBe('The secret of the house')
  })

  test('shows nobody who reads it what was said, names accounts only by their ids, and keeps nothing for ever', async () => {
    const { tenant, rule } = await start({ ttlSeconds: 300 })
    await ask(tenant, stage.cockpit)
    for (const key of await kept(tenant, 2)) {
      expect(key).toMatch(new RegExp(`^cockpit:answers:1:${tenant.account.id}:${rule.id}:[\\w-]{43}$`))
      expect(await valkey.value(key)).not.toMatch(/secret|house|chat\.completion/)
      const seconds = await valkey.ttl(key)
      expect(seconds).toBeGreaterThan(200)
      expect(seconds).toBeLessThanOrEqual(300)
    }
  })

  test('gives no account what another one keeps, even where somebody moves it to the other’s name', async () => {
    const [one, two] = [await start({ share: 'account' }, 'of one'), await start({ share: 'account' }, 'of two')]
    const key = async (tenant: Tenant, place: Reachable) => {
      const { headers } = await ask(tenant, place)
      return headers.get('x-cockpit-cache-key')
    }
    const named = ({ tenant, rule }: typeof one, name: string | null) =>
      `cockpit:answers:1:${tenant.account.id}:${rule.id}:${name}`
    const [ofOne, ofTwo] = [await key(one.tenant, stage.cockpit), await key(two.tenant, stage.cockpit)]
    expect(ofOne).not.toBe(ofTwo)
    await kept(one.tenant, 2)
    await kept(two.tenant, 2)
    await valkey.rename(named(one, ofOne), named(two, ofTwo))
    const moved = await ask(two.tenant, other)
    expect([moved.said, moved.text.includes('of two')]).toEqual(['miss', true])
    await valkey.set(named(one, ofOne), 'what somebody else wrote')
    expect((await ask(one.tenant, other)).said).toBe('miss')
  })

  test('is emptied of what a rule kept when it is cleared and when it is deleted, and of nothing else', async () => {
    const [{ tenant, rule }, { tenant: neighbour }] = [await start(), await start()]
    await ask(tenant, stage.cockpit)
    await ask(neighbour, stage.cockpit)
    await kept(tenant, 2)
    await tenant.api.cache.clear({ params: { id: rule.id } })
    await kept(tenant, 0)
    await eventually(async () => expect((await ask(tenant, other)).said).toBe('miss'))
    await eventually(async () => expect((await keysOf(tenant)).length).toBeGreaterThan(0))
    await tenant.api.cache.remove({ params: { id: rule.id } })
    await kept(tenant, 0)
    expect(await keysOf(neighbour)).toHaveLength(2)
  })

  test('keeps no answer longer than its rule allows', async () => {
    const { tenant } = await start({ answerBytesMax: 1_024 }, 'word '.repeat(1_000))
    await ask(tenant, stage.cockpit)
    expect((await ask(tenant, stage.cockpit)).said).toBe('miss')
    expect(await keysOf(tenant)).toEqual([])
  })

  test('that hangs, dies and comes back keeps nobody from an answer, and is used again', async () => {
    const { tenant, made } = await start()
    valkey.pause()
    const ended = performance.now()
    for (let seed = 100; seed < 130; seed++) expect((await ask(tenant, stage.cockpit, { seed })).said).toBe('miss')
    expect(made()).toBe(30)
    const { text } = await stage.cockpit.send('GET /metrics')
    const resting = Number(/^cockpit_shared_cache_lookups_total\{result="resting"\} (\d+)$/m.exec(text)?.[1])
    const failed = Number(/^cockpit_shared_cache_lookups_total\{result="failed"\} (\d+)$/m.exec(text)?.[1])
    // whoever asks finds out anew once a second, and nobody else waits
    expect(failed).toBeLessThanOrEqual(5 + (performance.now() - ended) / 1_000)
    expect(resting).toBeGreaterThan(10)
    valkey.resume()
    const isShared = (seed: number) =>
      eventually(async () => {
        await ask(tenant, stage.cockpit, { seed })
        expect((await ask(tenant, other, { seed })).said).toBe('hit')
      }, 15_000)
    await isShared(131)
    await valkey.kill()
    expect((await ask(tenant, stage.cockpit, { seed: 140 })).said).toBe('miss')
    // its own memory serves meanwhile
    expect((await ask(tenant, stage.cockpit, { seed: 140 })).said).toBe('hit')
    await valkey.startAgain()
    let seed = 200
    await eventually(async () => {
      seed++
      await ask(tenant, stage.cockpit, { seed })
      await eventually(async () => expect((await keysOf(tenant)).length).toBeGreaterThan(0), 500)
      expect((await ask(tenant, other, { seed })).said).toBe('hit')
    }, 15_000)
  })
})
