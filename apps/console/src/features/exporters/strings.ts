import type { Exporter } from '@cockpit/contract/exporters'
import { messages } from '../../app/i18n.ts'

export const t = messages('exporters', {
  title: 'Exporters',
  about: 'Where requests on record are sent a moment after they are booked, each at least once.',
  aboutPlatform: 'Where the requests of all accounts are sent a moment after they are booked, without their text.',
  none: 'Requests are sent nowhere',
  noneText: 'An exporter gets each one that is booked from the moment it is added.',
  add: 'Add exporter',
  edit: 'Edit',
  save: 'Save',
  name: 'Name',
  kind: 'Kind',
  url: 'Address',
  origin: 'Set in',
  here: 'Console',
  environment: 'Environment',
  content: 'Text of requests and answers',
  contentShort: 'Text',
  contentHelp: 'Only of what the account keeps.',
  bucket: 'Bucket',
  region: 'Region',
  prefix: 'Folder',
  prefixHelp: 'Ends with /, for example ai/logs/',
  replace: 'Leave it empty to keep the one there is.',
  acts: (name: string) => `Acts on ${name}`,
  test: 'Test',
  tested: 'An empty delivery was taken.',
  pause: 'Pause',
  resume: 'Go on',
  remove: 'Remove',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeText: 'It gets nothing from now on. A new exporter begins with what is booked then.',
  state: 'State',
  active: 'Sending',
  paused: 'Paused',
  failing: (count: string) => `Refused ${count} times`,
  lastError: 'Last refusal',
  sent: 'Sent',
  lastDelivered: 'Last taken',
  required: 'is required',
})

const k = messages('exporterKinds', {
  otlp: 'OpenTelemetry (OTLP)',
  otlpUrl: 'Of the OTLP/HTTP receiver, without /v1/traces.',
  header: 'Authorization header',
  headerHelp: 'Its whole value, for example Bearer …. Leave it empty when the receiver wants none.',
  langfuse: 'Langfuse',
  langfuseUrl: 'Of the installation of Langfuse.',
  publicKey: 'Public key',
  secretKey: 'Secret key',
  sealed: 'Stored encrypted and never shown again.',
  webhook: 'Webhook',
  webhookUrl: 'It gets at most 500 requests at a time by POST.',
  secret: 'Secret',
  signed: 'Deliveries carry cockpit-signature: t=…,v1=…, an HMAC-SHA256 of “t.body” with this secret.',
  s3: 'S3-compatible storage',
  s3Url: 'Of the storage, without the bucket.',
  accessKeyId: 'Access key id',
  accessKey: 'Secret access key',
})

type KindText = { label: string; url: string; urlHelp: string; secret: string; secretHelp: string; user?: string }

export const kindText: Record<Exporter['kind'], KindText> = {
  otlp: {
    ...{ label: k.otlp, url: 'https://otel.example.com:4318', urlHelp: k.otlpUrl },
    ...{ secret: k.header, secretHelp: k.headerHelp },
  },
  langfuse: {
    ...{ label: k.langfuse, url: 'https://cloud.langfuse.com', urlHelp: k.langfuseUrl },
    ...{ user: k.publicKey, secret: k.secretKey, secretHelp: k.sealed },
  },
  webhook: {
    ...{ label: k.webhook, url: 'https://example.com/requests', urlHelp: k.webhookUrl },
    ...{ secret: k.secret, secretHelp: k.signed },
  },
  s3: {
    ...{ label: k.s3, url: 'https://s3.eu-central-1.amazonaws.com', urlHelp: k.s3Url },
    ...{ user: k.accessKeyId, secret: k.accessKey, secretHelp: k.sealed },
  },
}
export const kinds = ['otlp', 'langfuse', 'webhook', 's3'] as const satisfies readonly Exporter['kind'][]

export const contentText: Record<Exporter['content'], string> = messages('exporterContent', {
  none: 'None',
  masked: 'Masked',
  whole: 'Whole',
})
