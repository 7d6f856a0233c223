import { z } from 'zod'
import { dryRunQuery, id, name, pageOf, pageQuery, routes, timestamp } from './kit.ts'
import { Credits, NonNegativeCredits, PositiveCredits } from './money.ts'

export const Cadence = z.enum(['monthly', 'quarterly', 'yearly', 'manual'])
export const ScopeType = z.enum(['account', 'org', 'team', 'user'])
export type ScopeType = z.infer<typeof ScopeType>

/** Credits a super admin gives an account. `cycle` renews in every cycle, `once` counts from now until it expires. */
export const Grant = z
  .object({
    id: id('grt'),
    amount: Credits,
    recurrence: z.enum(['cycle', 'once']),
    note: z.string().nullable(),
    expiresAt: timestamp.nullable(),
    revokedAt: timestamp.nullable(),
    createdAt: timestamp,
    createdBy: z.string(),
  })
  .meta({ id: 'Grant' })
export type Grant = z.infer<typeof Grant>
export const NewGrant = z
  .object({
    amount: PositiveCredits,
    recurrence: z.enum(['cycle', 'once']).default('cycle'),
    note: z.string().trim().max(200).nullable().default(null),
    expiresAt: timestamp.nullable().default(null),
  })
  .strict()
export type NewGrant = z.infer<typeof NewGrant>

export const Plan = z
  .object({
    id: id('pln'),
    name,
    cadence: Cadence,
    timezone: z.string(),
    rollover: z.object({
      mode: z.enum(['none', 'remaining']),
      cap: NonNegativeCredits.nullable().describe('At most this much; null: no cap'),
    }),
    allowPoolDraw: z.boolean().describe('Whether people without an allocation spend from the Unallocated pool'),
    createdAt: timestamp,
  })
  .meta({ id: 'Plan' })
export const PlanInput = z
  .object({ name, cadence: Cadence, rollover: Plan.shape.rollover, allowPoolDraw: z.boolean() })
  .partial()
  .strict()
export type PlanInput = z.infer<typeof PlanInput>

/** A span `[start, end)` in the account's time zone; `end` is null for the manual cadence. */
export const Cycle = z
  .object({
    id: id('cyc'),
    startsAt: timestamp,
    endsAt: timestamp.nullable(),
    state: z.enum(['open', 'closed']),
    rolledIn: Credits,
    granted: Credits,
    settled: Credits,
    rolledOut: Credits,
    expired: Credits,
  })
  .meta({ id: 'Cycle' })

/** A node of the budget tree with its figures of the open cycle. remaining = limit − held − settled. */
export const BudgetNode = z
  .object({
    id: id('bud'),
    parentId: id('bud').nullable(),
    scope: z.object({ type: ScopeType, id: z.string(), name: z.string() }),
    mode: z
      .enum(['carve', 'cap'])
      .describe('carve owns credits moved from its parent; cap is a ceiling on what it may draw'),
    source: z.enum(['manual', 'equal', 'override']),
    limit: Credits,
    carved: Credits.describe('Moved on to children; what is left of the limit is its own Unallocated part'),
    held: Credits,
    settled: Credits,
    overdraft: Credits,
    remaining: Credits,
    unallocated: Credits.describe('limit − carved − own spending'),
  })
  .meta({ id: 'BudgetNode' })
export type BudgetNode = z.infer<typeof BudgetNode>

export const BudgetOverview = z
  .object({
    plan: Plan,
    cycle: Cycle,
    pool: BudgetNode,
    nodes: z.array(BudgetNode).describe('The whole tree, parents before children, without the pool'),
  })
  .meta({ id: 'BudgetOverview' })
export type BudgetOverview = z.infer<typeof BudgetOverview>

const scopeRef = z.object({ type: z.enum(['org', 'team', 'user']), id: z.string().max(64) }).strict()

export const AllocationInput = z
  .object({
    scope: scopeRef,
    mode: z.enum(['carve', 'cap']).default('carve'),
    limit: NonNegativeCredits,
    source: z
      .enum(['manual', 'override'])
      .default('manual')
      .describe('An override is left alone by equal distribution'),
    parentId: id('bud')
      .optional()
      .describe('Of a new allocation; its nearest existing ancestor (team, org, pool) when absent'),
  })
  .strict()
