/** Answers that are kept and given again, through the front door: to whom, in which form, for how long and at what cost. */
import type { NewCacheRule } from '@cockpit/contract/cache'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { eventually, issueKey } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { anthropicFor, openaiFor } from './callers.ts'
import { type Kind, type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

type Settings = z.input<typeof NewCacheRule>['settings']

const start = async (settings: Settings | null = {}, kind: Kind = 'openai-compatible') => {
  const call = { id: 'call_1', name: 'look', arguments: { at: 'x' } }
  const upstream = await stage.provider(answer({ text: 'Hello there', tools: [call], usage: { input: 10, output: 5 } }))
  const tenant = await stage.tenant([{ kind, upstream }])
  const rule = settings && (await ruled(tenant, settings))
  return { upstream, tenant, rule }
}

/** Sets the rule of the account and waits until calls are decided with it. */
const ruled = async (tenant: Tenant, settings: Settings) => {
  const rule = await tenant.api.cache.create({ body: { scope: { type: 'account' }, settings } })
  await decidedWith(tenant, (sources) => sources.includes(`cache rule ${rule.id}`))
  return rule
}

const decidedWith = (tenant: Tenant, holds: (sources: string[]) => boolean) =>
  eventually(async () => {
    const principal = { kind: 'key', id: tenant.key.id } as const
    const { steps } = await tenant.api.explain.explain({ body: { principal, model: tenant.model.name } })
    if (!holds(steps.map(({ source }) => source))) throw new Error(JSON.stringify(steps))
  }, 15_000)

type Asked = Record<string, unknown> & { headers?: Record<string, string>; key?: string; path?: string }

const ask = async (tenant: Tenant, { headers = {}, key, path = 'chat/completions', ...differs }: Asked = {}) => {
  const asked = await stage.cockpit.send(`POST /v1/${path}`, {
    headers: { authorization: `Bearer ${key ?? tenant.key.secret}`, ...headers },
    body: {
      model: tenant.model.name,
      ...{ max_tokens: 100, temperature: 0, messages: [{ role: 'user', content: 'Hello' }] },
      ...differs,
    },
  })
  expect(asked.status).toBe(200)
  return { ...asked, said: asked.headers.get('x-cockpit-cache'), id: asked.headers.get('x-request-id') }
}

describe.concurrent('the same request', () => {
  test.concurrent('without a rule reaches the provider each time, and nothing is said of a cache', async () => {
    const { tenant, upstream } = await start(null)
    const said = [await ask(tenant), await ask(tenant)].map(({ said }) => said)
    expect([said, upstream.requests.length]).toEqual([[null, null], 2])
  })

  test.concurrent('gets the very bytes of the first answer, costs nothing, and the log says what it saved', async () => {
    const { tenant, upstream, rule } = await start()
    const [first, again] = [await ask(tenant), await ask(tenant)]
    expect([first.said, again.said, upstream.requests.length]).toEqual(['miss', 'hit', 1])
    expect(again.text).toBe(first.text)
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'))
    expect(again.headers.get('x-cockpit-cache-key')).toBe(first.headers.get('x-cockpit-cache-key'))
    expect(Number(again.headers.get('age'))).toBeLessThan(60)
    expect(again.id).not.toBe(first.id)
    const [paid, free] = [await tenant.logged(first.id), await tenant.logged(again.id)]
    expect(Number(paid.credits)).toBeGreaterThan(0)
    expect(free).toMatchObject({ status: 'ok', credits: '0', cost: { amount: '0' }, connection: null })
    const hit = free.explanation.steps.find((step) => step.rule === 'cache.hit')
    expect(hit?.source).toBe(`cache rule ${rule?.id}`)
    expect(hit?.value).toContain(`saved ${paid.credits} credits`)
    expect(await tenant.settled()).toBe(paid.credits)
  })

  test.concurrent('is the same with its fields in another order and with another end user, and is not with anything else', async () => {
    const { tenant, upstream } = await start()
    const messages = [{ role: 'user', content: 'Hello' }]
    await ask(tenant, { messages })
    const same = await ask(tenant, { messages: [{ content: 'Hello', role: 'user' }], user: 'somebody' })
    expect(same.said).toBe('hit')
    const system = { role: 'system', content: 'Be brief' }
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]
    for (const differs of [
      { messages: [system, ...messages] },
      { tools },
      { max_tokens: 99 },
      { top_p: 0.5 },
      { seed: 1 },
    ])
      expect((await ask(tenant, differs)).said).toBe('miss')
    expect(upstream.requests).toHaveLength(6)
  })

  test.concurrent('with a temperature is made again, unless the rule keeps all', async () => {
    const { tenant, rule } = await start()
    const warm = () => ask(tenant, { temperature: 0.7 })
    expect([(await warm()).said, (await warm()).said]).toEqual(['bypass', 'bypass'])
    await tenant.api.cache.update({ params: { id: rule?.id ?? '' }, body: { settings: { only: 'all' } } })
    await eventually(async () => expect((await warm()).said).toBe('hit'))
  })
})

