/** A chat request of the hub as a Converse request, by way of an Anthropic one, whose turns and blocks it shares. */
import type { RequestOptions, TranslatedRequest } from '../dialect.ts'
import { asRecord, isRecord, type Json, present, records } from '../json.ts'
import { createDrops, type Drops } from '../translate/drops.ts'
import { openaiToAnthropicRequest } from '../translate/request-to-anthropic.ts'
import { type BlockOptions, blocksToConverse } from './blocks.ts'

export function hubToConverseRequest(request: Json, options: RequestOptions): TranslatedRequest {
  const asAnthropic = openaiToAnthropicRequest(withSchemaAsInstruction(request), options)
  const drops = createDrops()
  for (const field of asAnthropic.dropped) drops.add(field)
  const { body } = asAnthropic
  const blocks: BlockOptions = { caches: /claude|nova/.test(options.model), documents: { count: 0 } }
  const extra = extraFields(body, options.model, drops)
  const converse = present({
    messages: records(body.messages).map(({ role, content }) => ({
      role,
      content: blocksToConverse(content, 'messages', blocks),
    })),
    system: body.system === undefined ? undefined : blocksToConverse(body.system, 'messages', blocks),
    inferenceConfig: present({
      maxTokens: body.max_tokens,
      temperature: body.temperature,
      topP: body.top_p,
      stopSequences: body.stop_sequences,
    }),
    toolConfig: toolConfigOf(body, blocks, drops),
    additionalModelRequestFields: Object.keys(extra).length > 0 ? extra : undefined,
  })
  if (body.metadata !== undefined) drops.add('user')
  if (body.service_tier !== undefined) drops.add('service_tier')
  if (body.cache_control !== undefined) drops.add('cache_control')
  return { body: converse, dropped: drops.list() }
}

/** Converse has no word for a format of the answer, so a strict schema becomes an instruction like any other. */
function withSchemaAsInstruction(request: Json): Json {
  const format = asRecord(request.response_format)
  if (format.type !== 'json_schema') return request
  const schema = { ...asRecord(format.json_schema), strict: false }
  return { ...request, response_format: { ...format, json_schema: schema } }
}

/** What only some models know travels beside the rest: a Claude takes here what it takes elsewhere. */
function extraFields(body: Json, model: string, drops: Drops): Json {
  const fields = present({ thinking: body.thinking, output_config: body.output_config, top_k: body.top_k })
  if (model.includes('claude')) return fields
  if (fields.thinking !== undefined) drops.add('reasoning_effort')
  if (fields.top_k !== undefined) drops.add('top_k')
  return {}
}

function toolConfigOf(body: Json, { caches }: BlockOptions, drops: Drops): Json | undefined {
  const tools = records(body.tools).flatMap((tool) => {
    const spec = {
      toolSpec: present({ name: tool.name, description: tool.description, inputSchema: { json: tool.input_schema } }),
    }
    return caches && tool.cache_control !== undefined ? [spec, { cachePoint: { type: 'default' } }] : [spec]
  })
  if (tools.length === 0) return undefined
  return present({ tools, toolChoice: choiceOf(body.tool_choice, drops) })
}

function choiceOf(choice: unknown, drops: Drops): Json | undefined {
  if (!isRecord(choice)) return undefined
  if (choice.disable_parallel_tool_use === true) drops.add('parallel_tool_calls')
  if (choice.type === 'any') return { any: {} }
  if (choice.type === 'tool') return { tool: { name: choice.name } }
  if (choice.type === 'auto') return { auto: {} }
  drops.add('tool_choice')
  return undefined
}
