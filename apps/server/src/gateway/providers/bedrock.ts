import { nothing } from './openai.ts'
import type { Provider } from './provider.ts'
import { authorizeAws } from './signing/aws.ts'

/** Amazon Bedrock by its runtime's address, which names the region. Models by id, cross-region id or ARN. */
export const bedrockProvider: Provider = {
  id: 'bedrock',
  dialect: 'bedrock',
  baseUrl: null,
  paths: { ...nothing, chat: '/model/{model}/converse' },
  streamPath: '/model/{model}/converse-stream',
  credentials: () => [],
  authorize: authorizeAws,
  forwards: ['traceparent', 'tracestate'],
  defaults: {},
}
