/** The kinds of model API a connection may lead to, and what a form must ask for each. How they are called is the gateway's business. */

/** `hosted` has an address of its own, `own` runs where its operator says, `built_in` needs no address at all. */
export type KindFacts = {
  readonly label: string
  readonly place: 'hosted' | 'own' | 'built_in'
  /** Where to call when a connection names no address; null where it must name one. */
  readonly baseUrl: string | null
  /** Where it usually is, for kinds that have no address of their own. */
  readonly example?: string
  readonly key: 'required' | 'optional' | 'none'
}

export const providerKinds = {
  openai: { label: 'OpenAI', place: 'hosted', baseUrl: 'https://api.openai.com/v1', key: 'required' },
  anthropic: { label: 'Anthropic', place: 'hosted', baseUrl: 'https://api.anthropic.com', key: 'required' },
  gemini: {
    label: 'Google Gemini',
    place: 'hosted',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    key: 'required',
  },
  vertex: {
    label: 'Google Vertex AI',
    place: 'own',
    baseUrl: null,
    example: 'https://us-central1-aiplatform.googleapis.com/v1/projects/my-project/locations/us-central1',
    key: 'required',
  },
  'vertex-anthropic': {
    label: 'Claude at Google Vertex AI',
    place: 'own',
    baseUrl: null,
    example: 'https://us-east5-aiplatform.googleapis.com/v1/projects/my-project/locations/us-east5',
    key: 'required',
  },
  bedrock: {
    label: 'Amazon Bedrock',
    place: 'own',
    baseUrl: null,
    example: 'https://bedrock-runtime.us-east-1.amazonaws.com',
    key: 'required',
  },
  azure: {
    label: 'Azure OpenAI',
    place: 'own',
    baseUrl: null,
    example: 'https://my-resource.openai.azure.com',
    key: 'required',
  },
  openrouter: { label: 'OpenRouter', place: 'hosted', baseUrl: 'https://openrouter.ai/api/v1', key: 'required' },
  groq: { label: 'Groq', place: 'hosted', baseUrl: 'https://api.groq.com/openai/v1', key: 'required' },
  together: { label: 'Together', place: 'hosted', baseUrl: 'https://api.together.xyz/v1', key: 'required' },
  fireworks: {
    label: 'Fireworks',
    place: 'hosted',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    key: 'required',
  },
  mistral: { label: 'Mistral', place: 'hosted', baseUrl: 'https://api.mistral.ai/v1', key: 'required' },
  deepseek: { label: 'DeepSeek', place: 'hosted', baseUrl: 'https://api.deepseek.com/v1', key: 'required' },
  xai: { label: 'xAI', place: 'hosted', baseUrl: 'https://api.x.ai/v1', key: 'required' },
  cohere: { label: 'Cohere', place: 'hosted', baseUrl: 'https://api.cohere.ai/compatibility/v1', key: 'required' },
  huggingface: {
    label: 'Hugging Face',
    place: 'hosted',
    baseUrl: 'https://router.huggingface.co/v1',
    key: 'required',
  },
  perplexity: { label: 'Perplexity', place: 'hosted', baseUrl: 'https://api.perplexity.ai/v1', key: 'required' },
  ollama: { label: 'Ollama', place: 'own', baseUrl: null, example: 'http://localhost:11434/v1', key: 'optional' },
  vllm: { label: 'vLLM', place: 'own', baseUrl: null, example: 'http://localhost:8000/v1', key: 'optional' },
  llamacpp: { label: 'llama.cpp', place: 'own', baseUrl: null, example: 'http://localhost:8080/v1', key: 'optional' },
  localai: { label: 'LocalAI', place: 'own', baseUrl: null, example: 'http://localhost:8080/v1', key: 'optional' },
  'openai-compatible': { label: 'OpenAI-compatible', place: 'own', baseUrl: null, key: 'optional' },
  demo: { label: 'Demo', place: 'built_in', baseUrl: null, key: 'none' },
} as const satisfies Record<string, KindFacts>

export type ProviderKindName = keyof typeof providerKinds
export const kindFacts = (kind: ProviderKindName): KindFacts => providerKinds[kind]
