import { expect, test } from 'vitest'
import { type Loose, liteLlmDeployment, liteLlmFacts, liteLlmPrices } from './litellm.ts'

const at = (params: Loose) => {
  const made = liteLlmDeployment(params)
  return 'why' in made
    ? made.why
    : [made.connection.kind, made.connection.baseUrl, made.connection.secret, made.upstreamModel]
}

test.each<[what: string, params: Loose, expected: unknown]>([
  ['a bare name of OpenAI', { model: 'gpt-4o', api_key: 'k' }, ['openai', null, 'k', 'gpt-4o']],
  ['a name with its provider', { model: 'anthropic/claude-x', api_key: 'k' }, ['anthropic', null, 'k', 'claude-x']],
  [
    'an address of one’s own behind openai/',
    { model: 'openai/llama', api_base: 'http://vllm:8000/v1/' },
    ['openai-compatible', 'http://vllm:8000/v1', null, 'llama'],
  ],
  [
    'Azure',
    { model: 'azure/dep', api_base: 'https://r.openai.azure.com/', api_key: 'k', api_version: '2024-10-21' },
    ['azure', 'https://r.openai.azure.com', 'k', 'dep'],
  ],
  [
    'Bedrock',
    {
      model: 'bedrock/converse/amazon.nova-pro-v1:0',
      aws_region_name: 'eu-west-1',
      aws_access_key_id: 'AK',
      aws_secret_access_key: 'SK',
    },
    ['bedrock', 'https://bedrock-runtime.eu-west-1.amazonaws.com', 'AK:SK', 'amazon.nova-pro-v1:0'],
  ],
  [
    'Vertex AI',
    {
      model: 'vertex_ai/gemini-2',
      vertex_project: 'p',
      vertex_location: 'europe-west1',
      vertex_credentials: '{"a":1}',
    },
    [
      'vertex',
      'https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1',
      '{"a":1}',
      'gemini-2',
    ],
  ],
  [
    'Claude at Vertex AI',
    { model: 'vertex_ai/claude-opus-4-1@20250805', vertex_project: 'p', vertex_location: 'global' },
    [
      'vertex-anthropic',
      'https://aiplatform.googleapis.com/v1/projects/p/locations/global',
      null,
      'claude-opus-4-1@20250805',
    ],
  ],
  [
    'Ollama, whose address has no /v1 there',
    { model: 'ollama_chat/llama3', api_base: 'http://localhost:11434' },
    ['ollama', 'http://localhost:11434/v1', null, 'llama3'],
  ],
  [
    'a router of others, whose models have slashes',
    { model: 'openrouter/meta/llama-3', api_key: 'k' },
    ['openrouter', null, 'k', 'meta/llama-3'],
  ],
  [
    'the provider beside the name',
    { model: 'meta/llama-3', custom_llm_provider: 'hosted_vllm', api_base: 'http://v/v1' },
    ['vllm', 'http://v/v1', null, 'meta/llama-3'],
  ],
  ['a wildcard', { model: 'openai/*' }, expect.stringContaining('stands for many models')],
  ['a provider that is not known', { model: 'sagemaker/x' }, expect.stringContaining('no provider that is known')],
  ['Azure by Entra ID', { model: 'azure/x', azure_ad_token: 't' }, expect.stringContaining('Entra ID')],
  ['Bedrock without a region', { model: 'bedrock/x' }, expect.stringContaining('aws_region_name')],
  ['no model', {}, 'It names no model.'],
])('%s is read', (_, params, expected) => expect(at(params)).toEqual(expected))

test('prices for a token become prices for a million, to the micro-dollar, and nobody makes one up', () => {
  expect(
    liteLlmPrices(
      { input_cost_per_token: 2.5e-6 },
      { output_cost_per_token: '0.00001', cache_read_input_token_cost: 1.25e-6 },
    ),
  ).toEqual({ input: '2.5', output: '10', cachedInput: '1.25', cacheWrite: null, reasoning: null })
  expect(liteLlmPrices({ output_cost_per_image: 0.04 }, {})).toMatchObject({ input: '0', units: { image: '0.04' } })
  expect(liteLlmPrices({}, { mode: 'chat' })).toBeNull()
  expect(liteLlmPrices({ input_cost_per_token: 0, output_cost_per_token: 0 }, {})).toMatchObject({
    input: '0',
    output: '0',
  })
})

test('facts say what a model is for, and nothing where they do not', () => {
  expect(liteLlmFacts({ mode: 'chat', supports_vision: true, max_input_tokens: 128_000 })).toEqual({
    capabilities: ['chat', 'streaming', 'vision'],
    contextTokens: 128_000,
    outputTokensMax: null,
  })
  expect(liteLlmFacts({ mode: 'embedding' }).capabilities).toEqual(['embeddings'])
  expect(liteLlmFacts({}).capabilities).toBeNull()
})
