/** Limits of calls beyond the two that stand on a key, a person, a team and an account themselves. */
import { z } from 'zod'
import { DayCap, WorkCap } from './caps.ts'
import { id, pageOf, RateLimits, routes, searchQuery, timestamp } from './kit.ts'

/** Whose calls count together. `platform` and `account` are everything of the one who set the limit. */
export const LimitScopeType = z.enum(['platform', 'account', 'org', 'team', 'user', 'key', 'model', 'tag'])
export type LimitScopeType = z.infer<typeof LimitScopeType>

export const tagsPerCallMax = 10
/** What a call may call itself in `x-cockpit-tags`. A tag counts where a limit of the account names it. */
export const CallTag = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._:/-]{0,63}$/, 'has lower-case letters, digits and . _ : / - only, at most 64')
  .meta({ example: 'nightly-report' })

export const CallLimits = RateLimits.extend({
  parallel: z.number().int().min(1).max(1_000_000).nullable().describe('Calls open at once'),
  inputTokensMax: z.number().int().min(1).max(100_000_000).nullable().describe('Input tokens of one call'),
  outputTokensMax: z
    .number()
    .int()
    .min(1)
    .max(100_000_000)
    .nullable()
    .describe('Output tokens of one answer; a call that asks for more gets at most these'),
  perRun: WorkCap.nullable().describe('What one run of a caller may use'),
  perSession: WorkCap.nullable().describe('What one session of a caller may use'),
  perAgent: DayCap.nullable().describe('What one agent of the account may use in a day, UTC'),
}).meta({ id: 'CallLimits' })
export type CallLimits = z.infer<typeof CallLimits>

/** How much of a limit is used now: of the last minute, or the calls that are open. */
export const LimitUse = z
  .object({
    unit: z.enum(['requests', 'tokens', 'parallel']),
    limit: z.number().int(),
    used: z.number().int().min(0).describe('With what processes that share it have taken ahead'),
    slack: z.number().int().describe('By how much all processes together may let through more; 0 for one alone'),
  })
  .meta({ id: 'LimitUse' })
export type LimitUse = z.infer<typeof LimitUse>

export const CallLimit = z
  .object({
    id: id('lim'),
    ownedBy: z.enum(['platform', 'account']),
    scope: z.object({ type: LimitScopeType, id: z.string(), name: z.string() }),
    limits: CallLimits,
    used: z.array(LimitUse).describe('Of its rates and of calls at once'),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'CallLimit' })
export type CallLimit = z.infer<typeof CallLimit>

const limitsNothing = (limits: object) => Object.values(limits).every((value) => value == null)

export const NewCallLimit = z
  .object({
    scope: z
      .object({
        type: LimitScopeType,
        id: z.string().min(1).max(64).optional().describe('An id, or the tag; none for `platform` and `account`'),
      })
      .strict(),
    limits: CallLimits.partial()
      .strict()
      .refine((limits) => !limitsNothing(limits), 'give at least one limit'),
  })
  .strict()
  .superRefine(({ scope }, issue) => {
    const whole = scope.type === 'platform' || scope.type === 'account'
    const path = ['scope', 'id']
    if (!whole && scope.id === undefined)
      issue.addIssue({ code: 'custom', path, message: 'is required for this scope' })
    if (scope.type !== 'tag' || scope.id === undefined) return
    const wrong = CallTag.safeParse(scope.id).error?.issues[0]
    if (wrong) issue.addIssue({ code: 'custom', path, message: wrong.message })
  })
  .meta({ example: { scope: { type: 'tag', id: 'nightly-report' }, limits: { parallel: 4 } } })
export type NewCallLimit = z.infer<typeof NewCallLimit>

export const CallLimitPatch = z.object({ limits: CallLimits.partial().strict() }).strict()
export type CallLimitPatch = z.infer<typeof CallLimitPatch>

const params = z.object({ id: id('lim') })
const about = { tag: 'Limits', scope: 'any' } as const

/** In an account these are its own; without a chosen account a super admin works on those of the platform, for all. */
export const limitRoutes = routes({
  list: {
    ...about,
    method: 'GET',
    path: '/v1/limits',
    permission: 'budget.read',
    summary: 'List limits of calls',
    query: searchQuery.extend({ type: LimitScopeType.optional() }),
    returns: pageOf(CallLimit),
  },
  create: {
    ...about,
    method: 'POST',
    path: '/v1/limits',
    permission: 'budget.write',
    status: 201,
    summary: 'Limit the calls of a scope',
    body: NewCallLimit,
    returns: CallLimit,
    problems: ['limit.exists'],
    emits: 'limit.created',
  },
  get: {
    ...about,
    method: 'GET',
    path: '/v1/limits/{id}',
    permission: 'budget.read',
    summary: 'Get a limit',
    params,
    returns: CallLimit,
    problems: ['limit.not_found'],
  },
  update: {
    ...about,
    method: 'PATCH',
    path: '/v1/limits/{id}',
    permission: 'budget.write',
    summary: 'Change a limit; null lifts one of its numbers',
    params,
    body: CallLimitPatch,
    returns: CallLimit,
    problems: ['limit.not_found'],
    emits: 'limit.updated',
  },
  remove: {
    ...about,
    method: 'DELETE',
    path: '/v1/limits/{id}',
    permission: 'budget.write',
    status: 204,
    summary: 'Delete a limit',
    params,
    returns: z.void(),
    problems: ['limit.not_found'],
    emits: 'limit.deleted',
  },
})
