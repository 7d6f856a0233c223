/** What the gateway must know of each kind of model API to call it. */
import type { ProviderKind } from '@cockpit/contract/providers'
import { anthropicProvider } from './anthropic.ts'
import { geminiProvider } from './gemini.ts'
import { demoProvider, openaiCompatibleProvider, openaiProvider } from './openai.ts'
import type { Provider } from './provider.ts'

export { createDemoServer, type DemoServer, demoModels } from './demo/index.ts'
export { type Operation, type Provider, pathFor, spokenTo } from './provider.ts'

export const providers: Record<ProviderKind, Provider> = {
  openai: openaiProvider,
  'openai-compatible': openaiCompatibleProvider,
  anthropic: anthropicProvider,
  gemini: geminiProvider,
  demo: demoProvider,
}
