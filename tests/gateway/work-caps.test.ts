/** What a run, a session and an agent may use all together, and the tags a call carries in its body. */
import { randomBytes } from 'node:crypto'
import type { NewCallLimit } from '@cockpit/contract/limits'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  // one key for both processes
  stage = await startStage({ COCKPIT_SECRET_KEY: randomBytes(32).toString('base64') })
})
afterAll(() => stage?.stop())

const usage = { input: 10, output: 5 }
/** `gapMs` between the pieces of an answer, of which there are five or so. */
const start = async ({ gapMs = 0, used = usage }: { gapMs?: number; used?: typeof usage } = {}) => {
  const upstream = await stage.provider(
    answer({ text: 'Hi', usage: used, delivery: gapMs > 0 ? { cut: 80, gapMs } : {} }),
  )
  return { upstream, tenant: await stage.tenant([{ kind: 'openai-compatible', upstream }]) }
}

type Ask = { headers?: Record<string, string>; at?: Pick<Stage['cockpit'], 'send'>; path?: string } & Record<
  string,
  unknown
>
const ask = async (tenant: Tenant, { headers = {}, at = stage.cockpit, path, ...differs }: Ask = {}) => {
  const answered = await at.send(`POST ${path ?? '/v1/chat/completions'}`, {
    headers: { authorization: `Bearer ${tenant.key.secret}`, ...headers },
    body: { model: tenant.model.name, max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }], ...differs },
  })
  const { status, text } = answered
  return { status, headers: answered.headers, error: status < 400 ? null : JSON.parse(text).error }
}
const run = (id: string, limit?: string) => ({
  headers: { 'x-cockpit-run-id': id, ...(limit !== undefined && { 'x-cockpit-run-limit': limit }) },
})
const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status).sort()

/** Sets a limit and waits until calls are decided with it. */
const limit = async (tenant: Tenant, input: NewCallLimit, knows: () => Promise<boolean>) => {
  const made = await tenant.api.limits.create({ body: input })
  await eventually(async () => {
    if (!(await knows())) throw new Error('the gateway does not know the limit yet')
  }, 15_000)
  return made
}
const toKey = (tenant: Tenant, limits: NewCallLimit['limits']): NewCallLimit => ({
  scope: { type: 'key', id: tenant.key.id },
  limits,
})
let probes = 0
const tellsOfRuns = (tenant: Tenant) => async () =>
  (await ask(tenant, run(`probe-${++probes}`))).headers.has('x-cockpit-run-remaining')

