/** What judges texts for guardrails outside of this installation: moderation, recognition of names, a webhook of one's own. */
import { z } from 'zod'
import { GuardrailDirection } from './guardrail-checks.ts'
import { id, name, routes, timestamp } from './kit.ts'

export const guardrailServicesMax = 50

export const GuardrailServiceKind = z
  .enum(['openai_moderation', 'azure_content_safety', 'presidio', 'webhook'])
  .describe(
    '`openai_moderation` asks a provider connection, `azure_content_safety` analyzes texts and looks for attacks on prompts, `presidio` recognizes names, places and more and says where they stand, `webhook` is asked in the shape of the guard API of Lakera',
  )
export type GuardrailServiceKind = z.infer<typeof GuardrailServiceKind>

const settings = {
  name,
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .describe('Its base URL; of a `webhook` the whole address. Of all but `openai_moderation`'),
  connectionId: id('con').describe('The provider connection that `openai_moderation` asks'),
  language: z
    .string()
    .regex(/^[a-z]{2}$/, 'must be two small letters')
    .describe('The language `presidio` is told'),
  timeoutMs: z.number().int().min(50).max(30_000),
}
const secret = z.string().min(1).max(4_000).describe('Its key. Never shown again')

export const GuardrailService = z
  .object({
    id: id('gds'),
    name,
    kind: GuardrailServiceKind,
    url: z.string().nullable(),
    connectionId: z.string().nullable().describe('Null also when the connection is gone: then nothing can be judged'),
    language: z.string(),
    timeoutMs: z.number().int(),
    hasSecret: z.boolean(),
    findsPlaces: z.boolean().describe('Whether it can say where something stands, so that it can be masked'),
    checkedAt: timestamp.nullable().describe('When it was tested the last time'),
    lastError: z.string().nullable().describe('Why that failed'),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'GuardrailService' })
export type GuardrailService = z.infer<typeof GuardrailService>

export const NewGuardrailService = z
  .object({
    name,
    kind: GuardrailServiceKind,
    url: settings.url.nullable().default(null),
    connectionId: settings.connectionId.nullable().default(null),
    language: settings.language.default('en'),
    timeoutMs: settings.timeoutMs.default(2_000),
    secret: secret.optional(),
  })
  .strict()
  .meta({
    id: 'NewGuardrailService',
    example: { name: 'Presidio', kind: 'presidio', url: 'https://presidio.example.com' },
  })
export type NewGuardrailService = z.output<typeof NewGuardrailService>

export const GuardrailServicePatch = z
  .object({ ...settings, secret: secret.nullable() })
  .partial()
  .strict()
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type GuardrailServicePatch = z.output<typeof GuardrailServicePatch>

export const GuardrailServiceCheck = z
  .object({
    ok: z.boolean(),
    reason: z.string().nullable().describe('Why it failed, in one sentence'),
    latencyMs: z.number(),
    findings: z.array(
      z.object({
        category: z.string(),
        score: z.number(),
        start: z.number().int().nullable().describe('In UTF-16 units; null where it does not say'),
        end: z.number().int().nullable(),
      }),
    ),
  })
  .meta({ id: 'GuardrailServiceCheck' })
export type GuardrailServiceCheck = z.infer<typeof GuardrailServiceCheck>

const params = z.object({ id: id('gds') })
const about = { tag: 'Guardrails', scope: 'account' } as const
const reading = { ...about, permission: 'guardrail.read' } as const
const writing = { ...about, permission: 'guardrail.write' } as const

export const guardrailServiceRoutes = routes({
  list: {
    ...reading,
    method: 'GET',
    path: '/v1/guardrail-services',
    summary: 'List the services that guardrails may ask',
    returns: z.object({ items: z.array(GuardrailService) }),
  },
  create: {
    ...writing,
    method: 'POST',
    path: '/v1/guardrail-services',
    status: 201,
    summary: 'Connect a service that guardrails may ask',
    description: 'Texts of calls are sent to it once a guardrail has a check that names it.',
    stepUp: ['secret'],
    body: NewGuardrailService,
    returns: GuardrailService,
    problems: ['guardrail_service.name_taken', 'guardrail_service.limit_reached'],
    emits: 'guardrail_service.created',
  },
  get: {
    ...reading,
    method: 'GET',
    path: '/v1/guardrail-services/{id}',
    summary: 'Get a service that guardrails may ask',
    params,
    returns: GuardrailService,
    problems: ['guardrail_service.not_found'],
  },
  update: {
    ...writing,
    method: 'PATCH',
    path: '/v1/guardrail-services/{id}',
    summary: 'Change a service; its secret stays where it is not given',
    stepUp: ['secret'],
    params,
    body: GuardrailServicePatch,
    returns: GuardrailService,
    problems: ['guardrail_service.not_found', 'guardrail_service.name_taken'],
    emits: 'guardrail_service.updated',
  },
  remove: {
    ...writing,
    method: 'DELETE',
    path: '/v1/guardrail-services/{id}',
    status: 204,
    summary: 'Disconnect a service that no guardrail asks',
    params,
    returns: z.void(),
    problems: ['guardrail_service.not_found', 'guardrail_service.in_use'],
    emits: 'guardrail_service.deleted',
  },
  check: {
    ...writing,
    method: 'POST',
    path: '/v1/guardrail-services/{id}/check',
    summary: 'Have a service judge a text, and say how it went',
    params,
    body: z
      .object({
        text: z.string().min(1).max(10_000),
        direction: GuardrailDirection.default('input'),
      })
      .strict(),
    returns: GuardrailServiceCheck,
    problems: ['guardrail_service.not_found'],
    emits: 'guardrail_service.checked',
  },
})
