/** Servers that people run themselves. All of them wait for `max_tokens`; in the newer word the limit would be lost. */
import { nothing, openaiCompatibleProvider } from './openai.ts'
import type { Provider } from './provider.ts'

const ownServer = (id: Provider['id']): Provider => ({
  ...openaiCompatibleProvider,
  id,
  paths: { ...nothing, chat: '/chat/completions', embeddings: '/embeddings' },
  alsoSpeaks: { completions: '/completions' },
  fit: { renames: { max_completion_tokens: 'max_tokens' } },
})

export const ollamaProvider = ownServer('ollama')
export const vllmProvider = ownServer('vllm')
export const llamacppProvider = ownServer('llamacpp')
export const localaiProvider = ownServer('localai')
