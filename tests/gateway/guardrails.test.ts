/** Guardrails through the front door: set by an account, in the path of its calls, read by the official SDKs. */
import Anthropic from '@anthropic-ai/sdk'
import type { NewGuardrail } from '@cockpit/contract/guardrails'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { eventually, openAccount } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { anthropicFor, openaiFor } from './callers.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

type Body = z.input<typeof NewGuardrail>
type Checks = Body['checks']
const emails = (action: 'block' | 'mask' | 'log', on: Checks[number]['on'] = ['input', 'output']): Checks => [
  { kind: 'pii', kinds: ['email'], action, on: on as ['input'] },
]

const started = async (text = 'fine', pieces?: string[]) => {
  const upstream = await stage.provider(answer(pieces ? { text, pieces } : { text }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
  return { upstream, tenant }
}

const said = async (tenant: Tenant, content: string) => {
  const { status, text } = await stage.cockpit.send('POST /v1/chat/completions', {
    headers: { authorization: `Bearer ${tenant.key.secret}` },
    body: { model: tenant.model.name, messages: [{ role: 'user', content }] },
  })
  return { status, body: JSON.parse(text) }
}

/** Sets a guardrail and waits until calls meet it. */
const guarded = async (tenant: Tenant, body: Body) => {
  const guardrail = await tenant.api.guardrails.create({ body })
  const from = performance.now()
  await eventually(async () => {
    const { steps } = await tenant.api.explain.explain({
      body: { principal: { kind: 'key', id: tenant.key.id }, model: tenant.model.name },
    })
    if (!steps.some(({ source }) => source === `guardrail ${guardrail.id}`)) throw new Error('not published yet')
  })
  return { guardrail, ms: performance.now() - from }
}

describe('a call', () => {
  test('meets a guardrail less than a second after it was set, and is free of it as soon after it was deleted', async () => {
    const { tenant } = await started()
    const { guardrail, ms } = await guarded(tenant, { name: 'No addresses', checks: emails('block') })
    expect(ms).toBeLessThan(1_000)
    expect(await said(tenant, 'ada@example.com')).toMatchObject({
      status: 400,
      body: { error: { code: 'guardrail.blocked' } },
    })
    await tenant.api.guardrails.remove({ params: { id: guardrail.id } })
    await eventually(async () => expect((await said(tenant, 'ada@example.com')).status).toBe(200))
  })

  test('that is blocked is an error of its SDK, before and within a stream', async () => {
    const { tenant } = await started('x', ['Write to ', 'ada@exam', 'ple.com', ' now'])
    await guarded(tenant, { name: 'No addresses', checks: emails('block') })
    const openai = openaiFor(tenant)
    const anthropic = anthropicFor(tenant)
    const wrong = [{ role: 'user', content: 'ada@example.com' }] as const
    const right = [{ role: 'user', content: 'Where?' }] as const
    const { name: model } = tenant.model
    const before = await openai.chat.completions
      .create({ model, messages: [...wrong] })
      .catch((error: unknown) => error)
    expect(before).toBeInstanceOf(OpenAI.BadRequestError)
    expect(before).toMatchObject({ status: 400, code: 'guardrail.blocked' })
    const beforeToo = await anthropic.messages
      .create({ model, max_tokens: 20, messages: [...wrong] })
      .catch((error: unknown) => error)
    expect(beforeToo).toBeInstanceOf(Anthropic.BadRequestError)
    expect(String(beforeToo)).toContain("Guardrail 'No addresses' does not let the request pass: email.")

    let heard = ''
    const within = await (async () => {
      for await (const part of await openai.chat.completions.create({ model, messages: [...right], stream: true }))
        heard += part.choices[0]?.delta.content ?? ''
      return null
    })().catch((error: unknown) => error)
    expect(within).toBeInstanceOf(OpenAI.APIError)
    expect(within).toMatchObject({ code: 'guardrail.blocked' })
    expect(heard).toBe('Write to ')
    const stream = anthropic.messages.stream({ model, max_tokens: 20, messages: [...right] })
    let read = ''
    stream.on('text', (text) => {
      read += text
    })
    await expect(stream.done()).rejects.toThrow('guardrail.blocked')
    expect(read).toBe('Write to ')
  })

  test('shows in its log what guardrails said, and what they found nowhere', async () => {
    const { tenant, upstream } = await started('Ask ada@example.com')
    const { guardrail } = await guarded(tenant, { name: 'No addresses', checks: emails('mask') })
    const { data, response } = await openaiFor(tenant)
      .chat.completions.create({
        model: tenant.model.name,
        messages: [{ role: 'user', content: 'I am bob@example.com' }],
      })
      .withResponse()
    expect(data.choices[0]?.message.content).toBe('Ask [EMAIL]')
    expect(JSON.stringify(upstream.requests[0]?.body)).toContain('I am [EMAIL]')
    const logged = await tenant.logged(response.headers.get('x-request-id'))
    const about = {
      guardrailId: guardrail.id,
      guardrail: 'No addresses',
      check: 'pii',
      action: 'mask',
      found: { email: 1 },
    }
    expect(logged.verdicts).toEqual([
      { ...about, direction: 'input' },
      { ...about, direction: 'output' },
    ])
    expect(logged.explanation.steps.filter(({ layer }) => layer === 'guardrail').map(({ value }) => value)).toEqual([
      "'No addresses' masks personal data in requests, answers",
      "'No addresses' masked email in the request",
      "'No addresses' masked email in the answer",
    ])
    expect(JSON.stringify(logged)).not.toMatch(/ada@|bob@/)

    const { items, total } = await tenant.api.guardrails.verdicts({ query: { guardrailId: guardrail.id } })
    expect(total).toBe(2)
    expect(items.map(({ requestId, direction }) => [requestId, direction])).toEqual([
      [logged.id, 'output'],
      [logged.id, 'input'],
    ])
    const to = new Date(Date.now() + 60_000)
    const query = { from: new Date(to.getTime() - 3_600_000).toISOString(), to: to.toISOString() }
    const { points } = await tenant.api.guardrails.series({ query })
    expect(points.reduce((sum, { masked }) => sum + masked, 0)).toBe(2)
  })
})

describe('an account', () => {
  test('tries checks on cases, and learns how often they are right', async () => {
    const { api } = await openAccount(stage.cockpit)
    const { results, score } = await api.guardrails.test({
      body: {
        checks: emails('mask'),
        cases: [
          { text: 'Write to ada@example.com.', expected: 'found' },
          { text: 'Write to nobody.', expected: 'clean' },
          { text: 'ada at example dot com', expected: 'found' },
          { text: 'a@b.co is no address of ours', expected: 'clean' },
        ],
      },
    })
    expect(results[0]).toMatchObject({
      outcome: 'masked',
      text: 'Write to [EMAIL].',
      matches: [{ check: 0, kind: 'email', action: 'mask', start: 9, end: 24 }],
      right: true,
    })
    expect(score).toEqual({ found: 1, missed: 1, wrong: 1, clean: 1, precision: 0.5, recall: 0.5 })
  })

  test('is told which pattern cannot be used, and why', async () => {
    const { api } = await openAccount(stage.cockpit)
    const pattern = (text: string): Body => ({
      name: 'Own',
      checks: [{ kind: 'patterns', patterns: [{ name: 'own', pattern: text }], action: 'log', on: ['input'] }],
    })
    for (const [text, why] of [
      ['(a|b)*a(a|b){16}', /too ambiguous/],
      ['(x)\\1', /refers to an earlier group/],
      ['(?=x)', /looks ahead/],
    ] as const) {
      const refused = await api.guardrails.create({ body: pattern(text) }).catch((error: unknown) => error)
      expect(refused).toMatchObject({ status: 400, code: 'input.invalid' })
      expect(JSON.stringify(refused)).toContain('/checks/0/patterns/0/pattern')
      expect(String(refused)).toMatch(why)
    }
    expect((await api.guardrails.create({ body: pattern('(a+)+b') })).status).toBe('active')
  })

  test('cannot hold a guardrail over a team of another, and learns nothing of it', async () => {
    const [mine, other] = [await openAccount(stage.cockpit), await openAccount(stage.cockpit)]
    const team = await other.api.teams.create({ body: { name: 'Theirs' } })
    const ask = (id: string) =>
      mine.api.guardrails
        .create({ body: { name: 'Theirs', scope: { type: 'team', id }, checks: emails('log') } })
        .catch((error: { status: number; detail?: string; message: string }) => ({
          status: error.status,
          said: error.message,
        }))
    const elsewhere = await ask(team.id)
    expect(elsewhere).toMatchObject({ status: 400 })
    expect(await ask('team_0190f5c27d7a7c3e8f00aa11bb22cc33')).toEqual(elsewhere)
  })

  test('sees before it saves what a guardrail would have done to requests it keeps', async () => {
    const { tenant } = await started('Ask ada@example.com')
    await stage.cockpit.as().accounts.update({ params: { id: tenant.account.id }, body: { logContent: true } })
    await eventually(async () => {
      await said(tenant, 'who?')
      const { looked } = await tenant.api.guardrails.preview({ body: { checks: emails('log') } })
      expect(looked).toBeGreaterThan(0)
    })
    await said(tenant, 'I am bob@example.com')
    await eventually(async () => {
      const { looked, blocked, requests, contentKept } = await tenant.api.guardrails.preview({
        body: { checks: emails('block', ['input']) },
      })
      expect({ blocked, contentKept }).toEqual({ blocked: 1, contentKept: true })
      expect(looked).toBeGreaterThan(1)
      expect(requests).toMatchObject([{ outcome: 'blocked', verdicts: [{ direction: 'input', found: { email: 1 } }] }])
    })
    const { changed } = await tenant.api.guardrails.preview({ body: { checks: emails('mask', ['output']) } })
    expect(changed).toBeGreaterThan(1)
    const elsewhere = { type: 'model', model: 'another' } as const
    expect(await tenant.api.guardrails.preview({ body: { checks: emails('mask'), scope: elsewhere } })).toMatchObject({
      looked: 0,
    })
    expect((await tenant.api.guardrails.list()).items).toEqual([])
  })

  test('reads in its audit log who changed what', async () => {
    const { api } = await openAccount(stage.cockpit)
    const { id } = await api.guardrails.create({ body: { name: 'A', checks: emails('log') } })
    await api.guardrails.update({ params: { id }, body: { status: 'disabled' } })
    await expect(api.guardrails.create({ body: { name: 'a', checks: emails('log') } })).rejects.toMatchObject({
      code: 'guardrail.name_taken',
    })
    await api.guardrails.remove({ params: { id } })
    const actions = (await api.audit.list()).items
      .map(({ name }) => name)
      .filter((name) => name.startsWith('guardrail.'))
    expect(actions).toEqual(['guardrail.deleted', 'guardrail.updated', 'guardrail.created'])
  })
})
