import { z } from 'zod'
import { EffectiveAllocation } from './budgets.ts'
import { id, RateLimits, routes, timestamp } from './kit.ts'
import { CallTag, tagsPerCallMax } from './limits.ts'
import { RouteCandidate } from './routing.ts'

export const ExplainLayer = z.enum([
  'principal',
  'account',
  'key',
  'model_catalog',
  'model_eligible',
  'model_selected',
  'key_models',
  'model_capabilities',
  'mcp_server',
  'mcp_tool',
  'guardrail',
  'rate',
  'budget',
  'route',
])

/** One step of a decision: which rule looked, where the rule comes from, what it saw, what it said. */
export const ExplainStep = z
  .object({
    layer: ExplainLayer,
    rule: z.string().describe('Identifier of the rule, e.g. `key.status`'),
    source: z.string().describe('Where the rule is set, e.g. `key key_…` or `account acc_…`'),
    value: z.string().describe('What the rule saw, in one short sentence'),
    verdict: z.enum(['allow', 'deny', 'skip']),
  })
  .meta({ id: 'ExplainStep' })
export type ExplainStep = z.infer<typeof ExplainStep>

/** The whole decision about one call. The gateway enforces it, `/v1/explain` shows it, each logged request keeps it. */
export const Explanation = z
  .object({
    decision: z.enum(['allow', 'deny']),
    code: z.string().nullable().describe('Stable code of the refusal'),
    message: z.string().nullable(),
    principal: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
    accountId: z.string().nullable(),
    model: z.string().nullable(),
    steps: z.array(ExplainStep),
    deployments: z.array(
      z.object({ connectionId: z.string(), connection: z.string(), kind: z.string(), upstreamModel: z.string() }),
    ),
    candidates: z
      .array(RouteCandidate)
      .optional()
      .describe('How the route would order its deployments for such a call now; absent for calls of the past'),
    budget: EffectiveAllocation.nullable(),
    snapshotVersion: z.number().int(),
    at: timestamp,
  })
  .meta({ id: 'Explanation' })
export type Explanation = z.infer<typeof Explanation>

export const EffectiveModel = z
  .object({
    name: z.string(),
    displayName: z.string(),
    capabilities: z.array(z.string()),
    contextTokens: z.number().int().nullable(),
    outputTokensMax: z.number().int().nullable(),
    prices: z.object({ input: z.string(), output: z.string() }),
    demo: z.boolean(),
  })
  .meta({ id: 'EffectiveModel' })

export const Effective = z
  .object({
    principal: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
    accountId: z.string(),
    models: z.array(EffectiveModel),
    budget: EffectiveAllocation,
    limits: z.array(z.object({ scope: z.object({ type: z.string(), id: z.string() }), limits: RateLimits })),
    logContent: z.boolean().describe('Whether the request log of the account keeps prompts and answers'),
  })
  .meta({ id: 'Effective' })
export type Effective = z.infer<typeof Effective>

/** What a call can ask of its model. */
export const CapabilityNeed = z.enum([
  'chat',
  'embeddings',
  'streaming',
  'tools',
  'vision',
  'images',
  'speech',
  'transcription',
  'rerank',
  'realtime',
])
export type CapabilityNeed = z.infer<typeof CapabilityNeed>

export const ExplainInput = z
  .object({
    principal: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('key'), id: id('key') }),
      z.object({ kind: z.literal('user'), id: id('usr') }),
      z.object({ kind: z.literal('service_account'), id: id('sva') }),
    ]),
    model: z.string().min(1).max(120),
    needs: z
      .array(CapabilityNeed)
      .max(CapabilityNeed.options.length)
      .default(['chat'])
      .describe('What the call asks of the model, e.g. `chat`, `streaming` and `tools`'),
    tags: z.array(CallTag).max(tagsPerCallMax).default([]).describe('What the call would say in `x-cockpit-tags`'),
    inputTokens: z.number().int().min(0).max(10_000_000).default(1_000),
    outputTokensMax: z.number().int().min(0).max(10_000_000).default(1_000),
  })
  .strict()
export type ExplainInput = z.infer<typeof ExplainInput>

export const explainRoutes = routes({
  effective: {
    method: 'GET',
    path: '/v1/me/effective',
    tag: 'Explain',
    permission: 'signed-in',
    scope: 'account',
    summary: 'What the caller may use now: models, budget, limits; and whether texts are kept',
    description: 'For a signed-in person or a virtual key (Authorization: Bearer).',
    returns: Effective,
  },
  explain: {
    method: 'POST',
    changesNothing: true,
    path: '/v1/explain',
    tag: 'Explain',
    permission: 'explain.any',
    scope: 'account',
    summary: 'Would this call be allowed, and why',
    body: ExplainInput,
    returns: Explanation,
    problems: ['key.not_found', 'user.not_found', 'service_account.not_found'],
  },
})
