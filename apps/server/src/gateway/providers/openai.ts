import { kindFacts } from '@cockpit/contract/provider-kinds'
import type { Provider } from './provider.ts'

export const bearer = (secret: string | null) => (secret === null ? [] : ['authorization', `Bearer ${secret}`])
export const traced = ['traceparent', 'tracestate', 'idempotency-key']

/** A provider has the paths it names and no other. */
export const nothing: Readonly<Record<keyof Provider['paths'], null>> = {
  chat: null,
  embeddings: null,
  count_tokens: null,
  moderations: null,
}

export const sounds = {
  speech: '/audio/speech',
  transcriptions: '/audio/transcriptions',
  translations: '/audio/translations',
}
export const pictures = { images: '/images/generations', image_edits: '/images/edits' }

export const openaiProvider: Provider = {
  id: 'openai',
  dialect: 'openai',
  baseUrl: kindFacts('openai').baseUrl,
  paths: { ...nothing, chat: '/chat/completions', embeddings: '/embeddings', moderations: '/moderations' },
  media: { ...pictures, ...sounds },
  realtime: '/realtime?model={model}',
  alsoSpeaks: { completions: '/completions', responses: '/responses' },
  credentials: bearer,
  forwards: ['openai-beta', ...traced],
  defaults: {},
  maxTokensField: 'max_completion_tokens',
}

/** Whoever else speaks the language, and of whom nothing more is known: they get what callers write. */
export const openaiCompatibleProvider: Provider = {
  ...openaiProvider,
  id: 'openai-compatible',
  baseUrl: null,
  media: { ...pictures, ...sounds, rerank: '/rerank' },
  // OpenRouter attributes calls by these two
  forwards: ['openai-beta', 'http-referer', 'x-title', ...traced],
  maxTokensField: 'max_tokens',
  // which of them have the older surface nobody knows, and all of them chat
  alsoSpeaks: {},
}

/** The simulated provider is a server like any other; its address is known once it listens. */
export const demoProvider: Provider = {
  ...openaiCompatibleProvider,
  id: 'demo',
  media: {},
  realtime: null,
  paths: { ...openaiCompatibleProvider.paths, moderations: null },
}
