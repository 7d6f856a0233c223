/** Guardrails that ask services outside, each spoken to as its maker documents it, through the front door. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NewGuardrailService } from '@cockpit/contract/guardrail-services'
import type { NewGuardrail } from '@cockpit/contract/guardrails'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { eventually, openAccount } from '../support/account.ts'
import { answer } from '../upstreams/index.ts'
import { openaiFor } from './callers.ts'
import { type Stage, startStage, type Tenant } from './stage.ts'

let stage: Stage
const servers: Server[] = []
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  for (const server of servers) server.close().closeAllConnections()
  await stage?.stop()
})

type Asked = { path: string; headers: IncomingHttpHeaders; body: Record<string, unknown> }
type Reply = { status?: number; body: unknown; afterMs?: number }

/** A service that answers as `reply` says, and remembers what it was asked. */
const service = async (reply: (asked: Asked) => Reply) => {
  const asked: Asked[] = []
  const server = createServer(async (req, res) => {
    const pieces: Buffer[] = []
    for await (const piece of req) pieces.push(piece)
    const one = { path: req.url ?? '', headers: req.headers, body: JSON.parse(Buffer.concat(pieces).toString()) }
    asked.push(one)
    const { status = 200, body, afterMs = 0 } = reply(one)
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Presidio's analyzer, which counts characters: it knows one person and one town. */
const presidio = () =>
  service(({ body }) => {
    const text = [...String(body.text)].join('\u0001').split('\u0001')
    const find = (word: string, entity_type: string) => {
      const letters = [...word]
      return text.flatMap((_, start) =>
        letters.every((letter, at) => text[start + at] === letter)
          ? [{ entity_type, start, end: start + letters.length, score: 0.85, analysis_explanation: null }]
          : [],
      )
    }
    return { body: [...find('Ada Lovelace', 'PERSON'), ...find('London', 'LOCATION')] }
  })

const started = async (text = 'fine', pieces?: string[]) => {
  const upstream = await stage.provider(answer(pieces ? { text, pieces } : { text }))
  return { upstream, tenant: await stage.tenant([{ kind: 'openai-compatible', upstream }]) }
}

type Check = Omit<Extract<z.input<typeof NewGuardrail>['checks'][number], { kind: 'external' }>, 'kind' | 'serviceId'>

/** A guardrail that asks a service, once calls meet it. */
const asking = async (
  tenant: Tenant,
  connected: Omit<z.input<typeof NewGuardrailService>, 'name'>,
  check: Check,
  onFailure: 'open' | 'closed' = 'closed',
) => {
  const { id: serviceId } = await tenant.api.guardrailServices.create({ body: { name: 'Judge', ...connected } })
  const checks: z.input<typeof NewGuardrail>['checks'] = [{ kind: 'external', serviceId, ...check }]
  const guardrail = await tenant.api.guardrails.create({ body: { name: 'Judged', onFailure, checks } })
  await eventually(async () => {
    const { steps } = await tenant.api.explain.explain({
      body: { principal: { kind: 'key', id: tenant.key.id }, model: tenant.model.name },
    })
    if (!steps.some(({ source }) => source === `guardrail ${guardrail.id}`)) throw new Error('not published yet')
  })
  return { serviceId, guardrail }
}

const said = async (tenant: Tenant, content: string, more: object = {}) => {
  const { status, text, headers } = await stage.cockpit.send('POST /v1/chat/completions', {
    headers: { authorization: `Bearer ${tenant.key.secret}` },
    body: { model: tenant.model.name, messages: [{ role: 'user', content }], ...more },
  })
  return { status, text, headers }
}

describe('Presidio', () => {
  test('says where names and places stand, and they are masked in the request and in the answer', async () => {
    const { url, asked } = await presidio()
    const { tenant, upstream } = await started('Ada Lovelace lived in London')
    await asking(
      tenant,
      { kind: 'presidio', url, secret: 'letmein', language: 'de' },
      { action: 'mask', on: ['input', 'output'] },
    )
    const { text, headers } = await said(tenant, 'Did 👩‍🚀 Ada Lovelace see London?')
    expect(JSON.stringify(upstream.requests[0]?.body)).toContain('Did 👩‍🚀 [PERSON] see [LOCATION]?')
    expect(JSON.parse(text).choices[0].message.content).toBe('[PERSON] lived in [LOCATION]')
    expect(asked.map(({ path }) => path)).toEqual(['/analyze', '/analyze'])
    expect(asked[0]).toMatchObject({
      headers: { authorization: 'Bearer letmein' },
      body: { text: 'Did 👩‍🚀 Ada Lovelace see London?', language: 'de' },
    })
    const logged = await tenant.logged(headers.get('x-request-id'))
    expect(logged.verdicts).toMatchObject([
      { check: 'external', direction: 'input', action: 'mask', found: { person: 1, location: 1 } },
      { check: 'external', direction: 'output', action: 'mask', found: { person: 1, location: 1 } },
    ])
    const spans = logged.spans.filter(({ name }) => name === 'guardrail service')
    expect(spans).toMatchObject([
      { detail: 'Judge', ok: true },
      { detail: 'Judge', ok: true },
    ])
    expect(JSON.stringify(logged)).not.toContain('Lovelace')
  })

  test('masks in a stream what is split between its pieces, and its reader reads none of it before', async () => {
    const { url } = await presidio()
    const { tenant } = await started('x', ['Ask Ada Love', 'lace in Lon', 'don now'])
    await asking(tenant, { kind: 'presidio', url }, { action: 'mask', on: ['output'], categories: ['PERSON'] })
    let heard = ''
    const { name: model } = tenant.model
    for await (const part of await openaiFor(tenant).chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Whom?' }],
      stream: true,
    }))
      heard += part.choices[0]?.delta.content ?? ''
    expect(heard).toBe('Ask [PERSON] in London now')
  })
})

describe('moderation by a provider connection', () => {
  test('blocks by category and threshold, before anything is paid', async () => {
    const { url, asked } = await service(({ body }) => ({
      body: {
        id: 'modr-1',
        model: 'omni-moderation-latest',
        results: (body.input as string[]).map((text) => ({
          flagged: text.includes('kill'),
          categories: { violence: text.includes('kill'), hate: false },
          category_scores: { violence: text.includes('kill') ? 0.97 : 0.01, hate: 0.4 },
        })),
      },
    }))
    const { tenant, upstream } = await started()
    const connection = await tenant.api.providers.create({
      body: { name: 'Moderator', kind: 'openai-compatible', baseUrl: `${url}/v1`, secret: 'sk-moderator' },
    })
    await asking(
      tenant,
      { kind: 'openai_moderation', connectionId: connection.id },
      { action: 'block', on: ['input'], threshold: 0.8 },
    )
    expect((await said(tenant, 'hello')).status).toBe(200)
    const refused = await said(tenant, 'how to kill')
    expect(refused.status).toBe(400)
    expect(JSON.parse(refused.text).error).toMatchObject({
      code: 'guardrail.blocked',
      message: expect.stringContaining("Guardrail 'Judged' does not let the request pass: violence."),
    })
    expect(upstream.requests).toHaveLength(1)
    expect(asked[0]).toMatchObject({
      path: '/v1/moderations',
      headers: { authorization: 'Bearer sk-moderator' },
      body: { model: 'omni-moderation-latest', input: ['hello'] },
    })
    expect((await tenant.logged(refused.headers.get('x-request-id'))).cost.amount).toBe('0')
  })
})

describe('Azure AI Content Safety', () => {
  test('flags what is severe, and attacks on prompts', async () => {
    const { url, asked } = await service(({ path, body }) =>
      path.startsWith('/contentsafety/text:analyze')
        ? {
            body: {
              blocklistsMatch: [],
              categoriesAnalysis: (body.categories as string[]).map((category) => ({
                category,
                severity: category === 'Violence' && String(body.text).includes('hit') ? 4 : 0,
              })),
            },
          }
        : {
            body: {
              userPromptAnalysis: { attackDetected: String(body.userPrompt).includes('ignore') },
              documentsAnalysis: [],
            },
          },
    )
    const { tenant } = await started()
    const { guardrail } = await asking(
      tenant,
      { kind: 'azure_content_safety', url, secret: 'azure-key' },
      { action: 'flag', on: ['input'] },
    )
    expect((await said(tenant, 'hello')).headers.get('x-guardrail-flagged')).toBeNull()
    const flagged = await said(tenant, 'hit and ignore')
    expect(flagged.headers.get('x-guardrail-flagged')).toBe(guardrail.id)
    expect((await tenant.logged(flagged.headers.get('x-request-id'))).verdicts).toMatchObject([
      { found: { violence: 1, promptattack: 1 } },
    ])
    expect(asked.every(({ headers }) => headers['ocp-apim-subscription-key'] === 'azure-key')).toBe(true)
    expect(
      asked
        .map(({ path }) => path)
        .sort()
        .slice(0, 2),
    ).toEqual([
      '/contentsafety/text:analyze?api-version=2024-09-01',
      '/contentsafety/text:analyze?api-version=2024-09-01',
    ])
  })
})

describe('a webhook', () => {
  const guard = () =>
    service(({ body }) => {
      const messages = body.messages as { content: string }[]
      const found = messages.flatMap(({ content }, message_id) => {
        const start = content.indexOf('EMP-1')
        return start < 0
          ? []
          : [{ start, end: start + 5, text: 'EMP-1', detector_type: 'pii/employee', labels: [], message_id }]
      })
      const attacked = messages.findIndex(({ content }) => content.includes('jailbreak'))
      return {
        body: {
          flagged: found.length > 0 || attacked >= 0,
          payload: found,
          breakdown: [
            { detector_type: 'pii', detected: found.length > 0, message_id: found[0]?.message_id ?? 0 },
            { detector_type: 'prompt_attack', detected: attacked >= 0, message_id: Math.max(0, attacked) },
          ],
        },
      }
    })

  test('masks what it says the place of, and the whole of what it does not', async () => {
    const { url, asked } = await guard()
    const { tenant, upstream } = await started()
    await asking(tenant, { kind: 'webhook', url: `${url}/v2/guard`, secret: 'hook' }, { action: 'mask', on: ['input'] })
    await said(tenant, 'I am EMP-1')
    await said(tenant, 'a jailbreak')
    expect(upstream.requests.map(({ body }) => JSON.stringify(body?.messages))).toEqual([
      expect.stringContaining('I am [PII_EMPLOYEE]'),
      expect.stringContaining('"content":"[PROMPT_ATTACK]"'),
    ])
    expect(asked[0]).toMatchObject({
      path: '/v2/guard',
      headers: { authorization: 'Bearer hook' },
      body: { messages: [{ role: 'user', content: 'I am EMP-1' }], payload: true, breakdown: true },
    })
  })

  test('that blocks an answer blocks it whole and as a stream, and nobody has read of it', async () => {
    const { url } = await guard()
    const { tenant } = await started('I know EMP-1 well', ['I know ', 'EMP-', '1 well'])
    await asking(tenant, { kind: 'webhook', url }, { action: 'block', on: ['output'] })
    const whole = await said(tenant, 'who?')
    expect(whole.status).toBe(400)
    const stream = await said(tenant, 'who?', { stream: true })
    expect(stream.status).toBe(200)
    expect(stream.text).toContain('guardrail.blocked')
    expect(stream.text).not.toMatch(/know|EMP/)
  })
})

describe('a service that does not answer', () => {
  test('refuses or lets pass as its guardrail says, in time, and is not asked again for a while', async () => {
    const { url, asked } = await service(() => ({ body: [], afterMs: 3_000 }))
    const { tenant } = await started()
    const { guardrail } = await asking(
      tenant,
      { kind: 'presidio', url, timeoutMs: 100 },
      { action: 'block', on: ['input'] },
    )
    const from = performance.now()
    for (let at = 0; at < 4; at++) {
      const { status, text } = await said(tenant, 'hello')
      expect({ status, code: JSON.parse(text).error.code }).toEqual({ status: 503, code: 'guardrail.unavailable' })
    }
    expect(performance.now() - from).toBeLessThan(2_500)
    expect(asked).toHaveLength(3)
    await tenant.api.guardrails.update({ params: { id: guardrail.id }, body: { onFailure: 'open' } })
    await eventually(async () => expect((await said(tenant, 'hello')).status).toBe(200))
    const passed = await said(tenant, 'hello')
    expect((await tenant.logged(passed.headers.get('x-request-id'))).verdicts).toMatchObject([{ action: 'let_pass' }])
  })

  test('and one that answers nonsense are told apart when they are tested', async () => {
    const { api } = await openAccount(stage.cockpit)
    const { url } = await service(() => ({ body: { detail: 'no' } }))
    const create = (name: string, at: string) =>
      api.guardrailServices.create({ body: { name, kind: 'presidio', url: at, timeoutMs: 500 } })
    const test = async ({ id }: { id: string }) =>
      (await api.guardrailServices.check({ params: { id }, body: { text: 'Ada Lovelace' } })).reason
    expect(await test(await create('Odd', url))).toBe('The service cannot be asked: its answer cannot be read.')
    expect(await test(await create('Away', 'http://127.0.0.1:9'))).toMatch(/the connection failed/)
    const good = await create('Good', (await presidio()).url)
    expect(
      await api.guardrailServices.check({ params: { id: good.id }, body: { text: 'Ada Lovelace' } }),
    ).toMatchObject({
      ok: true,
      findings: [{ category: 'PERSON', score: 0.85, start: 0, end: 12 }],
    })
    expect((await api.guardrailServices.get({ params: { id: good.id } })).lastError).toBeNull()
  })
})

describe('an account', () => {
  test('tries checks by a service on cases, and learns how often they are right', async () => {
    const { api } = await openAccount(stage.cockpit)
    const { url } = await presidio()
    const { id: serviceId } = await api.guardrailServices.create({ body: { name: 'Names', kind: 'presidio', url } })
    const { results, score } = await api.guardrails.test({
      body: {
        checks: [{ kind: 'external', serviceId, action: 'mask', on: ['input'] }],
        cases: [
          { text: 'Ask Ada Lovelace', expected: 'found' },
          { text: 'Ask nobody', expected: 'clean' },
          { text: 'Ask Grace Hopper', expected: 'found' },
        ],
      },
    })
    expect(results[0]).toMatchObject({ outcome: 'masked', text: 'Ask [PERSON]', right: true })
    expect(score).toMatchObject({ found: 1, missed: 1, clean: 1, wrong: 0, recall: 0.5 })
  })

  test('cannot ask the service of another, nor lose one that is asked, nor send a secret to another host', async () => {
    const [mine, other] = [await openAccount(stage.cockpit), await openAccount(stage.cockpit)]
    const theirs = await other.api.guardrailServices.create({
      body: { name: 'A', kind: 'presidio', url: 'https://a.example', secret: 'kept' },
    })
    const body = {
      name: 'G',
      checks: [{ kind: 'external' as const, serviceId: theirs.id, action: 'log' as const, on: ['input' as const] }],
    }
    await expect(mine.api.guardrails.create({ body })).rejects.toMatchObject({ status: 400, code: 'input.invalid' })
    const guardrail = await other.api.guardrails.create({ body })
    const params = { id: theirs.id }
    await expect(other.api.guardrailServices.remove({ params })).rejects.toMatchObject({
      code: 'guardrail_service.in_use',
    })
    await expect(
      other.api.guardrailServices.update({ params, body: { url: 'https://b.example' } }),
    ).rejects.toMatchObject({ status: 400 })
    await other.api.guardrails.remove({ params: { id: guardrail.id } })
    await other.api.guardrailServices.remove({ params })
    const told = (await other.api.audit.list()).items.filter(({ name }) => name.startsWith('guardrail_service.'))
    expect(told.map(({ name }) => name)).toEqual(['guardrail_service.deleted', 'guardrail_service.created'])
    expect(JSON.stringify(told)).not.toContain('kept')
  })
})
