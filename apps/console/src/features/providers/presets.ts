import { kindFacts, providerKinds } from '@cockpit/contract/provider-kinds'
import { ProviderKind } from '@cockpit/contract/providers'
import { messages } from '../../app/i18n.ts'

/** What stands behind each kind, in one line. */
export const kindDetails: Record<ProviderKind, string> = messages('providerKinds', {
  openai: 'GPT models and embeddings at api.openai.com.',
  anthropic: 'Claude at api.anthropic.com.',
  gemini: 'Gemini at generativelanguage.googleapis.com, with a key of Google AI Studio.',
  vertex:
    'Gemini at Vertex AI. The address names project and location; the key is a service account’s key file (JSON).',
  'vertex-anthropic':
    'Claude at Vertex AI. The address names project and location; the key is a service account’s key file (JSON).',
  bedrock: 'Models at Amazon. The address names the region; the key is ACCESS_KEY_ID:SECRET_ACCESS_KEY.',
  azure: 'OpenAI’s models as deployments of your own Azure resource.',
  openrouter: 'Hundreds of models of many providers behind one key.',
  groq: 'Open models on fast hardware.',
  together: 'Open models, hosted.',
  fireworks: 'Open models, hosted.',
  mistral: 'Mistral, Magistral, Codestral and embeddings.',
  deepseek: 'DeepSeek’s chat and reasoning models.',
  xai: 'Grok.',
  cohere: 'Command and embeddings, by the door for OpenAI’s API.',
  huggingface: 'A router before many hosts of open models.',
  perplexity: 'Sonar and models of others; answers name their sources.',
  ollama: 'Models on your own machine; usually without a key.',
  vllm: 'Your own GPU server.',
  llamacpp: 'The server that comes with llama.cpp.',
  localai: 'LocalAI on your own machine.',
  'openai-compatible': 'Any other address that speaks the OpenAI API.',
  demo: 'Built in: simulated answers with real token counts, without key and network.',
})

export const kindLabel = (kind: ProviderKind): string => providerKinds[kind].label

const places = messages('providerPlaces', {
  hosted: 'Known by address',
  own: 'At an address of yours',
  built_in: 'Built in',
})

/** In the order of their places. */
export const kindOptions = (['hosted', 'own', 'built_in'] as const).flatMap((place) =>
  ProviderKind.options
    .filter((value) => providerKinds[value].place === place)
    .map((value) => ({ value, label: kindLabel(value), group: places[place] })),
)

/** The kind a form begins with, and what it fills in of its own; every field stays theirs to change. */
export const presetOf = (wanted: string | undefined) => {
  const found = ProviderKind.safeParse(wanted)
  const kind = found.success ? found.data : 'openai'
  const facts = kindFacts(kind)
  return { ...facts, kind, address: facts.baseUrl ?? (kind === 'azure' ? '' : (facts.example ?? '')) }
}
