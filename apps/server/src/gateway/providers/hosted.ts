/** Services that speak OpenAI's dialect, each with what it does not take. Sources: the API reference of each, October 2026. */
import { kindFacts } from '@cockpit/contract/provider-kinds'
import { isRecord } from '../dialects/index.ts'
import { bearer, nothing, openaiCompatibleProvider, pictures, sounds, traced } from './openai.ts'
import type { Provider } from './provider.ts'

const chat = { ...nothing, chat: '/chat/completions' }
const chatAndEmbeddings = { ...chat, embeddings: '/embeddings' }
/** Where a text can be continued without a chat. */
const olderSurface = { completions: '/completions' }
/** A limit in a word that a server does not know would be no limit. */
const knowsMaxTokensOnly = { renames: { max_completion_tokens: 'max_tokens' } }

const hosted = (
  id: Exclude<Provider['id'], 'demo'>,
  differs: Partial<Provider> & Pick<Provider, 'paths'>,
): Provider => ({
  ...openaiCompatibleProvider,
  id,
  baseUrl: kindFacts(id).baseUrl,
  media: {},
  realtime: null,
  credentials: bearer,
  forwards: traced,
  fit: knowsMaxTokensOnly,
  ...differs,
})

/** Takes either word for the limit and passes on what the model behind it takes. */
export const openrouterProvider = hosted('openrouter', {
  paths: chatAndEmbeddings,
  alsoSpeaks: olderSurface,
  // it attributes calls by these two
  forwards: ['http-referer', 'x-title', ...traced],
  fit: {
    reportsUnasked: true,
    // by these another model would answer than the one that is priced and allowed, or a search nobody priced
    refuses: new Set(['models', 'route', 'preset', 'plugins', 'web_search_options']),
  },
})

export const groqProvider = hosted('groq', {
  media: sounds,
  paths: chat,
  maxTokensField: 'max_completion_tokens',
  fit: {
    refuses: new Set(['logprobs', 'top_logprobs', 'logit_bias']),
    mends: { messages: { marks: ['"name"'], mend: withoutNames } },
  },
})

export const togetherProvider = hosted('together', {
  paths: chatAndEmbeddings,
  media: { images: pictures.images, ...sounds, rerank: '/rerank' },
  alsoSpeaks: olderSurface,
})

export const fireworksProvider = hosted('fireworks', {
  paths: chatAndEmbeddings,
  alsoSpeaks: olderSurface,
  fit: { ...knowsMaxTokensOnly, reportsUnasked: true },
})

export const deepseekProvider = hosted('deepseek', {
  paths: chat,
  continues: { message: { prefix: true }, path: '//beta/chat/completions' },
})

export const xaiProvider = hosted('xai', {
  media: { images: pictures.images },
  paths: chat,
  maxTokensField: 'max_completion_tokens',
  fit: { refuses: new Set(['logit_bias']) },
})

/** Its own API is another one; this is the door it keeps for OpenAI's dialect. */
export const cohereProvider = hosted('cohere', {
  media: { rerank: '//v2/rerank' },
  paths: chatAndEmbeddings,
  fit: {
    ...knowsMaxTokensOnly,
    refuses: new Set([
      ...['store', 'metadata', 'logit_bias', 'top_logprobs', 'n', 'modalities', 'prediction', 'audio'],
      ...['service_tier', 'parallel_tool_calls', 'user', 'dimensions'],
    ]),
  },
})

/** A router before many services: what one of them refuses it says itself. */
export const huggingfaceProvider = hosted('huggingface', { paths: chat })

/** The names of the participants of a talk; tools keep theirs. */
function withoutNames(messages: unknown): unknown {
  if (!Array.isArray(messages)) return messages
  return messages.map((message: unknown) => {
    if (!isRecord(message) || message.name === undefined || message.role === 'tool') return message
    const { name: _, ...rest } = message
    return rest
  })
}
