/** Frameworks as people use them, each through a loop of a tool, over a provider that only chats. */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { ChatOpenAI, OpenAI as LegacyOpenAI } from '@langchain/openai'
import { Agent, tool as agentTool, OpenAIProvider, Runner } from '@openai/agents'
import { generateText, isStepCount, streamText, tool } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startCockpit, type TestCockpit } from '../support/cockpit.ts'
import { type Asked, eventStreamOf, openNative, type Said, startNative } from './native.ts'

/** Calls the tool it is offered, and says what came of it; without a tool it only speaks. */
const brain = ({ body }: Asked): Said => {
  const { messages, tools, stream } = JSON.parse(body)
  const last = messages.at(-1)
  const call = { id: 'call_a', type: 'function', function: { name: 'look', arguments: '{"at":"it"}' } }
  const calls = tools?.length > 0 && last.role !== 'tool'
  const message = calls ? { content: null, tool_calls: [call] } : { content: `It has ${last.content}.` }
  const finish_reason = calls ? 'tool_calls' : 'stop'
  const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 }
  if (!stream)
    return {
      body: [
        JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }], usage }),
      ],
    }
  const deltas = calls
    ? [{ tool_calls: [{ index: 0, ...call }] }]
    : [{ content: 'It has ' }, { content: `${last.content}.` }]
  const chunks = deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] }))
  return {
    headers: { 'content-type': 'text/event-stream' },
    body: [
      ...eventStreamOf(...chunks, { choices: [{ index: 0, delta: {}, finish_reason }] }, { choices: [], usage }),
      'data: [DONE]\n\n',
    ],
  }
}

let cockpit: TestCockpit
let provider: Awaited<ReturnType<typeof startNative>>
let tenant: Awaited<ReturnType<typeof openNative>>
let baseURL: string
beforeAll(async () => {
  cockpit = await startCockpit({})
  provider = await startNative(brain)
  const connection = { name: 'chat', kind: 'openai-compatible' as const, baseUrl: provider.url, secret: 'sk-upstream' }
  tenant = await openNative(cockpit, connection, { upstreamModel: 'upstream-model' })
  baseURL = `${cockpit.url}/v1`
})
afterAll(async () => {
  await cockpit?.stop()
  await provider?.close()
})

const at = z.object({ at: z.string() })
const told = 'It has fur at it.'
const asked = 'What is it?'

describe('the AI SDK', () => {
  const models = {
    'responses of OpenAI': () => createOpenAI({ apiKey: tenant.key, baseURL }).responses(tenant.model),
    'chat of OpenAI': () => createOpenAI({ apiKey: tenant.key, baseURL }).chat(tenant.model),
    'messages of Anthropic': () => createAnthropic({ apiKey: tenant.key, baseURL })(tenant.model),
  }
  const tools = {
    look: tool({ description: 'Looks', inputSchema: at, execute: async ({ at: where }) => `fur at ${where}` }),
  }

  test.each(Object.entries(models))('goes through a tool by %s', async (_name, model) => {
    const { text, steps } = await generateText({ model: model(), prompt: asked, tools, stopWhen: isStepCount(3) })
    expect(text).toContain('fur at it')
    expect(steps[0]?.toolCalls).toMatchObject([{ toolName: 'look', input: { at: 'it' } }])
  })

  test.each(Object.entries(models))('streams through a tool by %s', async (_name, model) => {
    const { textStream, usage } = streamText({ model: model(), prompt: asked, tools, stopWhen: isStepCount(3) })
    let text = ''
    for await (const piece of textStream) text += piece
    expect(text).toContain('fur at it')
    expect(await usage).toMatchObject({ inputTokens: 18, outputTokens: 10 })
  })

  test('continues a text by completions of OpenAI', async () => {
    const model = createOpenAI({ apiKey: tenant.key, baseURL }).completion(tenant.model)
    const { text } = await generateText({ model, prompt: 'fur' })
    expect(text).toContain('fur')
  })
})

describe('LangChain', () => {
  test.each([
    ['responses', true],
    ['chat', false],
  ])('goes through a tool by %s, whole and streamed', async (_name, useResponsesApi) => {
    const model = new ChatOpenAI({
      ...{ apiKey: tenant.key, model: tenant.model, configuration: { baseURL }, maxRetries: 0 },
      useResponsesApi,
    }).bindTools([{ type: 'function', function: { name: 'look', parameters: z.toJSONSchema(at) } }])
    const question = new HumanMessage(asked)
    const first = await model.invoke([question])
    expect(first.tool_calls).toMatchObject([{ name: 'look', args: { at: 'it' }, id: 'call_a' }])
    const found = new ToolMessage({ content: 'fur at it', tool_call_id: 'call_a' })
    expect((await model.invoke([question, first, found])).text).toBe(told)
    let text = ''
    for await (const piece of await model.stream([question, first, found])) text += piece.text
    expect(text).toBe(told)
  })

  test('continues a text by completions', async () => {
    const model = new LegacyOpenAI({
      apiKey: tenant.key,
      model: tenant.model,
      configuration: { baseURL },
      maxRetries: 0,
    })
    expect(await model.invoke('fur')).toBe('It has fur.')
  })
})

describe('the Agents SDK of OpenAI', () => {
  const agent = () =>
    new Agent({
      ...{ name: 'looker', instructions: 'Look.', model: tenant.model },
      tools: [
        agentTool({ name: 'look', description: 'Looks', parameters: at, execute: async (it) => `fur at ${it.at}` }),
      ],
    })
  test.each([
    ['responses', true],
    ['chat', false],
  ])('runs an agent by %s', async (_name, useResponses) => {
    const modelProvider = new OpenAIProvider({ apiKey: tenant.key, baseURL, useResponses })
    const runner = new Runner({ modelProvider, tracingDisabled: true })
    const { finalOutput } = await runner.run(agent(), asked)
    expect(finalOutput).toBe(told)
    const streamed = await runner.run(agent(), asked, { stream: true })
    await streamed.completed
    expect(streamed.finalOutput).toBe(told)
  })
})
