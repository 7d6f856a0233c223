import { z } from 'zod'
import { id, name, pageOf, pageQuery, routes, timestamp } from './kit.ts'

export const ExporterKind = z.enum(['otlp', 'langfuse', 'webhook', 's3'])
export type ExporterKind = z.infer<typeof ExporterKind>

/** What of a request's text is sent, where the account keeps it. */
const Content = z
  .enum(['none', 'masked', 'whole'])
  .describe('Text of requests and answers: `masked` without addresses, numbers of cards and accounts, and keys')

const settings = {
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .describe('Where it receives; paths of a protocol are added, as `/v1/traces`, or `/<bucket>/<object>`'),
  user: z.string().min(1).max(200).describe('Public key of Langfuse, or access key id of S3'),
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,62}$/, 'must be the name of a bucket'),
  region: z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be the name of a region'),
  prefix: z
    .string()
    .max(200)
    .regex(/^(?:[\w.-]+\/)*$/, 'must be folders, each ending with /'),
}

export const Exporter = z
  .object({
    id: id('exp'),
    name: z.string(),
    kind: ExporterKind,
    url: z.string(),
    user: z.string().nullable(),
    bucket: z.string().nullable(),
    region: z.string().nullable(),
    prefix: z.string().nullable(),
    content: Content,
    hasSecret: z.boolean(),
    ofEnvironment: z.boolean().describe('Named by the environment of the installation, and changed there alone'),
    status: z.enum(['active', 'paused']),
    sent: z.number().int().describe('Requests it took so far'),
    failures: z.number().int().describe('Attempts in a row that failed'),
    nextAttemptAt: timestamp.nullable().describe('After a failure'),
    lastError: z.string().nullable(),
    lastDeliveredAt: timestamp.nullable(),
    createdAt: timestamp,
  })
  .meta({ id: 'Exporter' })
export type Exporter = z.infer<typeof Exporter>

const secret = z
  .string()
  .min(8)
  .max(4_000)
  .describe(
    'Of `otlp` the value of the authorization header, of `langfuse` the secret key, of `s3` the secret access key; of `webhook` what signs deliveries. Never shown again',
  )

export const NewExporter = z.strictObject({
  name,
  kind: ExporterKind,
  url: settings.url,
  secret: secret.optional(),
  user: settings.user.optional(),
  bucket: settings.bucket.optional(),
  region: settings.region.optional(),
  prefix: settings.prefix.optional(),
  content: Content.default('none'),
})
export type NewExporter = z.infer<typeof NewExporter>

const managing = { tag: 'Exporters', permission: 'audit.manage', scope: 'any' } as const
const exporterId = z.object({ id: id('exp') })

export const exporterRoutes = routes({
  list: {
    ...managing,
    method: 'GET',
    path: '/v1/exporters',
    summary: 'List where requests on record are sent',
    query: pageQuery,
    returns: pageOf(Exporter),
  },
  create: {
    ...managing,
    method: 'POST',
    path: '/v1/exporters',
    summary: 'Send requests on record somewhere, from now on',
    description:
      'Each request is sent at least once, a moment after it is booked; what is refused is tried again, later each time. `otlp` gets traces and metrics with the words of the GenAI semantic conventions as JSON over HTTP, `langfuse` traces, `webhook` a signed `{accountId, exporterId, requests}` (HMAC-SHA256 over `<t>.<body>` is `v1` of `cockpit-signature`), and `s3` objects of one JSON line a request. An exporter of the platform is sent the requests of all accounts, without their text.',
    status: 201,
    stepUp: true,
    body: NewExporter,
    returns: Exporter,
    emits: 'exporter.created',
  },
  update: {
    ...managing,
    method: 'PATCH',
    path: '/v1/exporters/{id}',
    stepUp: true,
    summary: 'Rename, pause or continue an exporter, or give it another secret',
    params: exporterId,
    body: z.strictObject({
      name: name.optional(),
      status: z.enum(['active', 'paused']).optional(),
      content: Content.optional(),
      secret: secret.optional(),
    }),
    returns: Exporter,
    problems: ['exporter.not_found', 'exporter.of_environment'],
    emits: 'exporter.updated',
  },
  test: {
    ...managing,
    method: 'POST',
    path: '/v1/exporters/{id}/test',
    summary: 'Send an empty delivery and say how it went',
    params: exporterId,
    returns: z
      .object({ ok: z.boolean(), reason: z.string().nullable().describe('Why it was not taken, in one sentence') })
      .meta({ id: 'ExporterTest' }),
    problems: ['exporter.not_found'],
    emits: 'exporter.tested',
  },
  remove: {
    ...managing,
    method: 'DELETE',
    path: '/v1/exporters/{id}',
    stepUp: true,
    summary: 'Stop sending requests to an exporter',
    status: 204,
    params: exporterId,
    returns: z.void(),
    problems: ['exporter.not_found', 'exporter.of_environment'],
    emits: 'exporter.deleted',
  },
})