export type AllocationInput = z.infer<typeof AllocationInput>

export const DistributionInput = z
  .object({
    parentId: id('bud').describe('The node whose credits are divided'),
    total: PositiveCredits.optional().describe('All of its Unallocated part when absent'),
    among: z.enum(['orgs', 'teams', 'users']),
    ids: z.array(z.string().max(64)).min(1).max(5_000).optional().describe('All under the parent when absent'),
    mode: z.enum(['carve', 'cap']).default('carve'),
  })
  .strict()
export type DistributionInput = z.infer<typeof DistributionInput>

export const DistributionResult = z
  .object({
    dryRun: z.boolean(),
    total: Credits,
    shares: z.array(
      z.object({
        scope: z.object({ type: ScopeType, id: z.string(), name: z.string() }),
        before: Credits.nullable(),
        after: Credits,
        override: z.boolean(),
      }),
    ),
    unallocatedAfter: Credits,
  })
  .meta({ id: 'DistributionResult' })
export type DistributionResult = z.infer<typeof DistributionResult>

/** Who pays for a call, up to which limit, and why: the same object the gateway decides with. */
export const EffectiveAllocation = z
  .object({
    payer: z.object({ type: ScopeType, id: z.string(), name: z.string() }).nullable(),
    limit: Credits.nullable(),
    remaining: Credits.nullable().describe('The least that is left on the way from the payer to the pool'),
    source: z.string().describe('How the payer was chosen, in one sentence'),
    chain: z.array(
      z.object({
        nodeId: z.string(),
        scope: z.object({ type: ScopeType, id: z.string(), name: z.string() }),
        mode: z.enum(['carve', 'cap']),
        limit: Credits,
        held: Credits,
        settled: Credits,
        remaining: Credits,
        binding: z.boolean().describe('The scope that runs out first'),
      }),
    ),
    cycle: z.object({ startsAt: timestamp, endsAt: timestamp.nullable(), timezone: z.string() }).nullable(),
    factor: z.string(),
  })
  .meta({ id: 'EffectiveAllocation' })
export type EffectiveAllocation = z.infer<typeof EffectiveAllocation>

export const BudgetAlert = z
  .object({
    id: id('alr'),
    nodeId: id('bud'),
    scope: z.object({ type: ScopeType, id: z.string(), name: z.string() }),
    threshold: z.number().int(),
    settled: Credits,
    limit: Credits,
    cycleId: id('cyc'),
    at: timestamp,
  })
  .meta({ id: 'BudgetAlert' })

/** One posting of the double-entry ledger. The entries of a transaction sum to zero. */
export const LedgerEntry = z
  .object({
    transactionId: z.string(),
    at: timestamp,
    kind: z.string(),
    book: z.string().describe('`issued`, `spent`, `expired`, or a node id'),
    bookName: z.string(),
    amount: Credits,
    cycleId: z.string(),
    reference: z.string().nullable(),
  })
  .meta({ id: 'LedgerEntry' })

const accountParams = z.object({ id: id('acc') })
const nodeParams = z.object({ id: id('bud') })

