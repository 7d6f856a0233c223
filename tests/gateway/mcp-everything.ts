/** A server with all that the conformance suite of the protocol asks of one, as the descriptions of its scenarios say. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  GetPromptRequestSchema,
  type GetPromptResult,
  type JSONRPCMessage,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  type LoggingLevel,
  ReadResourceRequestSchema,
  type ServerNotification,
  type ServerRequest,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>
type Schema = { type: 'object'; [keyword: string]: unknown }
type Tool = {
  says: string
  takes?: Schema
  does: (args: Record<string, unknown>, extra: Extra) => Promise<Content> | Content
}
type Content = CallToolResult['content']

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='
const nothing: Schema = { type: 'object', properties: {} }
const text = (words: string): Content => [{ type: 'text', text: words }]
const taking = (name: string): Schema => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
})

const log = (extra: Extra, data: string) =>
  extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } })

/** Asks whoever calls; every answer of theirs is told in words. */
const asked = async (extra: Extra, message: string, requestedSchema: Schema) =>
  extra.sendRequest(
    { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema: requestedSchema as never } },
    ElicitResultSchema,
  )
const completed = async (extra: Extra, properties: Record<string, unknown>): Promise<Content> => {
  const { action, content } = await asked(extra, 'Please fill this in.', { type: 'object', properties })
  return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`)
}

const titled = (...pairs: [string, string][]) => pairs.map(([value, title]) => ({ const: value, title }))
const options = ['option1', 'option2', 'option3']

const tools: Record<string, Tool> = {
  test_simple_text: { says: 'Says a sentence', does: () => text('This is a simple text response for testing.') },
  test_image_content: { says: 'Shows a picture', does: () => [{ type: 'image', data: png, mimeType: 'image/png' }] },
  test_audio_content: { says: 'Plays a sound', does: () => [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] },
  test_embedded_resource: {
    says: 'Hands over a resource',
    does: () => [
      {
        type: 'resource',
        resource: {
          ...{ uri: 'test://embedded-resource', mimeType: 'text/plain' },
          text: 'This is an embedded resource content.',
        },
      },
    ],
  },
  test_multiple_content_types: {
    says: 'Hands over words, a picture and a resource',
    does: () => [
      { type: 'text', text: 'Multiple content types test:' },
      { type: 'image', data: png, mimeType: 'image/png' },
      {
        type: 'resource',
        resource: {
          ...{ uri: 'test://mixed-content-resource', mimeType: 'application/json' },
          text: '{"test":"data","value":123}',
        },
      },
    ],
  },
  test_tool_with_logging: {
    says: 'Tells how it gets on',
    async does(_args, extra) {
      await log(extra, 'Tool execution started')
      await sleep(50)
      await log(extra, 'Tool processing data')
      await sleep(50)
      await log(extra, 'Tool execution completed')
      return text('Logged three times.')
    },
  },
  test_error_handling: {
    says: 'Fails',
    does() {
      throw new Error('This tool intentionally returns an error for testing')
    },
  },
  test_tool_with_progress: {
    says: 'Tells how far it is',
    async does(_args, extra) {
      const progressToken = extra._meta?.progressToken
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined)
          await extra.sendNotification({
            method: 'notifications/progress',
            params: { progressToken, progress, total: 100 },
          })
        await sleep(50)
      }
      return text('Done.')
    },
  },
  test_sampling: {
    says: 'Asks the model of the caller',
    takes: taking('prompt'),
    async does({ prompt }, extra) {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: String(prompt) } }]
      const answer = await extra.sendRequest(
        { method: 'sampling/createMessage', params: { messages, maxTokens: 100 } },
        CreateMessageResultSchema,
      )
      return text(`LLM response: ${answer.content.type === 'text' ? answer.content.text : ''}`)
    },
  },
  test_elicitation: {
    says: 'Asks the caller',
    takes: taking('message'),
    async does({ message }, extra) {
      const field = (description: string) => ({ type: 'string', description })
      const { action, content } = await asked(extra, String(message), {
        type: 'object',
        properties: { username: field("User's response"), email: field("User's email address") },
        required: ['username', 'email'],
      })
      return text(`User response: action=${action}, content=${JSON.stringify(content ?? {})}`)
    },
  },
  test_elicitation_sep1034_defaults: {
    says: 'Asks, with an answer to each question at hand',
    does: (_args, extra) =>
      completed(extra, {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      }),
  },
  test_elicitation_sep1330_enums: {
    says: 'Asks for a choice, in each way there is',
    does: (_args, extra) =>
      completed(extra, {
        untitledSingle: { type: 'string', enum: options },
        titledSingle: {
          type: 'string',
          oneOf: titled(['value1', 'First Option'], ['value2', 'Second Option'], ['value3', 'Third Option']),
        },
        legacyEnum: {
          type: 'string',
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['Option One', 'Option Two', 'Option Three'],
        },
        untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
        titledMulti: {
          type: 'array',
          items: { anyOf: titled(['value1', 'First Choice'], ['value2', 'Second Choice'], ['value3', 'Third Choice']) },
        },
      }),
  },
  test_reconnection: {
    says: 'Hangs up, and answers whoever comes back',
    async does(_args, extra) {
      extra.closeSSEStream?.()
      await sleep(100)
      return text('Answered after the line was cut.')
    },
  },
  json_schema_2020_12_tool: {
    says: 'Takes what only the newer JSON Schema can say',
    takes: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } },
      },
      properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
      additionalProperties: false,
    },
    does: () => text('ok'),
  },
}

type Prompt = { takes?: string[]; says: (args: Record<string, string>) => GetPromptResult['messages'] }
const said = (content: GetPromptResult['messages'][number]['content']) => ({ role: 'user' as const, content })
const prompts: Record<string, Prompt> = {
  test_simple_prompt: { says: () => [said({ type: 'text', text: 'This is a simple prompt for testing.' })] },
  test_prompt_with_arguments: {
    takes: ['arg1', 'arg2'],
    says: ({ arg1, arg2 }) => [said({ type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` })],
  },
  test_prompt_with_embedded_resource: {
    takes: ['resourceUri'],
    says: ({ resourceUri = '' }) => [
      said({
        type: 'resource',
        resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
      }),
      said({ type: 'text', text: 'Please process the embedded resource above.' }),
    ],
  },
  test_prompt_with_image: {
    says: () => [
      said({ type: 'image', data: png, mimeType: 'image/png' }),
      said({ type: 'text', text: 'Please analyze the image above.' }),
    ],
  },
}