describe.concurrent('whose an answer is', () => {
  test.concurrent('never another account’s, although both say the same to a model of the same name', async () => {
    const [one, other] = [await start({ share: 'account' }), await start({ share: 'account' })]
    const model = one.tenant.model.name
    const modelIds = [one.tenant.model.id, other.tenant.model.id]
    await stage.cockpit
      .as()
      .models.setEligibility({ params: { id: other.tenant.account.id }, body: { mode: 'list', modelIds } })
    const first = await ask(one.tenant)
    expect([first.said, (await ask(one.tenant)).said]).toEqual(['miss', 'hit'])
    const foreign = await eventually(() => ask(other.tenant, { model }))
    expect([foreign.said, one.upstream.requests.length]).toEqual(['miss', 2])
    expect(foreign.headers.get('x-cockpit-cache-key')).not.toBe(first.headers.get('x-cockpit-cache-key'))
    expect((await ask(other.tenant, { model })).said).toBe('hit')
  })

  test.concurrent('only the key’s own where the rule says so, and every key’s where it is shared', async () => {
    const { tenant, rule } = await start({ share: 'key' })
    const second = await issueKey(stage.cockpit, tenant.account)
    await ask(tenant)
    await eventually(async () => expect((await ask(tenant, { key: second.secret, seed: 1 })).said).toBe('miss'))
    expect((await ask(tenant, { key: second.secret })).said).toBe('miss')
    await tenant.api.cache.update({ params: { id: rule?.id ?? '' }, body: { settings: { share: 'account' } } })
    await eventually(async () => {
      await ask(tenant, { seed: 2 })
      expect((await ask(tenant, { key: second.secret, seed: 2 })).said).toBe('hit')
    })
  })

  test.concurrent('only the end user’s where answers are a person’s', async () => {
    const { tenant } = await start({ share: 'user' })
    const said = []
    for (const user of ['a', 'b', 'a']) said.push((await ask(tenant, { user })).said)
    expect(said).toEqual(['miss', 'miss', 'hit'])
  })
})

/** What an answer in either dialect says. */
const saidIn = (text: string) => {
  const { choices, content, stop_reason, usage, model } = JSON.parse(text)
  const [choice] = choices ?? []
  const tokens = usage.total_tokens ?? [usage.input_tokens, usage.output_tokens]
  return { said: choice?.message ?? content, finish: choice?.finish_reason ?? stop_reason, tokens, model }
}

