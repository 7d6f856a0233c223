/** The two official SDKs behind one shape, for what must hold whatever a caller speaks and whatever its provider speaks. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { type Kind, kinds, type Tenant } from './stage.ts'

export type Said = {
  text: string
  stop: string | null | undefined
  /** Prompt with everything cached, and completion. */
  tokens: { input: number; output: number } | null | undefined
  requestId: string | null | undefined
}
type Ask = { stream?: boolean; content?: string; maxTokens?: number; signal?: AbortSignal; maxRetries?: number }

export type Caller = {
  dialect: 'openai' | 'anthropic'
  ask(tenant: Pick<Tenant, 'url' | 'key' | 'model'>, options?: Ask): Promise<Said>
  /** Opens a stream and hangs up after its first text. */
  leave(tenant: Pick<Tenant, 'url' | 'key' | 'model'>): Promise<void>
}

export type Pair = { caller: Caller; kind: Kind; streams: boolean[] }

/** Counts what an SDK really sends. */
export const countingFetch = () => {
  const counted = Object.assign(
    (url: string | URL | Request, init?: RequestInit) => {
      counted.calls++
      return fetch(url, init)
    },
    { calls: 0 },
  )
  return counted
}

export const openaiFor = (
  { url, key }: Pick<Tenant, 'url' | 'key'>,
  options: ConstructorParameters<typeof OpenAI>[0] = {},
) => new OpenAI({ apiKey: key.secret, baseURL: `${url}/v1`, maxRetries: 0, ...options })
export const anthropicFor = (
  { url, key }: Pick<Tenant, 'url' | 'key'>,
  options: ConstructorParameters<typeof Anthropic>[0] = {},
) => new Anthropic({ apiKey: key.secret, baseURL: url, maxRetries: 0, ...options })

const openai: Caller = {
  dialect: 'openai',
  async ask(tenant, { stream = false, content = 'Hello', maxTokens = 100, maxRetries = 0, signal } = {}) {
    const client = openaiFor(tenant, { maxRetries })
    const body = {
      model: tenant.model.name,
      max_tokens: maxTokens,
      messages: [{ role: 'user' as const, content }],
    }
    if (!stream) {
      const answer = await client.chat.completions.create(body, { signal })
      const [choice] = answer.choices
      return {
        text: choice?.message.content ?? '',
        stop: choice?.finish_reason,
        tokens: answer.usage ? { input: answer.usage.prompt_tokens, output: answer.usage.completion_tokens } : null,
        requestId: answer._request_id,
      }
    }
    const { data, request_id } = await client.chat.completions
      .create({ ...body, stream: true, stream_options: { include_usage: true } })
      .withResponse()
    const said: Said = { text: '', stop: null, tokens: null, requestId: request_id }
    for await (const { choices, usage } of data) {
      said.text += choices[0]?.delta.content ?? ''
      said.stop = choices[0]?.finish_reason ?? said.stop
      if (usage) said.tokens = { input: usage.prompt_tokens, output: usage.completion_tokens }
    }
    return said
  },
  async leave(tenant) {
    const stream = await openaiFor(tenant).chat.completions.create({
      model: tenant.model.name,
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) return
  },
}

const anthropic: Caller = {
  dialect: 'anthropic',
  async ask(tenant, { stream = false, content = 'Hello', maxTokens = 100, maxRetries = 0, signal } = {}) {
    const { messages } = anthropicFor(tenant, { maxRetries })
    const body = { model: tenant.model.name, max_tokens: maxTokens, messages: [{ role: 'user' as const, content }] }
    if (!stream) {
      const answer = await messages.create(body, { signal })
      return {
        text: answer.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
        stop: answer.stop_reason,
        tokens: tokensOf(answer.usage),
        requestId: answer._request_id,
      }
    }
    // the events themselves: the SDK's collector does not forgive a provider that reports no usage
    const { data, request_id } = await messages.create({ ...body, stream: true }).withResponse()
    const said: Said = { text: '', stop: null, tokens: null, requestId: request_id }
    for await (const event of data) {
      if (event.type === 'message_start') said.tokens = tokensOf(event.message.usage)
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') said.text += event.delta.text
      if (event.type !== 'message_delta') continue
      said.stop = event.delta.stop_reason
      // counts that are already told need not be told again
      const { input = 0, output = 0 } = tokensOf(event.usage) ?? {}
      said.tokens = { input: input || (said.tokens?.input ?? 0), output: output || (said.tokens?.output ?? 0) }
    }
    return said
  },
  async leave(tenant) {
    const stream = await anthropicFor(tenant).messages.create({
      model: tenant.model.name,
      max_tokens: 4_000,
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    })
    for await (const event of stream) if (event.type === 'content_block_delta') return
  },
}

type AnthropicUsage = Partial<
  Pick<Anthropic.Usage, 'input_tokens' | 'output_tokens' | 'cache_read_input_tokens' | 'cache_creation_input_tokens'>
>
const tokensOf = (usage: { [K in keyof AnthropicUsage]?: number | null } | undefined) =>
  usage && {
    input: (usage.input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    output: usage.output_tokens ?? 0,
  }

export const callers = [openai, anthropic]
/** Every dialect of a caller with every dialect of a provider. */
export const pairs = callers.flatMap((caller) =>
  kinds.map((kind) => ({ caller, kind, name: `${caller.dialect} → ${kind}` })),
)
