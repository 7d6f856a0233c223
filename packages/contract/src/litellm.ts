/** What a deployment of LiteLLM (`litellm_params` and `model_info`) is here: for the import, and for its routes that we answer. */
import type { z } from 'zod'
import type { Capability, NewModel } from './models.ts'
import { kindFacts, type ProviderKindName } from './provider-kinds.ts'

export type Loose = Readonly<Record<string, unknown>>
type Connection = {
  kind: ProviderKindName
  baseUrl: string | null
  secret: string | null
  options: { apiVersion?: string }
}
export type LiteLlmDeployment = {
  connection: Connection
  upstreamModel: string
  /** What was not carried over as it is, in sentences. */
  changes: string[]
}
/** What cannot be here, and why. */
export type Unmapped = { why: string }

export const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : typeof value === 'number' ? String(value) : null
export const numberOf = (value: unknown): number | null => {
  if (value === null || value === undefined || value === '' || typeof value === 'boolean') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}
/** A whole number of at least one, else null. */
export const countOf = (value: unknown): number | null => {
  const number = numberOf(value)
  return number !== null && number >= 1 ? Math.floor(number) : null
}
export const isRecord = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Kinds by the name LiteLLM has for them. */
const kinds: Readonly<Record<string, ProviderKindName>> = {
  openai: 'openai',
  'text-completion-openai': 'openai',
  azure: 'azure',
  azure_text: 'azure',
  anthropic: 'anthropic',
  anthropic_text: 'anthropic',
  gemini: 'gemini',
  vertex_ai: 'vertex',
  vertex_ai_beta: 'vertex',
  bedrock: 'bedrock',
  bedrock_converse: 'bedrock',
  openrouter: 'openrouter',
  groq: 'groq',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
  mistral: 'mistral',
  codestral: 'mistral',
  deepseek: 'deepseek',
  xai: 'xai',
  cohere: 'cohere',
  cohere_chat: 'cohere',
  huggingface: 'huggingface',
  perplexity: 'perplexity',
  ollama: 'ollama',
  ollama_chat: 'ollama',
  vllm: 'vllm',
  hosted_vllm: 'vllm',
  llamafile: 'llamacpp',
  openai_like: 'openai-compatible',
  custom_openai: 'openai-compatible',
  litellm_proxy: 'openai-compatible',
  lm_studio: 'openai-compatible',
}
/** Whose a model is that names no provider. */
const families: readonly [RegExp, ProviderKindName][] = [
  [/^(gpt-|chatgpt-|o\d(-|$)|text-embedding-|dall-e|tts-|whisper|omni-moderation|davinci|babbage)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^(command-|rerank-)/, 'cohere'],
]

export const liteLlmDeployment = (params: Loose): LiteLlmDeployment | Unmapped => {
  const named = textOf(params.model)
  if (named === null) return { why: 'It names no model.' }
  const place = placeOf(named, textOf(params.custom_llm_provider))
  if (place === null) return { why: `'${named}' names no provider that is known here.` }
  if (place.model.includes('*'))
    return { why: `'${named}' stands for many models; a model here is one of them, so add those that are used.` }
  const changes: string[] = []
  const isClaude = place.kind === 'vertex' && /^claude-/.test(place.model)
  const connection = connectionOf(isClaude ? 'vertex-anthropic' : place.kind, params, changes)
  if ('why' in connection) return connection
  const model =
    connection.kind === 'bedrock' ? place.model.replace(/^(converse|invoke|converse_like)\//, '') : place.model
  return { connection, upstreamModel: model, changes }
}

const placeOf = (named: string, provider: string | null): { kind: ProviderKindName; model: string } | null => {
  const slash = named.indexOf('/')
  const prefix = slash > 0 ? named.slice(0, slash) : ''
  const before = kinds[prefix]
  if (provider !== null && kinds[provider])
    return { kind: kinds[provider], model: prefix === provider ? named.slice(slash + 1) : named }
  if (before && provider === null) return { kind: before, model: named.slice(slash + 1) }
  if (provider !== null) return null
  const family = families.find(([pattern]) => pattern.test(named))
  return family ? { kind: family[1], model: named } : null
}

const connectionOf = (kind: ProviderKindName, params: Loose, changes: string[]): Connection | Unmapped => {
  const base = textOf(params.api_base) ?? textOf(params.base_url)
  const plain: Connection = { kind, baseUrl: base && trimmed(base), secret: textOf(params.api_key), options: {} }
  if (textOf(params.organization)) changes.push('The OpenAI organization of the key is used, not the one named.')
  switch (kind) {
    case 'azure':
      return azure(plain, params, changes)
    case 'bedrock':
      return bedrock(plain, params)
    case 'vertex':
    case 'vertex-anthropic':
      return vertex(plain, params, changes)
    case 'ollama':
      return needsBase({ ...plain, baseUrl: plain.baseUrl && withV1(plain.baseUrl) })
    case 'openai':
      return plain.baseUrl && !/^https:\/\/api\.openai\.com(\/|$)/.test(plain.baseUrl)
        ? { ...plain, kind: 'openai-compatible' }
        : plain
    default:
      return kindFacts(kind).baseUrl === null ? needsBase(plain) : plain
  }
}

const needsBase = (connection: Connection): Connection | Unmapped =>
  connection.baseUrl === null ? { why: 'It has no `api_base`, and this kind has no address of its own.' } : connection

const azure = (plain: Connection, params: Loose, changes: string[]): Connection | Unmapped => {
  if (textOf(params.azure_ad_token) || textOf(params.client_secret))
    return { why: 'It signs in to Azure by Entra ID; here a connection to Azure has an API key.' }
  const version = textOf(params.api_version)
  const dated = version !== null && /^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version)
  if (version !== null && !dated) changes.push(`The API version '${version}' is no date; the v1 surface is called.`)
  return needsBase({ ...plain, options: dated && version !== null ? { apiVersion: version } : {} })
}

