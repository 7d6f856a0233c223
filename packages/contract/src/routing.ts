/** How calls of a model find a deployment: the strategy, what each deployment takes, and what happens when one fails. */
import { z } from 'zod'
import { id, routes, timestamp } from './kit.ts'
import { ModelName } from './models.ts'
import { Credits, PositiveCredits, PricePerMillion } from './money.ts'

/** How the deployments of one tier share the calls. */
export const RouteStrategy = z.enum([
  'ordered',
  'weighted',
  'round_robin',
  'least_busy',
  'lowest_latency',
  'lowest_cost',
])
export type RouteStrategy = z.infer<typeof RouteStrategy>

/** By what calls are told to belong together, so that they stay with one deployment and its prompt cache. */
export const StickyBy = z.enum(['none', 'user', 'session', 'prompt_prefix'])

/** Why a call leaves its model for another one. */
export const FallbackReason = z.enum(['error', 'rate_limit', 'timeout', 'context_length', 'content_filter'])
export type FallbackReason = z.infer<typeof FallbackReason>

const milliseconds = (least: number, most: number) => z.number().int().min(least).max(most)
const percent = z.number().min(0).max(100)

export const DeploymentTimeouts = z
  .object({
    connectMs: milliseconds(100, 60_000),
    firstTokenMs: milliseconds(100, 600_000).describe('From sending the request to the first content of a stream'),
    betweenTokensMs: milliseconds(100, 600_000),
    totalMs: milliseconds(1_000, 3_600_000),
  })
  .partial()
  .strict()
  .meta({ id: 'DeploymentTimeouts' })

/** What one deployment of a route takes. Named by connection and model, so that it outlives a change of the order. */
export const DeploymentRoute = z
  .object({
    connectionId: id('con'),
    upstreamModel: z.string().trim().min(1).max(200),
    tier: z.number().int().min(0).max(9).default(0).describe('A tier is used when all before it cannot serve'),
    weight: z.number().min(0).max(1_000).default(1).describe('Its share within the tier; 0 only stands in for others'),
    canaryPercent: percent
      .nullable()
      .default(null)
      .describe('It gets this share of all calls and no others; null: no canary'),
    parallelMax: z.number().int().min(1).max(100_000).nullable().default(null).describe('Calls at once, per process'),
    perMinuteMax: z
      .number()
      .int()
      .min(1)
      .max(10_000_000)
      .nullable()
      .default(null)
      .describe('Calls a minute, per process'),
    inputTokensMax: z
      .number()
      .int()
      .min(1)
      .max(100_000_000)
      .nullable()
      .default(null)
      .describe('Longer prompts pass it over'),
    cost: z
      .object({ input: PricePerMillion, output: PricePerMillion })
      .strict()
      .nullable()
      .default(null)
      .describe('What its provider takes, for `lowest_cost`; null: what the model costs'),
    timeouts: DeploymentTimeouts.default({}).describe('Those of its connection where absent'),
  })
  .strict()
  .meta({ id: 'DeploymentRoute' })
export type DeploymentRoute = z.infer<typeof DeploymentRoute>

/** Another model that answers instead, at its own price, where the caller may use it. */
export const ModelFallback = z
  .object({ model: ModelName, on: z.array(FallbackReason).min(1).max(FallbackReason.options.length) })
  .strict()
  .meta({ id: 'ModelFallback' })

/** A second call to the next deployment where the first one is slow to begin; whoever begins first answers. */
export const RouteHedge = z
  .object({
    afterMs: milliseconds(20, 600_000)
      .nullable()
      .default(null)
      .describe('Without a first token for so long; null: for longer than 95 % of the recent calls took it'),
    creditsMax: PositiveCredits.nullable()
      .default(null)
      .describe('What the call that is given up may cost; null: whatever its prompt costs'),
    percentMax: percent.default(5).describe('Of the calls of this process'),
  })
  .strict()
  .meta({ id: 'RouteHedge' })
export type RouteHedge = z.infer<typeof RouteHedge>

