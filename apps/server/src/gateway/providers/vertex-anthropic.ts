/** Claude at Vertex AI: Anthropic's dialect, with the model in the address and the version of the dialect in the body. */
import { anthropicProvider } from './anthropic.ts'
import { vertexProvider } from './gemini.ts'
import { nothing } from './openai.ts'
import type { Provider } from './provider.ts'

const models = '/publishers/anthropic/models/{model}'

export const vertexAnthropicProvider: Provider = {
  ...vertexProvider,
  id: 'vertex-anthropic',
  dialect: anthropicProvider.dialect,
  paths: { ...nothing, chat: `${models}:rawPredict` },
  streamPath: `${models}:streamRawPredict`,
  continues: {},
  // which Anthropic's own clients write behind the address of what is in beta
  refusesQueries: true,
  forwards: ['anthropic-beta', 'traceparent', 'tracestate'],
  fit: { elsewhere: new Set(['model']), sets: { anthropic_version: '"vertex-2023-10-16"' } },
}
