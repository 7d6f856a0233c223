/** What the catalog says a model can do binds its callers, in both dialects, before anything is reserved or asked. */
import type { Capability } from '@cockpit/contract/models'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { answer } from '../upstreams/index.ts'
import { type Stage, startStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

type Body = Record<string, unknown>
const user = (content: unknown): Body => ({ messages: [{ role: 'user', content }], max_tokens: 20 })
const picture = 'data:image/png;base64,iVBORw0KGgo='
const openaiTools: Body = {
  tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
}

/** A tenant whose model is offered for this and nothing else; waits until the gateway has heard of it. */
const offered = async (capabilities: z.infer<typeof Capability>[]) => {
  const upstream = await stage.provider(answer({ text: 'Hi', usage: { input: 10, output: 5 } }))
  const tenant = await stage.tenant([{ kind: 'openai-compatible', upstream }])
  await stage.cockpit.as().models.update({ params: { id: tenant.model.id }, body: { capabilities } })
  const explain = (needs?: ('chat' | 'embeddings' | 'streaming' | 'tools' | 'vision')[]) =>
    tenant.api.explain.explain({
      body: {
        principal: { kind: 'key', id: tenant.key.id },
        model: tenant.model.name,
        ...(needs && { needs }),
      },
    })
  await expect
    .poll(async () => (await explain([])).steps.find(({ layer }) => layer === 'model_capabilities')?.value)
    .toBe(`Its capabilities: ${capabilities.join(', ')}`)
  const call = async (path: string, body: Body) => {
    const { status, text, headers } = await stage.cockpit.send(`POST ${path}`, {
      headers: { authorization: `Bearer ${tenant.key.secret}` },
      body: { model: tenant.model.name, ...body },
    })
    return { status, text, id: headers.get('x-request-id') }
  }
  return { ...tenant, upstream, explain, call }
}

describe('a model that can only chat', () => {
  const cases: [asked: string, path: string, body: Body, says: RegExp][] = [
    ['embeddings', '/v1/embeddings', { input: 'x' }, /not offered for embeddings/],
    ['a stream', '/v1/chat/completions', { ...user('Hi'), stream: true }, /not offered for streamed answers/],
    ['tools', '/v1/chat/completions', { ...user('Hi'), ...openaiTools }, /not offered for tools/],
    [
      'tools in a long request',
      '/v1/chat/completions',
      { ...user('long '.repeat(500)), ...openaiTools },
      /not offered for tools/,
    ],
    [
      'a picture',
      '/v1/chat/completions',
      user([{ type: 'image_url', image_url: { url: picture } }]),
      /not offered for pictures/,
    ],
  ]

  test('is refused all else in words and in the shape of OpenAI, and its provider hears nothing', async () => {
    const tenant = await offered(['chat'])
    for (const [asked, path, body, says] of cases) {
      const refused = await tenant.call(path, body)
      expect(refused.status, asked).toBe(400)
      expect(JSON.parse(refused.text).error, asked).toMatchObject({
        type: 'invalid_request_error',
        code: 'model.unsupported_operation',
        param: 'model',
        message: expect.stringMatching(says),
      })
    }
    expect(tenant.upstream.requests).toHaveLength(0)
    expect((await tenant.call('/v1/chat/completions', user('Hi'))).status).toBe(200)
  })

  test('is refused in the shape of Anthropic, and the log tells which rule refused', async () => {
    const tenant = await offered(['chat'])
    const source = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }
    const refused = await tenant.call('/v1/messages', {
      ...user([{ type: 'image', source }]),
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
    })
    expect(refused.status).toBe(400)
    expect(JSON.parse(refused.text)).toMatchObject({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: expect.stringMatching(/tools and pictures/),
        details: { error_code: 'model.unsupported_operation' },
      },
    })
    const logged = await tenant.logged(refused.id)
    expect(logged).toMatchObject({ status: 'denied', errorCode: 'model.unsupported_operation', credits: '0' })
    expect(logged.explanation.steps).toContainEqual({
      layer: 'model_capabilities',
      rule: 'model.capabilities',
      source: `model ${tenant.model.id}`,
      value: expect.stringMatching(/tools and pictures/),
      verdict: 'deny',
    })
    const { pool } = await tenant.api.budgets.overview()
    expect(pool).toMatchObject({ held: '0', settled: '0' })
  })

  test('takes what only looks like a picture among the arguments of a tool', async () => {
    const tenant = await offered(['chat', 'tools'])
    const drawn = { type: 'tool_use', id: 't1', name: 'draw', input: { type: 'image', width: 3 } }
    const answered = await tenant.call('/v1/messages', {
      max_tokens: 20,
      messages: [
        { role: 'user', content: 'Draw.' },
        { role: 'assistant', content: [drawn] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'drawn' }] },
      ],
    })
    expect(answered.status, answered.text).toBe(200)
  })
})

test('a model that only embeds is refused chats, and embeds', async () => {
  const tenant = await offered(['embeddings'])
  const refused = await tenant.call('/v1/chat/completions', user('Hi'))
  expect(refused.status).toBe(400)
  expect(JSON.parse(refused.text).error.message).toMatch(/not offered for chat; .* embeddings/)
  expect((await tenant.call('/v1/embeddings', { input: 'one' })).status).toBe(200)
})

test('what a call would need can be asked beforehand, and the answer is the one the call gets', async () => {
  const tenant = await offered(['chat', 'streaming'])
  expect(await tenant.explain()).toMatchObject({ decision: 'allow' })
  expect(await tenant.explain(['chat', 'streaming'])).toMatchObject({ decision: 'allow' })
  const told = await tenant.explain(['chat', 'tools'])
  expect(told).toMatchObject({ decision: 'deny', code: 'model.unsupported_operation' })
  expect(told.steps.filter(({ verdict }) => verdict === 'deny')).toEqual([
    {
      layer: 'model_capabilities',
      rule: 'model.capabilities',
      source: `model ${tenant.model.id}`,
      value: told.message,
      verdict: 'deny',
    },
  ])
  const refused = await tenant.call('/v1/chat/completions', { ...user('Hi'), ...openaiTools })
  expect(JSON.parse(refused.text).error).toMatchObject({ code: told.code, message: told.message })
})
