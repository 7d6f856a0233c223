/** Answers that are kept and given again to the same request: whose, for how long, and which of them. */
import { z } from 'zod'
import { id, pageOf, routes, searchQuery, timestamp } from './kit.ts'

/** The most specific rule decides: that of the key before that of the model, and both before that of the account. */
export const CacheScopeType = z.enum(['account', 'model', 'key'])
export type CacheScopeType = z.infer<typeof CacheScopeType>

export const SimilarQuestions = z
  .object({
    modelId: z.string().min(1).max(64).describe('Says what questions mean: a model with the capability `embeddings`'),
    threshold: z.number().min(0.5).max(1).describe('How alike two questions must be, as a cosine'),
  })
  .strict()
  .meta({ id: 'SimilarQuestions' })
export type SimilarQuestions = z.infer<typeof SimilarQuestions>

export const CacheSettings = z
  .object({
    mode: z.enum(['off', 'asked', 'exact']).describe('`asked`: only calls with the header `x-cockpit-cache: on`'),
    ttlSeconds: z.number().int().min(1).max(2_592_000).describe('How long an answer is given again'),
    answerBytesMax: z.number().int().min(1_024).max(8_388_608).describe('Longer answers are not kept'),
    share: z
      .enum(['account', 'team', 'user', 'key'])
      .describe('Who gets the answers of whom; `user` also tells apart the end users a request names'),
    only: z.enum(['deterministic', 'all']).describe('`deterministic`: requests with `temperature` 0, and embeddings'),
    similar: SimilarQuestions.nullable().describe(
      'Whether an answer is also given to a question that means the same, asked by the same people in the same setting; null: no',
    ),
  })
  .strict()
  .meta({ id: 'CacheSettings' })
export type CacheSettings = z.infer<typeof CacheSettings>

/** What rules have saved is told for so many days, today included. */
export const savedDays = 30

export const CacheRule = z
  .object({
    id: id('cru'),
    scope: z.object({ type: CacheScopeType, id: z.string(), name: z.string() }),
    settings: CacheSettings,
    generation: z.number().int().describe('Grows with each clearing: answers of earlier ones are given no more'),
    saved: z
      .object({
        hits: z.number().int().describe('Calls it answered'),
        similarHits: z.number().int().describe('Of these, those that asked another question'),
        credits: z.string().describe('What asking a provider would have cost'),
      })
      .describe(`In the last ${savedDays} days`),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'CacheRule' })
export type CacheRule = z.infer<typeof CacheRule>

export const NewCacheRule = z
  .object({
    scope: z
      .object({ type: CacheScopeType, id: z.string().min(1).max(64).optional().describe('None for `account`') })
      .strict(),
    settings: z
      .object({
        mode: CacheSettings.shape.mode.default('exact'),
        ttlSeconds: CacheSettings.shape.ttlSeconds.default(3_600),
        answerBytesMax: CacheSettings.shape.answerBytesMax.default(262_144),
        share: CacheSettings.shape.share.default('key'),
        only: CacheSettings.shape.only.default('deterministic'),
        similar: CacheSettings.shape.similar.default(null),
      })
      .strict()
      .prefault({}),
  })
  .strict()
  .superRefine(({ scope }, issue) => {
    if (scope.type !== 'account' && scope.id === undefined)
      issue.addIssue({ code: 'custom', path: ['scope', 'id'], message: 'is required for this scope' })
  })
  .meta({ example: { scope: { type: 'account' }, settings: { ttlSeconds: 600 } } })
export type NewCacheRule = z.output<typeof NewCacheRule>

export const CacheRulePatch = z.object({ settings: CacheSettings.partial().strict() }).strict()
export type CacheRulePatch = z.infer<typeof CacheRulePatch>

const params = z.object({ id: id('cru') })
const about = { tag: 'Cache', scope: 'account' } as const

export const cacheRoutes = routes({
  list: {
    ...about,
    method: 'GET',
    path: '/v1/cache-rules',
    permission: 'catalog.read',
    summary: 'List what of answers is kept, and for whom',
    query: searchQuery,
    returns: pageOf(CacheRule),
  },
  create: {
    ...about,
    method: 'POST',
    path: '/v1/cache-rules',
    permission: 'model.select',
    status: 201,
    summary: 'Keep the answers to the calls of a scope, or keep none',
    body: NewCacheRule,
    returns: CacheRule,
    problems: ['cache_rule.exists'],
    emits: 'cache_rule.created',
  },
  get: {
    ...about,
    method: 'GET',
    path: '/v1/cache-rules/{id}',
    permission: 'catalog.read',
    summary: 'Get a rule of the cache',
    params,
    returns: CacheRule,
    problems: ['cache_rule.not_found'],
  },
  update: {
    ...about,
    method: 'PATCH',
    path: '/v1/cache-rules/{id}',
    permission: 'model.select',
    summary: 'Change a rule of the cache',
    params,
    body: CacheRulePatch,
    returns: CacheRule,
    problems: ['cache_rule.not_found'],
    emits: 'cache_rule.updated',
  },
  clear: {
    ...about,
    method: 'POST',
    path: '/v1/cache-rules/{id}/clear',
    permission: 'model.select',
    summary: 'Forget every answer kept by a rule',
    params,
    returns: CacheRule,
    problems: ['cache_rule.not_found'],
    emits: 'cache_rule.cleared',
  },
  remove: {
    ...about,
    method: 'DELETE',
    path: '/v1/cache-rules/{id}',
    permission: 'model.select',
    status: 204,
    summary: 'Delete a rule of the cache',
    params,
    returns: z.void(),
    problems: ['cache_rule.not_found'],
    emits: 'cache_rule.deleted',
  },
})
