import { z } from 'zod'
import { Explanation } from './explain.ts'
import { GuardrailVerdict } from './guardrail-checks.ts'
import { id, pageOf, pageQuery, routes, timestamp } from './kit.ts'
import { Credits, Money } from './money.ts'
import { Prices, ServiceTier, Unit } from './prices.ts'

export const TokenUsage = z
  .object({
    input: z.number().int().describe('Without cached and cache-write tokens'),
    cachedInput: z.number().int(),
    cacheWrite: z.number().int(),
    output: z.number().int().describe('With reasoning tokens'),
    reasoning: z.number().int(),
    source: z
      .enum(['reported', 'estimated', 'none'])
      .describe('Whether the provider reported it; `none` when nothing was generated'),
  })
  .meta({ id: 'TokenUsage' })

/** Of a call: what is billed by the piece, and tokens that have a rate of their own. */
export const UsedUnit = z
  .object({
    unit: z.enum([...Unit.options, 'cache_write_1h_token', 'audio_input_token', 'audio_output_token']),
    quantity: z.number().int(),
    size: z.string().optional().describe('Of a picture'),
    quality: z.string().optional().describe('Of a picture'),
  })
  .meta({ id: 'UsedUnit' })
export type UsedUnit = z.infer<typeof UsedUnit>

/** What a call asked for. */
export const CallOperation = z.enum([
  'chat',
  'embeddings',
  'moderations',
  'images',
  'image_edits',
  'speech',
  'transcriptions',
  'translations',
  'rerank',
  'realtime',
  'mcp.tool',
  'pass_through',
])

export const RequestStatus = z.enum(['ok', 'error', 'denied', 'cancelled'])

/** One call through the gateway, as the log keeps it. */
export const RequestRow = z
  .object({
    id: id('req'),
    at: timestamp,
    account: z.object({ id: z.string(), name: z.string() }),
    status: RequestStatus,
    httpStatus: z.number().int(),
    errorCode: z.string().nullable(),
    dialect: z.enum(['openai', 'anthropic', 'completions', 'responses', 'gemini', 'mcp']),
    operation: CallOperation,
    stream: z.boolean(),
    model: z.string(),
    connection: z.object({ id: z.string(), name: z.string(), kind: z.string() }).nullable(),
    key: z.object({ id: z.string(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string() }).nullable(),
    team: z.object({ id: z.string(), name: z.string() }).nullable(),
    org: z.object({ id: z.string(), name: z.string() }).nullable(),
    tokens: TokenUsage,
    cost: Money,
    credits: Credits,
    ttftMs: z.number().nullable().describe('Milliseconds to the first byte of the answer'),
    durationMs: z.number(),
    attempts: z.number().int(),
  })
  .meta({ id: 'RequestRow' })
export type RequestRow = z.infer<typeof RequestRow>

/** A span of the trace: start and duration in milliseconds from the arrival of the request. */
export const TraceSpan = z
  .object({
    name: z.string(),
    startMs: z.number(),
    durationMs: z.number(),
    detail: z.string().nullable(),
    ok: z.boolean(),
  })
  .meta({ id: 'TraceSpan' })

export const RequestDetail = RequestRow.extend({
  errorMessage: z.string().nullable().describe('Why it was refused or failed, as the caller was told'),
  explanation: Explanation,
  spans: z.array(TraceSpan),
  verdicts: z.array(GuardrailVerdict).describe('What guardrails said; never what they found'),
  price: z
    .object({
      version: z.number().int(),
      factor: z.string().describe('Credits for one US dollar'),
      perMillion: Prices.nullable().describe('US dollars per million tokens; null when the model was deleted since'),
    })
    .nullable(),
  units: z.array(UsedUnit).describe('What it used besides plain tokens'),
  service: ServiceTier.nullable().describe('The service tier it was billed by'),
  droppedFields: z.array(z.string()).describe('Request fields the provider’s dialect has no word for'),
  content: z
    .object({ request: z.string(), response: z.string(), truncated: z.boolean() })
    .nullable()
    .describe('Only when the account keeps content'),
  contentWithheld: z
    .boolean()
    .describe(
      'It is kept and not shown: of others it needs `content.read`, and nobody reads it in somebody else’s name',
    ),
}).meta({ id: 'RequestDetail' })
export type RequestDetail = z.infer<typeof RequestDetail>

const range = z.object({ from: timestamp.optional().describe('24 hours ago when absent'), to: timestamp.optional() })

export const Breakdown = z
  .object({
    by: z.enum(['model', 'key', 'user', 'team', 'org', 'connection']),
    from: timestamp,
    to: timestamp,
    items: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        requests: z.number().int(),
        errors: z.number().int(),
        inputTokens: z.number().int(),
        outputTokens: z.number().int(),
        cost: Money,
        credits: Credits,
      }),
    ),
  })
  .meta({ id: 'Breakdown' })
