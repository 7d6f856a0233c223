/** What a gateway keeps ready for its next calls counts as left: it refuses nobody, and an explanation says the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, issueKey, password } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

/** One credit, of which one small call has spent 0.02 and leased more. */
const nearlyUsed = async () => {
  const upstream = await stage.provider(answer({ text: 'Hi', usage: { input: 10, output: 5 } }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }], { credits: '1' })
  const call = async (maxTokens: number, secret = tenant.key.secret) => {
    const { status, text, headers } = await stage.cockpit.send('POST /v1/chat/completions', {
      headers: { authorization: `Bearer ${secret}` },
      body: { model: tenant.model.name, max_tokens: maxTokens, messages: [{ role: 'user', content: 'Hi' }] },
    })
    return { status, id: headers.get('x-request-id'), code: status === 200 ? null : JSON.parse(text).error.code }
  }
  const explain = (outputTokensMax: number, key: { id: string } = tenant.key) =>
    tenant.api.explain.explain({
      body: { principal: { kind: 'key', id: key.id }, model: tenant.model.name, inputTokens: 30, outputTokensMax },
    })
  const first = await call(20)
  expect(first.status).toBe(200)
  expect(await tenant.logged(first.id)).toMatchObject({ credits: '0.02' })
  const { pool } = await tenant.api.budgets.overview()
  expect(Number(pool.held), 'the gateway keeps a lease').toBeGreaterThan(0.1)
  return { ...tenant, call, explain }
}

describe.concurrent('with a lease at hand', () => {
  test.concurrent('a call that needs most of the rest is explained as allowed and is made', async () => {
    const at = await nearlyUsed()
    expect(await at.explain(300)).toMatchObject({ decision: 'allow', budget: { remaining: '0.98' } })
    // the lease is given back once its own usage is booked, which is a moment after the log shows it
    await eventually(async () => expect(await at.call(300)).toMatchObject({ status: 200 }))
  })

  test.concurrent('a call that needs more than is left is explained as refused and is refused', async () => {
    const at = await nearlyUsed()
    expect(await at.explain(325)).toMatchObject({ decision: 'deny', code: 'budget.exhausted' })
    expect(await at.call(325)).toMatchObject({ status: 402, code: 'budget.exhausted' })
  })

  test.concurrent('what lies ready for one person is there for another', async () => {
    const at = await nearlyUsed()
    const user = await at.api.users.create({
      body: { email: `bob-${at.account.tag}@example.com`, name: 'Bob', password },
    })
    await at.api.budgets.allocate({ body: { scope: { type: 'user', id: user.id }, mode: 'cap', limit: '1' } })
    const key = await issueKey(stage.cockpit, at.account, { name: 'bob', owner: { kind: 'user', id: user.id } })
    expect(await at.explain(300, key)).toMatchObject({ decision: 'allow' })
    await eventually(async () => expect(await at.call(300, key.secret)).toMatchObject({ status: 200 }))
  })

  test.concurrent('a person sees all that is left', async () => {
    const at = await nearlyUsed()
    const { text } = await stage.cockpit.send('GET /v1/me/effective', {
      headers: { authorization: `Bearer ${at.key.secret}` },
    })
    expect(JSON.parse(text).budget).toMatchObject({ remaining: '0.98' })
  })
})

test('a trace tells what is left for calls, whatever lies ready', async () => {
  const upstream = await stage.provider(answer({ text: 'Hi', usage: { input: 10, output: 5 } }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }], { credits: '250' })
  const call = () =>
    stage.cockpit.send('POST /v1/chat/completions', {
      headers: { authorization: `Bearer ${tenant.key.secret}` },
      body: { model: tenant.model.name, max_tokens: 90, messages: [{ role: 'user', content: 'Hi' }] },
    })
  const told = async () => {
    const { explanation } = await tenant.logged((await call()).headers.get('x-request-id'))
    const step = explanation.steps.find(({ rule }) => rule === 'budget.remaining')
    return [explanation.budget?.remaining, step?.value.split(' for ')[0]]
  }
  expect(await told()).toEqual(['250', '250 of 250 credits left'])
  for (let made = 1; made < 25; made++) await call()
  // 0.5 are spent by now, and all but a thousandth of what is left is told
  const left = Number((await told())[0])
  expect(left).toBeGreaterThanOrEqual(249.5)
  expect(left).toBeLessThan(249.75)
})

test('one call after the other is refused only when less is left than it may cost', async () => {
  const upstream = await stage.provider(answer({ text: 'Hi', usage: { input: 10, output: 5 } }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }], { credits: '1' })
  // each may cost about 0.3 of the one credit and costs 0.02
  const call = () =>
    stage.cockpit.send('POST /v1/chat/completions', {
      headers: { authorization: `Bearer ${tenant.key.secret}` },
      body: { model: tenant.model.name, max_tokens: 90, messages: [{ role: 'user', content: 'Hi' }] },
    })
  let made = 0
  let last = await call()
  for (; last.status === 200; last = await call()) made++
  const { code, message } = JSON.parse(last.text).error
  expect([last.status, code]).toEqual([402, 'budget.exhausted'])
  const [left, need] = (/has (\S+) of 1 credits left; this call may need (\S+)\. /.exec(message) ?? [])
    .slice(1)
    .map(Number)
  expect(left).toBeCloseTo(1 - made * 0.02, 6)
  expect(left).toBeLessThan(need ?? 0)
  expect(made).toBeGreaterThan(30)
})
