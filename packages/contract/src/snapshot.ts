/**
 * What a gateway needs to decide about calls without a database: one slice for the platform and one for each account.
 * Publishing compiles them, the gateway validates and swaps them, `packages/policy` decides over them.
 * Credits are micro-credits as decimal strings, prices are integer pico-dollars a token, instants are epoch milliseconds.
 */
import { z } from 'zod'
import { CacheScopeType, CacheSettings, SimilarQuestions } from './cache.ts'
import { GuardrailCheck, GuardrailScope } from './guardrail-checks.ts'
import { GuardrailServiceKind } from './guardrail-services.ts'
import { RateLimits, RoleName } from './kit.ts'
import { CallLimits, LimitScopeType } from './limits.ts'
import { McpAccess, McpAuth, McpToolState } from './mcp-servers.ts'
import { Capability, ModelSet } from './models.ts'
import { SlicePrice } from './prices.ts'
import { OnDisconnect, ProviderKind, ProviderOptions, Timeouts } from './providers.ts'
import { ModelRoute } from './routing.ts'
import { KeepsResponses } from './stored.ts'

export { SlicePrice }

const instant = z.number().int()
const micros = z.string().regex(/^-?\d+$/)

export const SliceConnection = z.object({
  id: z.string(),
  name: z.string(),
  kind: ProviderKind,
  baseUrl: z.string().nullable(),
  options: ProviderOptions.optional().describe('Absent where the kind has none'),
  sealedSecret: z.string().nullable().describe('Encrypted; the gateway opens it with the key-encryption key'),
  secretContext: z.string().describe('The associated data it was sealed with'),
  onDisconnect: OnDisconnect,
  timeouts: Timeouts,
  maxRetries: z.number().int(),
  passThrough: z.boolean().optional().describe('Absent: callers reach no paths of its own'),
  status: z.enum(['active', 'disabled']),
  down: z.literal(true).optional().describe('Its health checks fail; absent: nobody looks, or it is well'),
})
export type SliceConnection = z.infer<typeof SliceConnection>

export const SliceModel = z.object({
  id: z.string(),
  name: z.string(),
  displayName: z.string(),
  capabilities: z.array(Capability),
  contextTokens: z.number().int().nullable(),
  outputTokensMax: z.number().int().nullable(),
  status: z.enum(['active', 'disabled']),
  prices: z.array(SlicePrice).min(1).describe('The current version and those that start later, oldest first'),
  deployments: z.array(z.object({ connectionId: z.string(), upstreamModel: z.string() })),
  route: ModelRoute.optional().describe('Absent: deployments in their order, and no other model'),
})
export type SliceModel = z.infer<typeof SliceModel>

/** The scope's id is the tag of a `tag`, and empty where the limit is about everything of the one who set it. */
// older snapshots know nothing of runs, sessions and agents
export const SliceLimit = CallLimits.partial({ perRun: true, perSession: true, perAgent: true }).extend({
  id: z.string(),
  scope: z.object({ type: LimitScopeType, id: z.string() }),
})
export type SliceLimit = z.infer<typeof SliceLimit>

/** The scope's id is empty where it is the account. */
export const SliceCacheRule = CacheSettings.extend({
  // absent where there is none: an older gateway takes no rule that has more than it knows
  similar: SimilarQuestions.optional(),
  id: z.string(),
  scope: z.object({ type: CacheScopeType, id: z.string() }),
  generation: z.number().int(),
})
export type SliceCacheRule = z.infer<typeof SliceCacheRule>

export const PlatformSlice = z.object({
  kind: z.literal('platform'),
  version: z.number().int(),
  compiledAt: instant,
  connections: z.array(SliceConnection),
  models: z.array(SliceModel),
  limits: z
    .array(SliceLimit)
    .optional()
    .describe('What the platform limits for all accounts together; absent: nothing'),
})
export type PlatformSlice = z.infer<typeof PlatformSlice>

export const SliceKey = z.object({
  id: z.string(),
  name: z.string(),
  purpose: z.enum(['gateway', 'playground']),
  hash: z.string().describe('SHA-256 of the secret, hex'),
  previousHash: z.string().nullable(),
  previousValidUntil: instant.nullable(),
  owner: z.object({ kind: z.enum(['user', 'service_account']), id: z.string() }),
  teamId: z.string().nullable(),
  models: z.array(z.string()).nullable(),
  limits: RateLimits,
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
})
export type SliceKey = z.infer<typeof SliceKey>

