import type { Provider } from './provider.ts'

export const anthropicProvider: Provider = {
  id: 'anthropic',
  dialect: 'anthropic',
  baseUrl: 'https://api.anthropic.com',
  paths: { chat: '/v1/messages', embeddings: null, count_tokens: '/v1/messages/count_tokens', moderations: null },
  credentials: (secret) => (secret === null ? [] : ['x-api-key', secret]),
  forwards: ['anthropic-beta', 'anthropic-version', 'traceparent', 'tracestate', 'idempotency-key'],
  continues: {},
  defaults: { 'anthropic-version': '2023-06-01' },
}