export type Breakdown = z.infer<typeof Breakdown>

export const UsageSeries = z
  .object({
    from: timestamp,
    to: timestamp,
    stepSeconds: z.number().int(),
    points: z.array(
      z.object({
        at: timestamp,
        requests: z.number().int(),
        errors: z.number().int(),
        inputTokens: z.number().int(),
        outputTokens: z.number().int(),
        credits: Credits,
        cost: Money,
      }),
    ),
  })
  .meta({ id: 'UsageSeries' })
export type UsageSeries = z.infer<typeof UsageSeries>

const ofUser = id('usr').optional().describe('Of this person alone')

/** What the live stream says: a finished request, or the rate of the last second. */
export const LiveEvent = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('request'), request: RequestRow }),
    z.object({
      kind: z.literal('rate'),
      at: timestamp,
      requestsPerSecond: z.number(),
      errorsPerSecond: z.number(),
      activeStreams: z.number().int(),
    }),
  ])
  .meta({ id: 'LiveEvent' })
export type LiveEvent = z.infer<typeof LiveEvent>

const filters = range.extend({
  status: z
    .enum([...RequestStatus.options, 'failed'])
    .optional()
    .describe('`failed`: error or denied, as the sums count errors'),
  model: z.string().max(120).optional(),
  keyId: id('key').optional(),
  userId: id('usr').optional(),
  teamId: id('team').optional(),
  connectionId: id('con').optional(),
  errorCode: z.string().max(80).optional(),
  stream: z.stringbool().optional(),
  q: z.string().max(120).optional().describe('Request id or its start'),
})

/** With `usage.read` everything of the account, else only what the caller's own keys did. Scope `any`: a super admin without an account sees all. */
export const usageRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/requests',
    tag: 'Usage',
    permission: 'usage.read_own',
    scope: 'any',
    summary: 'List requests, newest first',
    query: pageQuery.extend(filters.shape),
    returns: pageOf(RequestRow),
  },
  get: {
    method: 'GET',
    path: '/v1/requests/{id}',
    tag: 'Usage',
    permission: 'usage.read_own',
    scope: 'any',
    summary: 'Get a request with its trace',
    sensitive: true,
    emits: 'request.read',
    params: z.object({ id: id('req') }),
    returns: RequestDetail,
    problems: ['request.not_found'],
  },
  live: {
    method: 'GET',
    path: '/v1/usage/live',
    tag: 'Usage',
    permission: 'usage.read_own',
    scope: 'any',
    stream: true,
    summary: 'Live tail: finished requests and the rate per second',
    query: z.object({ keyId: id('key').optional() }),
    returns: LiveEvent,
  },
  breakdown: {
    method: 'GET',
    path: '/v1/usage/breakdown',
    tag: 'Usage',
    permission: 'usage.read',
    delegable: true,
    scope: 'any',
    summary: 'Cost by model, key, user, team, org or connection',
    query: range.extend({ by: Breakdown.shape.by.default('model'), userId: ofUser }),
    returns: Breakdown,
  },
  series: {
    method: 'GET',
    path: '/v1/usage/series',
    tag: 'Usage',
    permission: 'usage.read',
    delegable: true,
    scope: 'any',
    summary: 'Requests, errors, tokens and cost over time',
    query: range.extend({ userId: ofUser }),
    returns: UsageSeries,
  },
})