const bedrock = (plain: Connection, params: Loose): Connection | Unmapped => {
  const region = textOf(params.aws_region_name)
  const baseUrl =
    textOf(params.aws_bedrock_runtime_endpoint) ?? (region && `https://bedrock-runtime.${region}.amazonaws.com`)
  if (!baseUrl) return { why: 'It names no `aws_region_name`.' }
  if (textOf(params.aws_role_name) || textOf(params.aws_profile_name))
    return { why: 'It takes a role or a profile of AWS; here a connection to Bedrock has an access key.' }
  const parts = [params.aws_access_key_id, params.aws_secret_access_key].map(textOf)
  const session = textOf(params.aws_session_token)
  const secret = parts.every((part) => part !== null) ? [...parts, ...(session ? [session] : [])].join(':') : null
  return { ...plain, baseUrl: trimmed(baseUrl), secret }
}

const vertex = (plain: Connection, params: Loose, changes: string[]): Connection | Unmapped => {
  const project = textOf(params.vertex_project)
  const location = textOf(params.vertex_location) ?? 'us-central1'
  if (!project) return { why: 'It names no `vertex_project`.' }
  const host = location === 'global' ? 'aiplatform.googleapis.com' : `${location}-aiplatform.googleapis.com`
  const given = isRecord(params.vertex_credentials)
    ? JSON.stringify(params.vertex_credentials)
    : textOf(params.vertex_credentials)
  const isFile = given !== null && !given.startsWith('{')
  if (isFile) changes.push(`The key file of the service account lies at '${given}'; enter what stands in it.`)
  const baseUrl = `https://${host}/v1/projects/${project}/locations/${location}`
  return { ...plain, baseUrl, secret: isFile ? null : given }
}

const trimmed = (url: string) => url.replace(/\/+$/, '')
const withV1 = (url: string) => (url.endsWith('/v1') ? url : `${url}/v1`)

type Prices = z.input<typeof NewModel>['prices']

/** US dollars for a million tokens of what LiteLLM states for one. */
const perMillion = (cost: unknown): string | null => {
  const dollars = numberOf(cost)
  return dollars === null || dollars < 0 ? null : shortest((dollars * 1e6).toFixed(6))
}
const perUnit = (cost: unknown): string | null => {
  const dollars = numberOf(cost)
  return dollars === null || dollars <= 0 ? null : shortest(dollars.toFixed(12))
}
const shortest = (decimal: string) => decimal.replace(/\.?0+$/, '')

/** Null where neither says what it costs. What stands in the parameters goes before what stands in the facts. */
export const liteLlmPrices = (params: Loose, info: Loose): Prices | null => {
  const cost = (name: string) => params[name] ?? info[name]
  const input = perMillion(cost('input_cost_per_token'))
  const output = perMillion(cost('output_cost_per_token'))
  const units = Object.fromEntries(
    Object.entries({
      image: cost('output_cost_per_image') ?? cost('input_cost_per_image'),
      audio_second: cost('input_cost_per_second') ?? cost('output_cost_per_second'),
      character: cost('input_cost_per_character'),
      search: cost('input_cost_per_query'),
    }).flatMap(([unit, dollars]) => {
      const price = perUnit(dollars)
      return price === null ? [] : [[unit, price]]
    }),
  )
  const hasUnits = Object.keys(units).length > 0
  if (input === null && output === null && !hasUnits) return null
  const audioInput = perMillion(cost('input_cost_per_audio_token'))
  const audioOutput = perMillion(cost('output_cost_per_audio_token'))
  return {
    input: input ?? '0',
    output: output ?? '0',
    cachedInput: perMillion(cost('cache_read_input_token_cost')),
    cacheWrite: perMillion(cost('cache_creation_input_token_cost')),
    reasoning: perMillion(cost('output_cost_per_reasoning_token')),
    ...(audioInput !== null && { audioInput }),
    ...(audioOutput !== null && { audioOutput }),
    ...(hasUnits && { units }),
  }
}

const modes: Readonly<Record<string, z.infer<typeof Capability>[]>> = {
  embedding: ['embeddings'],
  image_generation: ['images'],
  audio_speech: ['speech'],
  audio_transcription: ['transcription'],
  rerank: ['rerank'],
  realtime: ['realtime'],
}
const supports = [
  ['supports_function_calling', 'tools'],
  ['supports_vision', 'vision'],
  ['supports_reasoning', 'reasoning'],
  ['supports_response_schema', 'structured_output'],
] as const

/** What the facts of a model say of it; null where they do not say what it is for. */
export const liteLlmFacts = (info: Loose) => {
  const mode = textOf(info.mode)
  const said = supports.flatMap(([name, capability]) => (info[name] === true ? [capability] : []))
  const capabilities =
    mode !== null && modes[mode] ? modes[mode] : mode === null && said.length === 0 ? null : [...chat, ...said]
  return {
    capabilities,
    contextTokens: countOf(info.max_input_tokens),
    outputTokensMax: countOf(info.max_output_tokens),
  }
}
const chat = ['chat', 'streaming'] as const
