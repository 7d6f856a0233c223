/** What the gateway must know of each kind of model API to call it. */
import type { ProviderKind, ProviderOptions } from '@cockpit/contract/providers'
import { anthropicProvider } from './anthropic.ts'
import { azureProvider } from './azure.ts'
import { bedrockProvider } from './bedrock.ts'
import { geminiProvider, vertexProvider } from './gemini.ts'
import {
  cohereProvider,
  deepseekProvider,
  fireworksProvider,
  groqProvider,
  huggingfaceProvider,
  openrouterProvider,
  togetherProvider,
  xaiProvider,
} from './hosted.ts'
import { mistralProvider } from './mistral.ts'
import { demoProvider, openaiCompatibleProvider, openaiProvider } from './openai.ts'
import { llamacppProvider, localaiProvider, ollamaProvider, vllmProvider } from './own-servers.ts'
import { perplexityProvider } from './perplexity.ts'
import type { Provider } from './provider.ts'
import type { Authorize } from './signing/authorizer.ts'
import { vertexAnthropicProvider } from './vertex-anthropic.ts'

export { createDemoServer, type DemoServer, demoModels } from './demo/index.ts'
export { isMedia, type MediaOperation, type Operation, type Provider, pathFor, pathOf, spokenTo } from './provider.ts'
export { type Ask, type Authorizer, CredentialRefused } from './signing/authorizer.ts'

export const providers: Record<ProviderKind, Provider> = {
  openai: openaiProvider,
  anthropic: anthropicProvider,
  gemini: geminiProvider,
  vertex: vertexProvider,
  'vertex-anthropic': vertexAnthropicProvider,
  bedrock: bedrockProvider,
  azure: azureProvider,
  openrouter: openrouterProvider,
  groq: groqProvider,
  together: togetherProvider,
  fireworks: fireworksProvider,
  mistral: mistralProvider,
  deepseek: deepseekProvider,
  xai: xaiProvider,
  cohere: cohereProvider,
  huggingface: huggingfaceProvider,
  perplexity: perplexityProvider,
  ollama: ollamaProvider,
  vllm: vllmProvider,
  llamacpp: llamacppProvider,
  localai: localaiProvider,
  'openai-compatible': openaiCompatibleProvider,
  demo: demoProvider,
}

/** The provider of one connection. */
export const providerOf = (kind: ProviderKind, options: ProviderOptions | undefined): Provider => {
  const provider = providers[kind]
  return options === undefined ? provider : (provider.withOptions?.(options) ?? provider)
}

/** For calls outside the hot path, such as tests of a connection; null for kinds whose credential is a header. */
export const authorizerOf = (kind: ProviderKind, ...facts: Parameters<Authorize>): ReturnType<Authorize> | null =>
  providers[kind].authorize?.(...facts) ?? null