describe.concurrent('a stream', () => {
  test.concurrent.each(['openai', 'anthropic'] as const)(
    'of %s is given again byte for byte, and answers a whole call alike',
    async (dialect) => {
      const { tenant, upstream } = await start({}, dialect === 'openai' ? 'openai-compatible' : 'anthropic')
      const path = dialect === 'openai' ? 'chat/completions' : 'messages'
      const [first, again] = [await ask(tenant, { path, stream: true }), await ask(tenant, { path, stream: true })]
      expect([first.said, again.said]).toEqual(['miss', 'hit'])
      expect(again.text).toBe(first.text)
      expect(again.headers.get('content-type')).toMatch(/^text\/event-stream/)
      const whole = await ask(tenant, { path })
      expect([whole.said, upstream.requests.length]).toEqual(['hit', 1])
      const fresh = await ask(tenant, { path, headers: { 'x-cockpit-cache': 'off' } })
      expect(saidIn(whole.text)).toEqual(saidIn(fresh.text))
      expect(saidIn(whole.text).finish).toEqual(expect.any(String))
    },
  )

  test.concurrent('of the older completions without its usage is no answer to who asks for it', async () => {
    const { tenant } = await start()
    const older = { path: 'completions', messages: undefined, prompt: 'Hello', stream: true }
    const withUsage = { ...older, stream_options: { include_usage: true } }
    expect([(await ask(tenant, older)).said, (await ask(tenant, older)).said]).toEqual(['miss', 'hit'])
    const asking = await ask(tenant, withUsage)
    expect([asking.said, asking.text.includes('"total_tokens"')]).toEqual(['miss', true])
  })

  test.concurrent('of a whole answer is read by the official SDK of OpenAI, with text, tool calls and usage', async () => {
    const { tenant, upstream } = await start()
    const messages = [{ role: 'user' as const, content: 'Hello' }]
    const body = { model: tenant.model.name, max_tokens: 100, temperature: 0, messages }
    const whole = await openaiFor(tenant).chat.completions.create(body)
    const stream = openaiFor(tenant).chat.completions.stream({ ...body, stream_options: { include_usage: true } })
    const { choices, usage } = await stream.finalChatCompletion()
    expect(upstream.requests).toHaveLength(1)
    expect(choices[0]?.message).toMatchObject({ content: whole.choices[0]?.message.content })
    expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: 'call_1',
      function: { name: 'look', arguments: '{"at":"x"}' },
    })
    expect(choices[0]?.finish_reason).toBe(whole.choices[0]?.finish_reason)
    expect(usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 5 })
  })

  test.concurrent('of a whole answer is read by the official SDK of Anthropic, with text and tool use', async () => {
    const { tenant, upstream } = await start({}, 'anthropic')
    const body = {
      model: tenant.model.name,
      max_tokens: 100,
      temperature: 0,
      messages: [{ role: 'user' as const, content: 'Hello' }],
    }
    const whole = await anthropicFor(tenant).messages.create(body)
    const streamed = await anthropicFor(tenant).messages.stream(body).finalMessage()
    expect(upstream.requests).toHaveLength(1)
    expect(streamed.content).toEqual(whole.content)
    expect([streamed.stop_reason, streamed.usage.output_tokens]).toEqual([whole.stop_reason, whole.usage.output_tokens])
  })
})

describe.concurrent('a caller', () => {
  test.concurrent('is asked for by the words of HTTP: not read, not kept, not older than', async () => {
    const { tenant, upstream } = await start()
    const headers = (control: string) => ({ headers: { 'cache-control': control } })
    expect((await ask(tenant, headers('no-store'))).said).toBe('bypass')
    expect((await ask(tenant)).said).toBe('miss')
    expect((await ask(tenant, headers('no-store'))).said).toBe('bypass')
    expect((await ask(tenant, headers('no-cache'))).said).toBe('miss')
    expect((await ask(tenant, headers('max-age=600'))).said).toBe('hit')
    expect((await ask(tenant, headers('max-age=0'))).said).toBe('miss')
    expect((await ask(tenant, { headers: { 'x-cockpit-cache': 'off' } })).said).toBe('bypass')
    expect((await ask(tenant, { headers: { 'x-cockpit-cache': 'refresh' } })).said).toBe('miss')
    expect(upstream.requests).toHaveLength(7)
  })

  test.concurrent('must ask for it where the rule is for those who ask', async () => {
    const { tenant } = await start({ mode: 'asked' })
    const on = { headers: { 'x-cockpit-cache': 'on' } }
    const said = [await ask(tenant), await ask(tenant, on), await ask(tenant, on), await ask(tenant)].map(
      ({ said }) => said,
    )
    expect(said).toEqual(['bypass', 'miss', 'hit', 'bypass'])
  })

  test.concurrent('of requests per minute is counted for kept answers too', async () => {
    const { tenant } = await start()
    const limit = await tenant.api.limits.create({ body: { scope: { type: 'account' }, limits: { rpm: 2 } } })
    await decidedWith(tenant, (sources) => sources.includes(`limit ${limit.id}`))
    expect([(await ask(tenant)).said, (await ask(tenant)).said]).toEqual(['miss', 'hit'])
    const { status } = await stage.cockpit.send('POST /v1/chat/completions', {
      headers: { authorization: `Bearer ${tenant.key.secret}` },
      body: {
        model: tenant.model.name,
        max_tokens: 100,
        temperature: 0,
        messages: [{ role: 'user', content: 'Hello' }],
      },
    })
    expect(status).toBe(429)
  })
})