export const budgetRoutes = routes({
  grants: {
    method: 'GET',
    path: '/v1/accounts/{id}/grants',
    tag: 'Budgets',
    permission: 'budget.grant',
    scope: 'platform',
    summary: 'List the credit grants of an account',
    params: accountParams,
    returns: z.object({ items: z.array(Grant) }),
    problems: ['account.not_found'],
  },
  grant: {
    method: 'POST',
    path: '/v1/accounts/{id}/grants',
    tag: 'Budgets',
    permission: 'budget.grant',
    scope: 'platform',
    status: 201,
    stepUp: true,
    summary: 'Grant credits to an account',
    params: accountParams,
    body: NewGrant,
    returns: Grant,
    problems: ['account.not_found'],
    emits: 'grant.created',
  },
  revokeGrant: {
    method: 'DELETE',
    path: '/v1/accounts/{id}/grants/{grantId}',
    tag: 'Budgets',
    permission: 'budget.grant',
    scope: 'platform',
    status: 204,
    stepUp: true,
    summary: 'Revoke a grant: what is still unallocated of it leaves the pool, and it does not renew',
    params: accountParams.extend({ grantId: id('grt') }),
    returns: z.void(),
    problems: ['account.not_found', 'budget.grant_not_found', 'budget.insufficient'],
    emits: 'grant.revoked',
  },
  overview: {
    method: 'GET',
    path: '/v1/budgets',
    tag: 'Budgets',
    permission: 'budget.read',
    scope: 'account',
    summary: 'Plan, open cycle, pool and allocation tree',
    returns: BudgetOverview,
  },
  setPlan: {
    method: 'PATCH',
    path: '/v1/budgets/plan',
    tag: 'Budgets',
    permission: 'budget.write',
    scope: 'account',
    summary: 'Change the budget plan',
    body: PlanInput,
    returns: Plan,
    emits: 'budget_plan.updated',
  },
  cycles: {
    method: 'GET',
    path: '/v1/budgets/cycles',
    tag: 'Budgets',
    permission: 'budget.read',
    scope: 'account',
    summary: 'Cycles, newest first',
    returns: z.object({ items: z.array(Cycle) }),
  },
  renew: {
    method: 'POST',
    path: '/v1/budgets/cycles',
    tag: 'Budgets',
    permission: 'budget.write',
    scope: 'account',
    status: 201,
    summary: 'Close the open cycle now and open the next',
    query: dryRunQuery,
    dryRun: true,
    returns: Cycle,
    emits: 'budget_cycle.opened',
  },
  allocate: {
    method: 'PUT',
    path: '/v1/budgets/allocations',
    tag: 'Budgets',
    permission: 'budget.write',
    scope: 'account',
    summary: 'Set the allocation of an org, team or user',
    body: AllocationInput,
    query: dryRunQuery,
    dryRun: true,
    returns: BudgetNode,
    problems: [
      'budget.insufficient',
      'budget.below_spent',
      'org.not_found',
      'team.not_found',
      'user.not_found',
      'budget.allocation_not_found',
    ],
    emits: 'budget_allocation.set',
  },
  removeAllocation: {
    method: 'DELETE',
    path: '/v1/budgets/allocations/{id}',
    tag: 'Budgets',
    permission: 'budget.write',
    scope: 'account',
    status: 204,
    summary: 'Remove an allocation; what it did not spend returns to its parent',
    params: nodeParams,
    returns: z.void(),
    problems: ['budget.allocation_not_found', 'budget.in_use'],
    emits: 'budget_allocation.removed',
  },
  distribute: {
    method: 'POST',
    path: '/v1/budgets/distribute',
    tag: 'Budgets',
    permission: 'budget.write',
    scope: 'account',
    summary: 'Divide credits equally, overrides first',
    body: DistributionInput,
    query: dryRunQuery,
    dryRun: true,
    returns: DistributionResult,
    problems: ['budget.allocation_not_found', 'budget.insufficient', 'budget.below_spent'],
    emits: 'budget.distributed',
  },
  effective: {
    method: 'GET',
    path: '/v1/budgets/effective-allocation',
    tag: 'Budgets',
    permission: 'budget.read',
    scope: 'account',
    summary: 'Who pays for a user, team or key, and what is left',
    query: z.object({ userId: id('usr').optional(), teamId: id('team').optional(), keyId: id('key').optional() }),
    returns: EffectiveAllocation,
    problems: ['user.not_found', 'team.not_found', 'key.not_found'],
  },
  alerts: {
    method: 'GET',
    path: '/v1/budgets/alerts',
    tag: 'Budgets',
    permission: 'budget.read',
    scope: 'account',
    summary: 'Thresholds reached in the open cycle, newest first',
    returns: z.object({ items: z.array(BudgetAlert) }),
  },
  ledger: {
    method: 'GET',
    path: '/v1/budgets/ledger',
    tag: 'Budgets',
    permission: 'budget.read',
    scope: 'account',
    summary: 'Ledger entries, newest first',
    query: pageQuery.extend({ book: z.string().max(64).optional() }),
    returns: pageOf(LedgerEntry),
  },
})
