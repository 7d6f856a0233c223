import { nothing } from './openai.ts'
import type { Provider } from './provider.ts'
import { authorizeGoogle } from './signing/google.ts'

/** Google AI: the Gemini API with a key. */
export const geminiProvider: Provider = {
  id: 'gemini',
  dialect: 'gemini',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  paths: {
    ...nothing,
    chat: '/models/{model}:generateContent',
    embeddings: '/models/{model}:batchEmbedContents',
    count_tokens: '/models/{model}:countTokens',
  },
  streamPath: '/models/{model}:streamGenerateContent?alt=sse',
  credentials: (secret) => (secret === null ? [] : ['x-goog-api-key', secret]),
  forwards: ['traceparent', 'tracestate'],
  defaults: {},
}

/** Gemini at Vertex AI: the address names project and location, the credential is the key file of a service account. */
export const vertexProvider: Provider = {
  ...geminiProvider,
  id: 'vertex',
  baseUrl: null,
  paths: {
    ...nothing,
    chat: '/publishers/google/models/{model}:generateContent',
    count_tokens: '/publishers/google/models/{model}:countTokens',
  },
  streamPath: '/publishers/google/models/{model}:streamGenerateContent?alt=sse',
  credentials: () => [],
  authorize: authorizeGoogle,
}
