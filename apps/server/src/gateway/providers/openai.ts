import type { Provider } from './provider.ts'

const bearer = (secret: string | null) => (secret === null ? [] : ['authorization', `Bearer ${secret}`])
const traced = ['traceparent', 'tracestate', 'idempotency-key']

export const openaiProvider: Provider = {
  id: 'openai',
  dialect: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  paths: { chat: '/chat/completions', embeddings: '/embeddings', count_tokens: null },
  credentials: bearer,
  forwards: ['openai-beta', ...traced],
  defaults: {},
  maxTokensField: 'max_completion_tokens',
}

/** Ollama, vLLM, llama.cpp, OpenRouter, Groq and the many others that speak the same language. */
export const openaiCompatibleProvider: Provider = {
  ...openaiProvider,
  id: 'openai-compatible',
  baseUrl: null,
  // OpenRouter attributes calls by these two
  forwards: ['openai-beta', 'http-referer', 'x-title', ...traced],
  maxTokensField: 'max_tokens',
}

/** The simulated provider is a server like any other; its address is known once it listens. */
export const demoProvider: Provider = { ...openaiCompatibleProvider, id: 'demo' }
