import { messages } from '../../app/i18n.ts'

export const providerText = messages('providers', {
  title: 'Providers',
  about: 'Connections of this account to model APIs, with its own keys (BYOK).',
  platformAbout: 'Connections of the platform to model APIs. Accounts use their models and never see their keys.',
  connect: 'Connect provider',
  noun: 'connections',
  search: 'Search name or address',
  none: 'No provider connected',
  noneText:
    'A connection is an address and a key of a model API. Connect one, test it, then add models that run on it. Models of the platform need none.',
  nonePlatform:
    'A connection is an address and a key of a model API. Connect one, test it, then add models to the catalog that accounts may use.',
  name: 'Name',
  kind: 'Kind',
  baseUrl: 'Base URL',
  key: 'Key',
  noKey: 'No key',
  fingerprint: 'fingerprint',
  rotated: 'Key rotated',
  models: 'Models',
  lastTest: 'Last test',
  status: 'Status',
  created: 'Connected',
  never: 'Never tested',
  works: 'Works',
  fails: 'Fails',
  retries: 'Retries',
  disconnect: 'When the caller hangs up',
  timeouts: 'Timeouts',
  notNeeded: 'Not needed',
  edit: 'Edit',
  rotate: 'Rotate key',
  setKey: 'Set key',
  disable: 'Disable',
  enable: 'Enable',
  remove: 'Delete',
  acts: 'Acts on this connection',
  test: 'Test now',
  addModel: 'Add model',
  back: 'Providers',
  overview: 'Overview',
  tests: 'Tests',
})

export const kindLabels = {
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  gemini: 'Google Gemini',
  'openai-compatible': 'OpenAI-compatible',
  demo: 'Demo',
} as const

export const disconnectText = messages('disconnect', {
  abort: 'Stop the provider’s call',
  drain: 'Read it to the end',
  abortHelp: 'The call to the provider ends at once. What was produced until then is billed. Saves credits.',
  drainHelp: 'The answer is read to its end and billed in full. Usage stays exact with providers that report it last.',
})
