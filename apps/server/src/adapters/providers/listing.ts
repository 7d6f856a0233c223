/** How each kind of provider is asked for its models, and what the answer proves. */
import type { ProviderKind } from '@cockpit/contract/providers'
import type { ConnectionSettings } from '../../modules/providers/index.ts'

export type Listing = {
  /** Appended to the base URL. */
  path: string
  headers: Record<string, string>
  /** Where the list is when it does not stand below the base URL. */
  url?: string
  /** A second list whose names join those of the first. */
  moreUrl?: string
  /** Asked for first, where the list is shown to anybody: it needs the key. */
  keyPath?: string
  /** What remains unproven when the list came. */
  note?: string
}

const bearer = (secret: string | null) => (secret === null ? {} : { authorization: `Bearer ${secret}` })

const anyOpenai = ({ secret }: ConnectionSettings): Listing => ({ path: '/models', headers: bearer(secret) })

/** Whose quota the question counts against. */
const projectOf = (baseUrl: string): Record<string, string> => {
  const project = /\/projects\/([^/]+)/.exec(baseUrl)?.[1]
  return project === undefined ? {} : { 'x-goog-user-project': project }
}

const atVertex = (publisher: string, { baseUrl }: ConnectionSettings): Listing => ({
  path: '',
  url: `${new URL(baseUrl ?? '').origin}/v1beta1/publishers/${publisher}/models?pageSize=500`,
  headers: projectOf(baseUrl ?? ''),
})

const deployments =
  'Azure lists the models a resource may deploy; enter the name of a deployment as the model’s name at the provider.'

const listings: Partial<Record<ProviderKind, (settings: ConnectionSettings) => Listing>> = {
  anthropic: ({ secret }) => ({
    path: '/v1/models?limit=500',
    headers: { 'anthropic-version': '2023-06-01', ...(secret !== null && { 'x-api-key': secret }) },
  }),
  gemini: ({ secret }) => ({
    path: '/models?pageSize=500',
    headers: secret === null ? {} : { 'x-goog-api-key': secret },
  }),
  vertex: (settings) => atVertex('google', settings),
  'vertex-anthropic': (settings) => ({
    ...atVertex('anthropic', settings),
    note: 'Google lists Claude’s models to every project, so that only a call shows which are enabled for this one.',
  }),
  // models are called at one address and listed at another
  bedrock: ({ baseUrl }) => {
    const control = (baseUrl ?? '').replace('://bedrock-runtime', '://bedrock')
    return {
      path: '',
      url: `${control}/foundation-models`,
      moreUrl: `${control}/inference-profiles?maxResults=500`,
      headers: {},
    }
  },
  azure: ({ secret, options }) => ({
    path: options.apiVersion === undefined ? '/openai/v1/models' : `/openai/models?api-version=${options.apiVersion}`,
    headers: secret === null ? {} : { 'api-key': secret },
    note: deployments,
  }),
  openrouter: (settings) => ({ ...anyOpenai(settings), keyPath: '/key' }),
  huggingface: (settings) => ({
    ...anyOpenai(settings),
    note: 'Hugging Face lists its models to anybody, so that only a call shows whether the key is right.',
  }),
  // the door for OpenAI's dialect has no list; the provider's own API has
  cohere: ({ secret, baseUrl }) => ({
    path: `${/\/compatibility\/v1$/.test(baseUrl ?? '') ? '/../..' : ''}/v1/models?endpoint=chat&page_size=500`,
    headers: bearer(secret),
  }),
}

export const listingOf = (settings: ConnectionSettings): Listing => (listings[settings.kind] ?? anyOpenai)(settings)