describe.concurrent('a cap of a run', () => {
  test.concurrent('lets as many calls through as it says, however many are made at once, and another run as many', async () => {
    const { tenant, upstream } = await start({ gapMs: 40 })
    await limit(tenant, toKey(tenant, { perRun: { calls: 5 } }), tellsOfRuns(tenant))
    const before = upstream.requests.length
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(tenant, run('nightly'))))
    expect(statuses(answers)).toEqual([...Array(5).fill(200), ...Array(7).fill(402)])
    expect(upstream.requests).toHaveLength(before + 5)
    const refused = answers.find(({ status }) => status === 402)
    expect(refused?.error).toMatchObject({
      code: 'limit.cap_reached',
      scope: { type: 'key', id: tenant.key.id },
      message: expect.stringMatching(/^Run 'nightly' has used 5, and each run of key '.*' may use 5 calls\.$/),
    })
    expect(refused?.headers.get('x-should-retry')).toBe('false')
    expect(refused?.headers.get('x-cockpit-run-remaining')).toBe('calls=0')
    const other = await ask(tenant, run('hourly'))
    expect([other.status, other.headers.get('x-cockpit-run-remaining')]).toEqual([200, 'calls=4'])
  })

  test.concurrent('is one for all processes', async () => {
    const { tenant } = await start({ gapMs: 40 })
    await limit(tenant, toKey(tenant, { perRun: { calls: 6, credits: '900' } }), tellsOfRuns(tenant))
    const other = await stage.cockpit.beside('gateway')
    try {
      await eventually(async () => expect((await ask(tenant, { at: other, ...run(`b-${++probes}`) })).status).toBe(200))
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) => ask(tenant, { at: at % 2 ? other : stage.cockpit, ...run('shared') })),
      )
      expect(statuses(answers)).toEqual([...Array(6).fill(200), ...Array(14).fill(402)])
    } finally {
      await other.stop()
    }
  })

  test.concurrent('counts tokens and credits as used, not as reserved, as soon as a call has ended', async () => {
    const { tenant } = await start()
    const asked = run('frugal', 'tokens=200, credits=40')
    // each reserves more than half of the tokens and uses 15
    const left: number[] = []
    for (let at = 0; at < 4; at++) {
      const { status, headers } = await ask(tenant, { ...asked, stream: at % 2 === 1 })
      expect(status).toBe(200)
      left.push(Number(/tokens=(\d+)/.exec(headers.get('x-cockpit-run-remaining') ?? '')?.[1]))
    }
    expect(left.map((one) => (left[0] ?? 0) - one)).toEqual([0, 15, 30, 45])
    const { items } = await tenant.api.workCounts.list({ query: { q: 'frugal' } })
    expect(items).toMatchObject([
      { kind: 'run', name: 'frugal', tokens: 60, calls: 4, owner: { id: tenant.account.admin.id } },
    ])
    const rows = await eventually(async () => {
      const logged = (await tenant.api.usage.list()).items
      expect(logged).toHaveLength(4)
      return logged
    })
    const credits = rows.reduce((sum, row) => sum + Number(row.credits), 0)
    expect(Number(items[0]?.credits)).toBeCloseTo(credits, 6)
  })

  test.concurrent('a call that nobody bounds gets what is left, and never more', async () => {
    const { tenant, upstream } = await start({ used: { input: 10, output: 4_000 } })
    const asked = run('long', 'tokens=6000')
    expect((await ask(tenant, { ...asked, max_tokens: undefined })).status).toBe(200)
    const { status, error } = await ask(tenant, { ...asked, max_tokens: undefined })
    expect([status, error.code]).toEqual([402, 'limit.cap_reached'])
    expect(error.message).toMatch(/has used 4010; this call may need \d+, and its caller lets it use 6000 tokens/)
    expect(upstream.requests).toHaveLength(1)
    expect((await ask(tenant, { ...asked, max_tokens: 1_900 })).status).toBe(200)
  })

  test.concurrent('ends with its time, also for a call that is under way', async () => {
    const { tenant } = await start({ gapMs: 10_000 })
    const asked = run('slow', 'seconds=2')
    const from = Date.now()
    const late = await ask(tenant, asked)
    expect([late.status, late.error.code]).toEqual([402, 'limit.cap_reached'])
    expect(Date.now() - from).toBeLessThan(6_000)
    const next = await ask(tenant, asked)
    expect(next.error.message).toMatch(/may use|lets it use 2 seconds/)
  })

  test.concurrent('the caller may ask for less and never for more, and a refused call takes nothing', async () => {
    const { tenant } = await start()
    await limit(tenant, toKey(tenant, { perRun: { calls: 3 } }), tellsOfRuns(tenant))
    const more = await ask(tenant, run('greedy', 'calls=50, tokens=300'))
    expect(more.headers.get('x-cockpit-run-remaining')).toMatch(/^tokens=\d+, calls=2$/)
    for (let at = 0; at < 3; at++)
      expect((await ask(tenant, { ...run('greedy', 'tokens=300'), max_tokens: 900 })).status).toBe(402)
    expect((await ask(tenant, run('greedy'))).headers.get('x-cockpit-run-remaining')).toBe('calls=1')
  })

  test.concurrent('calls that name no run are each a run of their own', async () => {
    const { tenant } = await start()
    await limit(tenant, toKey(tenant, { perRun: { tokens: 500, calls: 1 } }), tellsOfRuns(tenant))
    expect(statuses([await ask(tenant), await ask(tenant), await ask(tenant, { max_tokens: 600 })])).toEqual([
      200, 200, 402,
    ])
  })

  test.concurrent("is refused in Anthropic's shape to its callers, who name the run in their metadata", async () => {
    const { tenant } = await start()
    const asked = {
      path: '/v1/messages',
      metadata: { run_id: 'claude' },
      headers: { 'x-cockpit-run-limit': 'calls=1' },
    }
    expect((await ask(tenant, asked)).status).toBe(200)
    const { status, error } = await ask(tenant, asked)
    expect([status, error]).toMatchObject([
      402,
      { type: 'billing_error', details: { error_code: 'limit.cap_reached' } },
    ])
  })

  test.concurrent('a limit that cannot be read, or that has no run, is refused before anything is made', async () => {
    const { tenant, upstream } = await start()
    for (const headers of [
      { 'x-cockpit-run-id': 'odd', 'x-cockpit-run-limit': 'calls=many' },
      { 'x-cockpit-run-id': 'odd', 'x-cockpit-run-limit': 'calls=1, calls=2' },
      { 'x-cockpit-run-limit': 'calls=1' },
      { 'x-cockpit-run-id': 'x'.repeat(129), 'x-cockpit-run-limit': 'calls=1' },
    ])
      expect(await ask(tenant, { headers })).toMatchObject({ status: 400, error: { code: 'input.invalid' } })
    expect(upstream.requests).toHaveLength(0)
  })
})