export const SliceBudget = z.object({
  planId: z.string(),
  planName: z.string(),
  allowPoolDraw: z.boolean(),
  timezone: z.string(),
  cycle: z.object({ id: z.string(), startsAt: instant, endsAt: instant.nullable() }),
  nodes: z
    .array(
      z.object({
        id: z.string(),
        parentId: z.string().nullable(),
        mode: z.enum(['carve', 'cap']),
        limit: micros,
        scope: z.object({ type: z.enum(['account', 'org', 'team', 'user']), id: z.string(), name: z.string() }),
      }),
    )
    .describe('Parents before children; the first is the pool'),
})
export type SliceBudget = z.infer<typeof SliceBudget>

/** Those that are active; the gateway looks with them in the order of their positions. */
export const SliceGuardrail = z.object({
  id: z.string(),
  name: z.string(),
  position: z.number().int(),
  scope: GuardrailScope,
  onFailure: z.enum(['open', 'closed']),
  checks: z.array(GuardrailCheck),
})
export type SliceGuardrail = z.infer<typeof SliceGuardrail>

/** Those that an active guardrail asks. */
export const SliceGuardrailService = z.object({
  id: z.string(),
  name: z.string(),
  kind: GuardrailServiceKind,
  url: z.string().nullable(),
  connectionId: z.string().nullable(),
  language: z.string(),
  timeoutMs: z.number().int(),
  sealedSecret: z.string().nullable(),
  secretContext: z.string().describe('The associated data it was sealed with'),
})
export type SliceGuardrailService = z.infer<typeof SliceGuardrailService>

export const SliceMcpServer = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string(),
  url: z.string(),
  auth: McpAuth,
  headerName: z.string(),
  sealedSecret: z.string().nullable(),
  secretContext: z.string().describe('The associated data it was sealed with'),
  newTools: z.enum(['block', 'allow']),
  creditMicros: micros.describe('Of a call of a tool that has no price of its own'),
  timeoutMs: z.number().int(),
  resultBytesMax: z.number().int(),
  access: z.array(McpAccess).describe('Empty: everybody'),
  tools: z.array(
    z.object({
      name: z.string(),
      hash: z.string().nullable().describe('Of the definition that was approved; null where none was'),
      state: McpToolState,
      creditMicros: micros.nullable(),
    }),
  ),
})
export type SliceMcpServer = z.infer<typeof SliceMcpServer>

export const AccountSlice = z.object({
  kind: z.literal('account'),
  version: z.number().int(),
  compiledAt: instant,
  account: z.object({
    id: z.string(),
    name: z.string(),
    status: z.enum(['active', 'suspended']),
    timezone: z.string(),
    creditsFactor: z.string().describe('Decimal with at most 4 places'),
    ownConnectionsFactor: z.string().optional().describe('Of calls over its own connections alone; absent: the same'),
    limits: RateLimits,
    logContent: z.boolean(),
  }),
  orgs: z.array(z.object({ id: z.string(), name: z.string() })),
  teams: z.array(z.object({ id: z.string(), name: z.string(), orgId: z.string(), limits: RateLimits })),
  users: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      role: RoleName,
      status: z.enum(['active', 'suspended']),
      limits: RateLimits,
      teamIds: z.array(z.string()).describe('The primary team first'),
      tokensValidFrom: instant.optional().describe('Tokens of an identity provider issued before count no more'),
    }),
  ),
  serviceAccounts: z.array(z.object({ id: z.string(), name: z.string(), teamId: z.string().nullable() })),
  keys: z.array(SliceKey).describe('Without those revoked or expired for more than a day'),
  connections: z.array(SliceConnection),
  models: z.array(SliceModel),
  eligibility: ModelSet,
  selection: ModelSet,
  budget: SliceBudget,
  guardrails: z.array(SliceGuardrail).optional().describe('Absent: none'),
  guardrailServices: z.array(SliceGuardrailService).optional().describe('Absent: none is asked'),
  cache: z.array(SliceCacheRule).optional().describe('Absent: no answer is kept'),
  mcpServers: z.array(SliceMcpServer).optional().describe('Those that are active; absent: none'),
  networks: z.array(z.string()).optional().describe('Where calls may come from; absent: everywhere'),
  stored: KeepsResponses.optional().describe('Which responses are kept for callers; absent: those they ask for'),
  ssoRequired: z
    .literal(true)
    .optional()
    .describe('People come in by its own provider only; absent: by that of the installation too'),
  maskContent: z.literal(true).optional().describe('Texts are masked before they are kept; absent: they are not'),
  limits: z.array(SliceLimit).optional().describe('Beyond those of keys, people, teams and the account; absent: none'),
})
export type AccountSlice = z.infer<typeof AccountSlice>

export const Slice = z.discriminatedUnion('kind', [PlatformSlice, AccountSlice])
export type Slice = z.infer<typeof Slice>
