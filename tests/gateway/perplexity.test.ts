/** A provider that speaks Responses and no other dialect, as callers of Responses reach it, and what its searches cost. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Verbatim } from '../upstreams/index.ts'
import { type Stage, startStage, upstreamModel } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const answer: Verbatim = {
  kind: 'verbatim',
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'perplexity/sonar',
    output: [
      {
        id: 'msg_1',
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Four degrees.', annotations: [] }],
      },
    ],
    usage: {
      input_tokens: 100,
      output_tokens: 10,
      total_tokens: 110,
      tool_calls_details: { search_web: { invocation: 2 }, fetch_url: { invocation: 3 } },
    },
  }),
}

const opened = async (prices: object = {}) => {
  const upstream = await stage.provider(answer)
  const tenant = await stage.tenant([{ kind: 'perplexity', upstream }], {
    prices: { input: '1000', output: '2000', ...prices },
  })
  const ask = (body: object) =>
    stage.cockpit.send('POST /v1/responses', {
      headers: { authorization: `Bearer ${tenant.key.secret}` },
      body: { model: tenant.model.name, input: 'How warm is Oslo?', ...body },
    })
  return { ...tenant, upstream, ask }
}

test('a caller of Responses reaches it as it is, but for what it has other words for or none', async () => {
  const { upstream, ask } = await opened()
  const schema = { type: 'object', properties: { degrees: { type: 'number' } } }
  const { status, text, headers } = await ask({
    instructions: 'Be brief.',
    max_output_tokens: 64,
    store: true,
    temperature: 0.5,
    reasoning: { effort: 'xhigh', summary: 'auto' },
    text: { format: { type: 'json_schema', name: 'degrees', schema, strict: true } },
    models: ['openai/gpt-dear'],
    preset: 'deep-research',
  })
  expect(status).toBe(200)
  expect(upstream.requests.at(-1)?.body).toEqual({
    model: upstreamModel,
    input: 'How warm is Oslo?',
    instructions: 'Be brief.',
    max_output_tokens: 64,
    reasoning: { effort: 'high' },
    response_format: { type: 'json_schema', json_schema: { name: 'degrees', schema, strict: true } },
  })
  expect(headers.get('x-dropped-fields')?.split(', ').sort()).toEqual(['models', 'preset', 'temperature'])
  expect(JSON.parse(text)).toMatchObject({
    object: 'response',
    output: [{ type: 'message', content: [{ text: 'Four degrees.' }] }],
  })
})

test('of a format that it does not know the caller is told', async () => {
  const { upstream, ask } = await opened()
  const { headers } = await ask({ text: { format: { type: 'json_object' } } })
  expect(headers.get('x-dropped-fields')).toBe('text')
  expect(upstream.requests.at(-1)?.body).not.toHaveProperty('response_format')
})

test('the searches it reports are billed by the piece where they have a price, and logged', async () => {
  const priced = await opened({ units: { search: '0.25' } })
  const billed = await priced.logged((await priced.ask({})).headers.get('x-request-id'))
  // 100 × 1 + 10 × 2 thousandths, and two searches
  expect(billed).toMatchObject({ credits: '0.62', units: [{ unit: 'search', quantity: 2 }] })
  const plain = await opened()
  expect(await plain.logged((await plain.ask({})).headers.get('x-request-id'))).toMatchObject({ credits: '0.12' })
})
