/** OpenAI's models in Azure. Calls name deployments, which are called as their owner likes, not models. */
import type { ProviderOptions } from '@cockpit/contract/providers'
import { nothing, openaiProvider, traced } from './openai.ts'
import type { Provider } from './provider.ts'

/** The v1 surface: the deployment stands in `model`, and there are no dated versions. */
const surface = '/openai/v1'

export const azureProvider: Provider = {
  ...openaiProvider,
  id: 'azure',
  baseUrl: null,
  media: {},
  realtime: `${surface}/realtime?model={model}`,
  alsoSpeaks: { completions: `${surface}/completions`, responses: `${surface}/responses` },
  paths: { ...nothing, chat: `${surface}/chat/completions`, embeddings: `${surface}/embeddings` },
  credentials: (secret) => (secret === null ? [] : ['api-key', secret]),
  forwards: traced,
  withOptions: ({ apiVersion }: ProviderOptions) => (apiVersion === undefined ? azureProvider : dated(apiVersion)),
}

/** The older surface: the deployment stands in the path, and what it understands depends on the version. */
const dated = (apiVersion: string): Provider => {
  const path = (operation: string) => `/openai/deployments/{model}/${operation}?api-version=${apiVersion}`
  return {
    ...azureProvider,
    paths: { ...nothing, chat: path('chat/completions'), embeddings: path('embeddings') },
    realtime: `/openai/realtime?api-version=${apiVersion}&deployment={model}`,
    media: {
      images: path('images/generations'),
      image_edits: path('images/edits'),
      speech: path('audio/speech'),
      transcriptions: path('audio/transcriptions'),
      translations: path('audio/translations'),
    },
    alsoSpeaks: { completions: path('completions') },
  }
}
