/** Addresses that take calls to models, and the dialect of each. Gemini's name their model, and are found another way. */
import type { CallerDialectId } from './dialects/index.ts'
import type { Surface } from './google/index.ts'
import type { Operation } from './providers/index.ts'

export type Endpoint = { operation: Operation; dialect: CallerDialectId; surface?: Surface }

export const endpoints = new Map<string, Endpoint>([
  ['/v1/chat/completions', { operation: 'chat', dialect: 'openai' }],
  ['/v1/completions', { operation: 'chat', dialect: 'completions' }],
  ['/v1/responses', { operation: 'chat', dialect: 'responses' }],
  ['/v1/embeddings', { operation: 'embeddings', dialect: 'openai' }],
  ['/v1/moderations', { operation: 'moderations', dialect: 'openai' }],
  ['/v1/images/generations', { operation: 'images', dialect: 'openai' }],
  ['/v1/images/edits', { operation: 'image_edits', dialect: 'openai' }],
  ['/v1/audio/speech', { operation: 'speech', dialect: 'openai' }],
  ['/v1/audio/transcriptions', { operation: 'transcriptions', dialect: 'openai' }],
  ['/v1/audio/translations', { operation: 'translations', dialect: 'openai' }],
  ['/v1/rerank', { operation: 'rerank', dialect: 'openai' }],
  ['/v2/rerank', { operation: 'rerank', dialect: 'openai' }],
  ['/v1/messages', { operation: 'chat', dialect: 'anthropic' }],
  ['/v1/messages/count_tokens', { operation: 'count_tokens', dialect: 'anthropic' }],
])

/** Whether a request to this address may take as long as a large file takes. */
export const isUpload = (url: string): boolean => /^\/v1\/files(?:\?|$)/.test(url)
