/** Everything the log, the rollups and the ledger need about one call. */
import { z } from 'zod'
import { ScopeType } from './budgets.ts'
import { ExplainStep } from './explain.ts'
import { GuardrailVerdict } from './guardrail-checks.ts'
import { ServiceTier } from './prices.ts'
import { CallOperation, RequestStatus, TokenUsage, TraceSpan, UsedUnit } from './usage.ts'

const micros = z.string().regex(/^\d+$/)

/** The part of a decision that is the same for every call of one key to one model under one snapshot; stored once. */
export const TracePlan = z.object({
  id: z.string().describe('Hash of the content'),
  accountId: z.string(),
  principal: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
  steps: z.array(ExplainStep),
  deployments: z.array(
    z.object({ connectionId: z.string(), connection: z.string(), kind: z.string(), upstreamModel: z.string() }),
  ),
  factor: z.string(),
  budget: z
    .object({
      payer: z.object({ type: ScopeType, id: z.string(), name: z.string() }).nullable(),
      source: z.string(),
      fundingNodeId: z.string().nullable(),
      cycle: z.object({ startsAt: z.number().int(), endsAt: z.number().int().nullable(), timezone: z.string() }),
      path: z.array(
        z.object({
          nodeId: z.string(),
          mode: z.enum(['carve', 'cap']),
          scope: z.object({ type: ScopeType, id: z.string(), name: z.string() }),
        }),
      ),
    })
    .nullable(),
  snapshotVersion: z.number().int(),
})
export type TracePlan = z.infer<typeof TracePlan>

export const UsageRecord = z.object({
  id: z.string(),
  at: z.number().int().describe('Epoch milliseconds of arrival'),
  accountId: z.string(),
  keyId: z.string(),
  userId: z.string().nullable(),
  serviceAccountId: z.string().nullable(),
  teamId: z.string().nullable(),
  orgId: z.string().nullable(),
  modelId: z.string().nullable(),
  model: z.string(),
  connectionId: z.string().nullable(),
  dialect: z.enum(['openai', 'anthropic', 'completions', 'responses', 'gemini', 'mcp']),
  operation: CallOperation,
  stream: z.boolean(),
  status: RequestStatus,
  httpStatus: z.number().int(),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
  tokens: TokenUsage,
  costMicros: micros.describe('Micro-dollars'),
  creditMicros: micros.describe('Micro-credits, rounded up'),
  factor: z.string(),
  priceVersion: z.number().int().nullable(),
  ttftMs: z.number().nullable(),
  durationMs: z.number(),
  attempts: z.number().int(),
  hold: z
    .object({ kind: z.enum(['hold', 'lease']), id: z.string(), amountMicros: micros })
    .nullable()
    .describe('What was reserved for it; null when the call was refused before'),
  planId: z.string().describe('TracePlan.id'),
  /** The figures of the payer's path as the gateway knew them when it decided; micro-credits. */
  figures: z.array(
    z.object({ nodeId: z.string(), limit: micros, held: micros, settled: micros, remaining: micros.optional() }),
  ),
  /** Steps whose value differs from call to call: rate and budget, in order. */
  steps: z.array(ExplainStep),
  spans: z.array(TraceSpan),
  /** What guardrails said; absent where none found anything. */
  verdicts: z.array(GuardrailVerdict).optional(),
  droppedFields: z.array(z.string()),
  units: z.array(UsedUnit).optional(),
  service: ServiceTier.optional(),
  /** Which rule of the cache answered it, how alike the question was if it was another one, and what that saved. */
  cache: z.object({ ruleId: z.string(), similarity: z.number().nullable(), savedMicros: micros }).optional(),
  content: z.object({ request: z.string(), response: z.string(), truncated: z.boolean() }).nullable(),
})
export type UsageRecord = z.infer<typeof UsageRecord>