/** Some calls are made once more after their answer, of another model, by a key that pays for it. Callers never notice. */
export const RouteShadow = z
  .object({
    model: ModelName.describe('Asked the same, as the key may ask it'),
    percent: percent.describe('Of the calls that were answered'),
    keyId: id('key').describe(
      'Its budget pays, its limits hold, and the log names it; without either nothing is copied',
    ),
  })
  .strict()
  .meta({ id: 'RouteShadow' })
export type RouteShadow = z.infer<typeof RouteShadow>

export const ModelRoute = z
  .object({
    strategy: RouteStrategy.default('ordered'),
    sticky: StickyBy.default('none').describe(
      '`user`: the user a request names, else the caller; `session`: the header `x-session-id`; `prompt_prefix`: how the prompt begins',
    ),
    deployments: z.array(DeploymentRoute).max(10).default([]).describe('Those not named take the defaults'),
    fallbacks: z.array(ModelFallback).max(5).default([]),
    attemptsMax: z
      .number()
      .int()
      .min(1)
      .max(20)
      .nullable()
      .default(null)
      .describe('Of one call, all deployments together'),
    retriesPercentMax: percent
      .nullable()
      .default(null)
      .describe('Repeated attempts on one deployment, as a share of the calls of this process'),
    breaker: z
      .object({ failures: z.number().int().min(1).max(100), coolMs: milliseconds(100, 3_600_000) })
      .strict()
      .default({ failures: 5, coolMs: 30_000 })
      .describe('So many failures in a row take a deployment out for so long; then one call tries it'),
    shadow: RouteShadow.optional().describe('Only of models of an account'),
    hedge: RouteHedge.optional().describe('Absent: every call waits for the deployment it was sent to'),
    continuationsMax: z
      .number()
      .int()
      .min(1)
      .max(3)
      .optional()
      .describe(
        'How often a streamed answer that breaks off is gone on with, by a provider that takes its beginning; each time the prompt is paid again. Absent: it ends with an error',
      ),
  })
  .strict()
  .meta({ id: 'ModelRoute' })
export type ModelRoute = z.infer<typeof ModelRoute>
export const defaultRoute: ModelRoute = ModelRoute.parse({})

/** Why a deployment gets no call at the moment. */
export const PassedOver = z.enum([
  'disabled',
  'unhealthy',
  'context_length',
  'parallel_limit',
  'rate_limit',
  'canary',
  'cooling',
  'breaker_open',
  'credential',
])
export type PassedOver = z.infer<typeof PassedOver>

/** What one process knows of a deployment at this moment. */
export const DeploymentState = z
  .object({
    busy: z.number().int().describe('Calls it is answering now'),
    latencyMs: z.number().nullable().describe('Moving average until the first byte; null without a recent call'),
    failures: z.number().int().describe('In a row'),
    blocked: z.enum(['cooling', 'breaker_open', 'credential']).nullable(),
    blockedUntil: timestamp.nullable(),
  })
  .meta({ id: 'DeploymentState' })
export type DeploymentState = z.infer<typeof DeploymentState>

export const RouteCandidate = z
  .object({
    connectionId: z.string(),
    connection: z.string(),
    upstreamModel: z.string(),
    tier: z.number().int(),
    place: z.number().int().nullable().describe('1 is tried first; null: passed over'),
    passedOver: PassedOver.nullable(),
    why: z.string().describe('In one short sentence'),
  })
  .meta({ id: 'RouteCandidate' })
export type RouteCandidate = z.infer<typeof RouteCandidate>

const Failing = z.enum(['error', 'rate_limit', 'slow', 'timeout', 'credential', 'context_length', 'content_filter'])
export type Failing = z.infer<typeof Failing>

export const RouteTrial = z
  .object({
    route: ModelRoute.optional().describe('A draft to try; the stored route when absent'),
    inputTokens: z.number().int().min(0).max(10_000_000).default(1_000),
    outputTokensMax: z.number().int().min(0).max(10_000_000).default(1_000),
    session: z.string().max(200).optional().describe('What a sticky route would read from the call'),
    chance: z.number().min(0).lt(1).default(0.5).describe('Stands for the dice of weights and canaries'),
    failing: z
      .array(
        z.object({ connectionId: id('con'), upstreamModel: z.string().trim().min(1).max(200), with: Failing }).strict(),
      )
      .max(10)
      .default([]),
  })
  .strict()
