/** Guardrails: what looks at the texts of calls, in the path of each, and what they said. */
import { z } from 'zod'
import {
  GuardrailAction,
  GuardrailCheck,
  GuardrailDirection,
  GuardrailScope,
  GuardrailVerdict,
} from './guardrail-checks.ts'
import { id, name, pageOf, pageQuery, routes, timestamp } from './kit.ts'

export const guardrailsMax = 100
const casesMax = 500

export const Guardrail = z
  .object({
    id: id('grd'),
    name,
    description: z.string().nullable(),
    status: z.enum(['active', 'disabled']),
    scope: GuardrailScope,
    scopeName: z.string().describe('What it holds for, in words'),
    position: z.number().int().describe('Lower ones look first'),
    onFailure: z
      .enum(['open', 'closed'])
      .describe('What happens to a text that cannot be checked: it passes, or it is refused'),
    checks: z.array(GuardrailCheck),
    summary: z.string().describe('What it does, in one sentence'),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Guardrail' })
export type Guardrail = z.infer<typeof Guardrail>

const fields = {
  name,
  description: z.string().trim().max(600).nullable(),
  status: Guardrail.shape.status,
  scope: GuardrailScope,
  position: z.number().int().min(0).max(10_000),
  onFailure: Guardrail.shape.onFailure,
  checks: z.array(GuardrailCheck).min(1).max(20),
}
export const NewGuardrail = z
  .object({
    ...fields,
    description: fields.description.default(null),
    status: fields.status.default('active'),
    scope: fields.scope.default({ type: 'account' }),
    position: fields.position.default(100),
    onFailure: fields.onFailure.default('closed'),
  })
  .strict()
export type NewGuardrail = z.output<typeof NewGuardrail>
export const GuardrailPatch = z
  .object(fields)
  .partial()
  .strict()
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type GuardrailPatch = z.output<typeof GuardrailPatch>

/** What is tried before it is saved. */
const draft = { checks: fields.checks, onFailure: fields.onFailure.default('closed') }

export const GuardrailCase = z
  .object({
    text: z.string().max(100_000),
    direction: GuardrailDirection.default('input'),
    expected: z.enum(['found', 'clean']).optional().describe('Whether something should be found in it'),
  })
  .strict()
export const GuardrailTest = z
  .object({ ...draft, cases: z.array(GuardrailCase).min(1).max(casesMax) })
  .strict()
  .meta({
    id: 'GuardrailTest',
    example: {
      checks: [{ kind: 'pii', kinds: ['email'], action: 'mask', on: ['input'] }],
      cases: [{ text: 'Write to ada@example.com', expected: 'found' }],
    },
  })
export type GuardrailTest = z.output<typeof GuardrailTest>

export const GuardrailResult = z
  .object({
    outcome: z.enum(['clean', 'logged', 'flagged', 'masked', 'blocked']).describe('The strongest of what follows'),
    text: z.string().describe('As it would go on; where it is blocked, with what blocks masked'),
    matches: z.array(
      z.object({
        check: z.number().int().describe('Which of the checks, from 0'),
        kind: z.string(),
        action: GuardrailAction,
        start: z.number().int(),
        end: z.number().int().describe('In UTF-16 units, the end not included'),
      }),
    ),
    verdicts: z.array(GuardrailVerdict.pick({ check: true, action: true, found: true })),
    right: z.boolean().nullable().describe('Whether it came out as expected; null where nothing was'),
  })
  .meta({ id: 'GuardrailResult' })
export const GuardrailReport = z
  .object({
    results: z.array(GuardrailResult),
    score: z
      .object({
        found: z.number().int().describe('Found, and expected to be'),
        missed: z.number().int(),
        wrong: z.number().int().describe('Found, and not expected to be'),
        clean: z.number().int(),
        precision: z.number().nullable().describe('Of what was found the share that should be; null when nothing was'),
        recall: z.number().nullable().describe('Of what should be found the share that was; null when nothing should'),
      })
      .nullable()
      .describe('Of the cases that say what they expect; null when none does'),
  })
  .meta({ id: 'GuardrailReport' })
export type GuardrailReport = z.infer<typeof GuardrailReport>

export const GuardrailPreview = z
  .object({
    contentKept: z.boolean().describe('Whether the account keeps the texts of its requests at all'),
    looked: z.number().int(),
    changed: z.number().int().describe('Of which a text would have been masked'),
    blocked: z.number().int(),
    noticed: z.number().int().describe('Of which one would only have been flagged or logged'),
    requests: z
      .array(
        z.object({
          id: z.string(),
          at: timestamp,
          model: z.string(),
          outcome: z.enum(['noticed', 'changed', 'blocked']),
          verdicts: z.array(GuardrailVerdict),
        }),
      )
      .describe('The latest of them'),
  })
  .meta({ id: 'GuardrailPreview' })
export type GuardrailPreview = z.infer<typeof GuardrailPreview>

export const GuardrailHit = GuardrailVerdict.extend({ requestId: z.string(), at: timestamp }).meta({
  id: 'GuardrailHit',
})
export type GuardrailHit = z.infer<typeof GuardrailHit>

export const GuardrailSeries = z
  .object({
    stepSeconds: z.number().int(),
    points: z.array(
      z.object({
        at: timestamp,
        blocked: z.number().int(),
        masked: z.number().int(),
        noticed: z.number().int().describe('Flagged, logged or let pass unchecked'),
      }),
    ),
  })
  .meta({ id: 'GuardrailSeries' })
export type GuardrailSeries = z.infer<typeof GuardrailSeries>

const params = z.object({ id: id('grd') })
const about = { tag: 'Guardrails', scope: 'account' } as const
const reading = { ...about, permission: 'guardrail.read' } as const
const writing = { ...about, permission: 'guardrail.write' } as const

export const guardrailRoutes = routes({
  list: {
    ...reading,
    method: 'GET',
    path: '/v1/guardrails',
    summary: 'List the guardrails of the account, in the order in which they look',
    returns: z.object({ items: z.array(Guardrail) }),
  },
  create: {
    ...writing,
    method: 'POST',
    path: '/v1/guardrails',
    status: 201,
    summary: 'Add a guardrail',
    body: NewGuardrail,
    returns: Guardrail,
    problems: ['guardrail.name_taken', 'guardrail.limit_reached'],
    emits: 'guardrail.created',
  },
  test: {
    ...reading,
    method: 'POST',
    changesNothing: true,
    path: '/v1/guardrails/test',
    summary: 'Try checks on texts, and count how often they are right',
    description: 'The code that runs in the path of calls. Nothing of the texts is kept.',
    body: GuardrailTest,
    returns: GuardrailReport,
  },
  preview: {
    ...writing,
    method: 'POST',
    changesNothing: true,
    path: '/v1/guardrails/preview',
    summary: 'What checks would have done to the last requests whose texts were kept',
    body: z
      .object({
        ...draft,
        scope: fields.scope.default({ type: 'account' }),
        last: z.number().int().min(1).max(500).default(200).describe('Requests to look at'),
      })
      .strict(),
    returns: GuardrailPreview,
  },
  series: {
    ...reading,
    method: 'GET',
    path: '/v1/guardrails/series',
    summary: 'Verdicts over time',
    query: z.object({
      guardrailId: id('grd').optional(),
      from: timestamp.optional().describe('Up to 90 days before `to`; 7 days when absent'),
      to: timestamp.optional().describe('Now when absent'),
    }),
    returns: GuardrailSeries,
  },
  verdicts: {
    ...reading,
    method: 'GET',
    path: '/v1/guardrails/verdicts',
    summary: 'What guardrails said about calls, the latest first',
    query: pageQuery.extend({
      guardrailId: id('grd').optional(),
      action: GuardrailVerdict.shape.action.optional(),
      direction: GuardrailDirection.optional(),
    }),
    returns: pageOf(GuardrailHit),
  },
  get: {
    ...reading,
    method: 'GET',
    path: '/v1/guardrails/{id}',
    summary: 'Get a guardrail',
    params,
    returns: Guardrail,
    problems: ['guardrail.not_found'],
  },
  update: {
    ...writing,
    method: 'PATCH',
    path: '/v1/guardrails/{id}',
    summary: 'Change a guardrail',
    params,
    body: GuardrailPatch,
    returns: Guardrail,
    problems: ['guardrail.not_found', 'guardrail.name_taken'],
    emits: 'guardrail.updated',
  },
  remove: {
    ...writing,
    method: 'DELETE',
    path: '/v1/guardrails/{id}',
    status: 204,
    summary: 'Delete a guardrail; its verdicts stay',
    params,
    returns: z.void(),
    problems: ['guardrail.not_found'],
    emits: 'guardrail.deleted',
  },
})
