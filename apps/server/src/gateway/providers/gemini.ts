import type { Provider } from './provider.ts'

/** Google AI: the Gemini API with a key. */
export const geminiProvider: Provider = {
  id: 'gemini',
  dialect: 'gemini',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  paths: {
    chat: '/models/{model}:generateContent',
    embeddings: '/models/{model}:batchEmbedContents',
    count_tokens: '/models/{model}:countTokens',
    moderations: null,
  },
  streamPath: '/models/{model}:streamGenerateContent?alt=sse',
  credentials: (secret) => (secret === null ? [] : ['x-goog-api-key', secret]),
  forwards: ['traceparent', 'tracestate'],
  defaults: {},
}