export type RouteTrial = z.infer<typeof RouteTrial>

export const RouteOutcome = z
  .object({
    candidates: z.array(RouteCandidate),
    steps: z.array(
      z.object({
        kind: z.enum(['attempt', 'retry', 'hedge', 'skip', 'fallback', 'refused']),
        connectionId: z.string().nullable(),
        text: z.string(),
        ok: z.boolean(),
      }),
    ),
    answeredBy: z
      .object({ connectionId: z.string().nullable(), connection: z.string().nullable(), model: z.string() })
      .nullable()
      .describe('A fallback is named by its model; null: the caller gets the error'),
  })
  .meta({ id: 'RouteOutcome' })
export type RouteOutcome = z.infer<typeof RouteOutcome>

export const StoredRoute = z
  .object({
    route: ModelRoute,
    states: z.array(
      z.object({
        connectionId: id('con'),
        upstreamModel: z.string(),
        state: DeploymentState.nullable(),
        downSince: timestamp.nullable().describe('The health checks of its connection fail since then'),
      }),
    ),
  })
  .meta({ id: 'StoredRoute' })

const ShadowFigures = z
  .object({
    durationMs: z.number().nullable().describe('Median'),
    outputTokens: z.number().nullable().describe('Mean'),
    credits: Credits.describe('Of all together'),
  })
  .meta({ id: 'ShadowFigures' })

const ShadowCall = z.object({ id: id('req'), durationMs: z.number(), outputTokens: z.number().int(), credits: Credits })

/** What copies said beside the answers that callers got, as far back as pairs are kept. */
export const ShadowReport = z
  .object({
    pairs: z.number().int(),
    same: z.number().int().describe('Answers that say the same, but for white space'),
    failed: z.number().int().describe('Copies that got no answer'),
    since: timestamp.nullable(),
    original: ShadowFigures,
    copy: ShadowFigures.describe('Of those that got an answer'),
    recent: z.array(
      z.object({
        at: timestamp,
        model: z.string(),
        verdict: z.enum(['same', 'different', 'failed']),
        original: ShadowCall,
        copy: ShadowCall,
      }),
    ),
  })
  .meta({ id: 'ShadowReport' })
export type ShadowReport = z.infer<typeof ShadowReport>

const params = z.object({ id: id('mdl') })

export const routingRoutes = routes({
  get: {
    method: 'GET',
    path: '/v1/catalog/models/{id}/route',
    tag: 'Models',
    permission: 'provider.read',
    scope: 'any',
    summary: 'How calls of a model find a deployment, and how each is at this moment',
    description: 'States are those of the process that answers; null where it made no call over the deployment.',
    params,
    returns: StoredRoute,
    problems: ['model.not_found'],
    drifts: ['states'],
  },
  set: {
    method: 'PUT',
    path: '/v1/catalog/models/{id}/route',
    tag: 'Models',
    permission: 'provider.write',
    scope: 'any',
    summary: 'Set the route of a model',
    params,
    body: ModelRoute,
    returns: ModelRoute,
    problems: ['model.not_found'],
    emits: 'model.route_set',
  },
  shadow: {
    method: 'GET',
    path: '/v1/catalog/models/{id}/shadow',
    tag: 'Models',
    permission: 'provider.read',
    scope: 'any',
    summary: 'How copies of the calls of a model compare with the answers callers got',
    params,
    returns: ShadowReport,
    problems: ['model.not_found'],
  },
  simulate: {
    method: 'POST',
    changesNothing: true,
    path: '/v1/catalog/models/{id}/route/simulate',
    tag: 'Models',
    permission: 'provider.read',
    scope: 'any',
    summary: 'What would happen to a call: who is tried, who is passed over, and why',
    params,
    body: RouteTrial,
    returns: RouteOutcome,
    problems: ['model.not_found'],
  },
})
