/** Servers that people run themselves. All of them wait for `max_tokens`; in the newer word the limit would be lost. */
import { nothing, openaiCompatibleProvider, pictures, sounds } from './openai.ts'
import type { Provider } from './provider.ts'

const ownServer = (id: Provider['id'], media: Provider['media'] = {}, differs: Partial<Provider> = {}): Provider => ({
  ...openaiCompatibleProvider,
  id,
  media,
  realtime: null,
  paths: { ...nothing, chat: '/chat/completions', embeddings: '/embeddings' },
  alsoSpeaks: { completions: '/completions' },
  fit: { renames: { max_completion_tokens: 'max_tokens' } },
  ...differs,
})

export const ollamaProvider = ownServer('ollama')
export const vllmProvider = ownServer(
  'vllm',
  { transcriptions: sounds.transcriptions, translations: sounds.translations, rerank: '/rerank' },
  { continues: { fields: { continue_final_message: true, add_generation_prompt: false } } },
)
export const llamacppProvider = ownServer('llamacpp', { rerank: '/rerank' })
export const localaiProvider = ownServer(
  'localai',
  { ...pictures, ...sounds, rerank: '/rerank' },
  { realtime: '/realtime?model={model}' },
)
