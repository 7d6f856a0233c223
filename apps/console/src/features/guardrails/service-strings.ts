import type { GuardrailServiceKind } from '@cockpit/contract/guardrail-services'
import { messages } from '../../app/i18n.ts'

export const serviceText = messages('guardrailServices', {
  about:
    'Services outside that guardrails may ask about the texts of requests: they are sent those texts, and nothing else.',
  add: 'Connect a service',
  none: 'No service yet',
  noneText:
    'Connect a moderation service, Presidio or a webhook of your own, then add a check to a guardrail that asks it. Names of people, places and companies are only found by a service.',
  name: 'Name',
  kind: 'Kind',
  where: 'Address',
  connection: 'Provider connection',
  connectionHelp: 'One whose provider has moderations. Its credential is used.',
  gone: 'Its connection is gone',
  language: 'Language',
  languageHelp: 'Two letters, as “en”: what it takes the texts for.',
  timeout: 'Time-out',
  timeoutHelp: 'Requests wait no longer than this; then the guardrail says whether they pass.',
  secret: 'Key',
  secretHelp: 'Stored encrypted, sent to this address only and never shown again.',
  secretKept: 'Empty: the stored one stays. Enter it again when the host changes.',
  required: 'is required',
  state: 'Last test',
  never: 'never',
  works: 'works',
  fails: 'fails',
  acts: (name: string) => `Acts on ${name}`,
  test: 'Test',
  testTitle: (name: string) => `Test ${name}`,
  testText: 'Text to judge',
  testHelp: 'It is sent to the service now, and kept nowhere here.',
  sample: 'Ada Lovelace lives in London.',
  found: (what: string, latency: number) => `Answered in ${latency} ms: ${what}`,
  nothing: 'nothing found',
  edit: 'Edit',
  save: 'Save changes',
  remove: 'Disconnect',
  removeTitle: (name: string) => `Disconnect ${name}?`,
  removeText: 'Its key is erased. A service that a guardrail asks cannot be disconnected.',
})

export const serviceKindText: Readonly<Record<GuardrailServiceKind, string>> = messages('guardrailServiceKinds', {
  presidio: 'Presidio',
  openai_moderation: 'OpenAI moderation',
  azure_content_safety: 'Azure AI Content Safety',
  webhook: 'Webhook',
})

export const serviceUrlHelp: Readonly<Record<GuardrailServiceKind, string>> = messages('guardrailServiceUrls', {
  presidio: 'Of its analyzer, e.g. https://presidio.example.com.',
  openai_moderation: '',
  azure_content_safety: 'Of the resource, e.g. https://name.cognitiveservices.azure.com.',
  webhook: 'Asked as it stands, in the shape of the guard API of Lakera, e.g. https://api.lakera.ai/v2/guard.',
})