describe.concurrent('sessions and agents', () => {
  test.concurrent('a session and a run of it are both counted, and the tighter of them decides', async () => {
    const { tenant } = await start()
    const headers = (id: string) => ({
      ...run(id, 'calls=2').headers,
      'x-cockpit-session-id': 'talk',
      'x-cockpit-session-limit': 'calls=3',
    })
    const asked = []
    for (const id of ['a', 'a', 'a', 'b', 'b']) asked.push((await ask(tenant, { headers: headers(id) })).status)
    expect(asked).toEqual([200, 200, 402, 200, 402])
  })

  test.concurrent('an agent has its day for all who call as it, and a limit of its own by its tag', async () => {
    const { tenant } = await start()
    const agent = { headers: { 'x-cockpit-agent': 'Researcher' } }
    await limit(
      tenant,
      { scope: { type: 'tag', id: 'agent:researcher' }, limits: { perAgent: { calls: 3 } } },
      async () => (await ask(tenant, agent)).headers.has('x-cockpit-agent-remaining'),
    )
    const answers = []
    for (let at = 0; at < 3; at++) answers.push(await ask(tenant, agent))
    expect(statuses(answers)).toEqual([200, 200, 402])
    expect(answers[2]?.error.message).toMatch(/^Agent 'Researcher' has used 3, .* may use 3 calls in a day\.$/)
    expect((await ask(tenant)).status).toBe(200)
    const { items } = await tenant.api.workCounts.list({ query: { kind: 'agent' } })
    expect(items).toMatchObject([{ name: 'Researcher', calls: 3, owner: null, day: expect.stringMatching(/^20/) }])
  })
})

describe.concurrent('tags in the body', () => {
  test.concurrent("pairs of metadata, names in its 'tags', and Anthropic's user_id count as the header does", async () => {
    const { tenant } = await start()
    const tags = { 'team:blue': { team: 'Blue' }, nightly: { tags: 'other,nightly' }, 'user_id:u7': { user_id: 'u7' } }
    for (const [id, metadata] of Object.entries(tags)) {
      const path = 'user_id' in metadata ? '/v1/messages' : '/v1/chat/completions'
      await tenant.api.limits.create({ body: { scope: { type: 'tag', id }, limits: { rpm: 1 } } })
      await eventually(async () => {
        const { status, error } = await ask(tenant, { metadata, path })
        expect([status, error?.scope ?? error?.details?.scope]).toEqual([429, { type: 'tag', id, name: id }])
      }, 15_000)
    }
    expect((await ask(tenant, { metadata: { team: 'red' } })).status).toBe(200)
  })
})

test('a cap of a model is refused, and so is one that says nothing', async () => {
  const { tenant } = await start()
  const scope = { type: 'model', id: tenant.model.id } as const
  await expect(tenant.api.limits.create({ body: { scope, limits: { perRun: { calls: 1 } } } })).rejects.toMatchObject({
    code: 'input.invalid',
  })
  await expect(
    tenant.api.limits.create({ body: { scope: { type: 'account' }, limits: { perRun: {} } } }),
  ).rejects.toMatchObject({ code: 'input.invalid' })
})