const resources = [
  { uri: 'test://static-text', name: 'Text', description: 'A sentence', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'Picture', description: 'A point', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'Watched', description: 'Changes at times', mimeType: 'text/plain' },
]
const read = (uri: string) => {
  const id = /^test:\/\/template\/(.+)\/data$/.exec(uri)?.[1]
  const json = id && JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` })
  if (json) return { uri, mimeType: 'application/json', text: json }
  if (uri === 'test://static-binary') return { uri, mimeType: 'image/png', blob: png }
  return { uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }
}

export const everything = () => {
  const server = new Server(
    { name: 'everything', version: '1.0.0' },
    { capabilities: { tools: {}, prompts: {}, resources: { subscribe: true }, completions: {}, logging: {} } },
  )
  const levels = new Set<LoggingLevel>()
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.entries(tools).map(([name, { says, takes }]) => ({
      ...{ name, description: says, inputSchema: takes ?? nothing },
    })),
  }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    try {
      const tool = tools[params.name]
      if (!tool) throw new Error(`There is no tool ${params.name}`)
      return { content: await tool.does(params.arguments ?? {}, extra) }
    } catch (error) {
      return { isError: true, content: text(error instanceof Error ? error.message : String(error)) }
    }
  })
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: Object.entries(prompts).map(([name, { takes = [] }]) => ({
      ...{ name, description: `Prompt ${name}` },
      arguments: takes.map((argument) => ({ name: argument, description: argument, required: true })),
    })),
  }))
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => ({
    messages: prompts[params.name]?.says(params.arguments ?? {}) ?? [],
  }))
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => {
    const values = ['paris', 'park', 'party'].filter((value) => value.startsWith(params.argument.value))
    return { completion: { values, total: values.length, hasMore: false } }
  })
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources }))
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [
      {
        uriTemplate: 'test://template/{id}/data',
        name: 'Template',
        description: 'Data by id',
        mimeType: 'application/json',
      },
    ],
  }))
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => ({ contents: [read(params.uri)] }))
  server.setRequestHandler(SubscribeRequestSchema, () => ({}))
  server.setRequestHandler(UnsubscribeRequestSchema, () => ({}))
  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    levels.add(params.level)
    return {}
  })
  return server
}

/** What was said on a stream, to say it again to whoever comes back. */
export const remembered = (): EventStore => {
  const events: { streamId: string; message: JSONRPCMessage }[] = []
  return {
    async storeEvent(streamId, message) {
      return String(events.push({ streamId, message }))
    },
    async getStreamIdForEventId(id) {
      return events[Number(id) - 1]?.streamId
    },
    async replayEventsAfter(last, { send }) {
      const streamId = events[Number(last) - 1]?.streamId ?? ''
      for (const [at, event] of events.entries())
        if (at >= Number(last) && event.streamId === streamId) await send(String(at + 1), event.message)
      return streamId
    },
  }
}