describe.concurrent('an answer is forgotten', () => {
  test.concurrent('when its rule is cleared, and when a guardrail is set', async () => {
    const { tenant, rule } = await start()
    await ask(tenant)
    expect((await ask(tenant)).said).toBe('hit')
    expect((await tenant.api.cache.clear({ params: { id: rule?.id ?? '' } })).generation).toBe(1)
    await eventually(async () => expect((await ask(tenant)).said).toBe('miss'))
    const name = 'No addresses'
    const checks = [
      { kind: 'pii' as const, kinds: ['email' as const], action: 'mask' as const, on: ['output' as const] },
    ]
    const guardrail = await tenant.api.guardrails.create({ body: { name, checks } })
    await decidedWith(tenant, (sources) => sources.includes(`guardrail ${guardrail.id}`))
    expect((await ask(tenant)).said).toBe('miss')
    expect((await ask(tenant)).said).toBe('hit')
  })

  test.concurrent('when it is longer than the rule keeps, and never with the rule of the key switched off', async () => {
    const upstream = await stage.provider(answer('word '.repeat(1_000)))
    const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
    await ruled(tenant, { answerBytesMax: 1_024 })
    for (const stream of [false, true])
      expect([(await ask(tenant, { stream })).said, (await ask(tenant, { stream })).said]).toEqual(['miss', 'miss'])
    await tenant.api.cache.create({ body: { scope: { type: 'key', id: tenant.key.id }, settings: { mode: 'off' } } })
    await eventually(async () => expect((await ask(tenant)).said).toBeNull())
  })
})

test('what a rule saved is summed once for each answer it gave, and goes with the rule', async () => {
  const { tenant, rule } = await start()
  const params = { id: rule?.id ?? '' }
  const fresh = await tenant.api.cache.get({ params })
  expect(fresh.saved).toEqual({ hits: 0, similarHits: 0, credits: '0' })
  const paid = await tenant.logged((await ask(tenant)).id)
  for (const _ of [1, 2, 3]) await ask(tenant)
  await ask(tenant, { stream: true })
  const credits = String(Number(paid.credits) * 4)
  await eventually(async () => {
    const [listed] = (await tenant.api.cache.list()).items
    expect(listed?.saved).toEqual({ hits: 4, similarHits: 0, credits })
  })
  const rows = () =>
    stage.cockpit.database.query('select * from cache_savings where account_id = $1', [tenant.account.id])
  expect(await rows()).toHaveLength(1)
  await tenant.api.cache.remove({ params })
  expect(await rows()).toEqual([])
})

test('what is kept is told in figures', async () => {
  const { tenant } = await start()
  await ask(tenant)
  await ask(tenant)
  const { text } = await stage.cockpit.send('GET /metrics')
  expect(text).toMatch(/cockpit_cache_lookups_total\{result="hit"\} [1-9]/)
  expect(text).toMatch(/cockpit_cache_entries [1-9]/)
  expect(text).toMatch(/cockpit_cache_bytes [1-9]/)
})
