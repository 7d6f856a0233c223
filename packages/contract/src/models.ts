import { z } from 'zod'
import { id, pageOf, routes, searchQuery, timestamp } from './kit.ts'
import { Prices } from './prices.ts'

/** What callers write in `model`. */
export const ModelName = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/, 'may hold letters, digits and . _ : / @ -')

export const Capability = z.enum([
  'chat',
  'embeddings',
  'tools',
  'vision',
  'reasoning',
  'structured_output',
  'streaming',
  'images',
  'speech',
  'transcription',
  'rerank',
  'realtime',
])

export { Prices }

export const PriceVersion = z
  .object({
    version: z.number().int(),
    prices: Prices,
    effectiveFrom: timestamp,
    createdAt: timestamp,
    createdBy: z.string(),
  })
  .meta({ id: 'PriceVersion' })

export const Deployment = z
  .object({
    connectionId: id('con'),
    connectionName: z.string(),
    upstreamModel: z.string().max(200).describe('The name the provider knows it by'),
    order: z.number().int().describe('Fallback order: lower is tried first'),
  })
  .meta({ id: 'Deployment' })

/** An entry of the catalog. Owned by the platform (copilot domain) or by one account (console domain, BYOK). */
export const Model = z
  .object({
    id: id('mdl'),
    ownedBy: z.enum(['platform', 'account']),
    name: ModelName,
    displayName: z.string(),
    description: z.string().nullable(),
    capabilities: z.array(Capability),
    contextTokens: z.number().int().nullable(),
    outputTokensMax: z.number().int().nullable(),
    price: PriceVersion,
    deployments: z.array(Deployment),
    status: z.enum(['active', 'disabled']),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Model' })
export type Model = z.infer<typeof Model>

const newDeployment = z.object({ connectionId: id('con'), upstreamModel: z.string().trim().min(1).max(200) }).strict()
const fields = {
  name: ModelName,
  displayName: z.string().trim().min(1).max(120),
  description: z.string().trim().max(600).nullable(),
  capabilities: z.array(Capability).min(1),
  contextTokens: z.number().int().min(1).max(100_000_000).nullable(),
  outputTokensMax: z.number().int().min(1).max(100_000_000).nullable(),
  deployments: z.array(newDeployment).min(1).max(10).describe('In fallback order'),
}
export const NewModel = z
  .object({
    ...fields,
    displayName: fields.displayName.optional(),
    description: fields.description.default(null),
    capabilities: fields.capabilities.default(['chat', 'streaming']),
    contextTokens: fields.contextTokens.default(null),
    outputTokensMax: fields.outputTokensMax.default(null),
    prices: Prices,
  })
  .strict()
export type NewModel = z.infer<typeof NewModel>
export const ModelPatch = z
  .object({ ...fields, status: Model.shape.status })
  .partial()
  .strict()
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type ModelPatch = z.infer<typeof ModelPatch>
export const NewPrice = z
  .object({ prices: Prices, effectiveFrom: timestamp.optional().describe('Now when absent; not in the past') })
  .strict()

/** A set of models: all there are, also future ones, or the listed ones. */
export const ModelSet = z
  .object({ mode: z.enum(['all', 'list']), modelIds: z.array(id('mdl')).max(2_000) })
  .strict()
  .meta({ id: 'ModelSet' })
export type ModelSet = z.infer<typeof ModelSet>

/** One model on its way: in the catalog → eligible (super admin) → selected (account admin) → effective. */
export const ModelChainItem = z
  .object({
    model: Model,
    eligible: z.boolean(),
    selected: z.boolean(),
    effective: z.boolean(),
    reason: z.string().describe('The rule that decided, in one sentence'),
  })
  .meta({ id: 'ModelChainItem' })
export const ModelChain = z
  .object({ eligibility: ModelSet, selection: ModelSet, items: z.array(ModelChainItem) })
  .meta({ id: 'ModelChain' })
export type ModelChain = z.infer<typeof ModelChain>

const params = z.object({ id: id('mdl') })
const accountParams = z.object({ id: id('acc') })

export const modelRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/catalog/models',
    tag: 'Models',
    permission: 'catalog.read',
    scope: 'any',
    summary: 'List catalog models',
    description: 'In an account: its own models and the eligible ones of the platform.',
    query: searchQuery.extend({
      capability: Capability.optional(),
      status: Model.shape.status.optional(),
      connectionId: id('con').optional(),
    }),
    returns: pageOf(Model),
  },
  create: {
    method: 'POST',
    path: '/v1/catalog/models',
    tag: 'Models',
    permission: 'provider.write',
    scope: 'any',
    status: 201,
    summary: 'Add a model to the catalog',
    description:
      'Without a chosen account (super admin): a platform model. In an account: a model on its own connections.',
    body: NewModel,
    returns: Model,
    problems: ['model.name_taken', 'provider_connection.not_found'],
    emits: 'model.created',
  },
  get: {
    method: 'GET',
    path: '/v1/catalog/models/{id}',
    tag: 'Models',
    permission: 'catalog.read',
    scope: 'any',
    summary: 'Get a catalog model',
    params,
    returns: Model,
    problems: ['model.not_found'],
  },
  update: {
    method: 'PATCH',
    path: '/v1/catalog/models/{id}',
    tag: 'Models',
    permission: 'provider.write',
    scope: 'any',
    summary: 'Change a catalog model',
    params,
    body: ModelPatch,
    returns: Model,
    problems: ['model.not_found', 'model.name_taken', 'provider_connection.not_found'],
    emits: 'model.updated',
  },
  remove: {
    method: 'DELETE',
    path: '/v1/catalog/models/{id}',
    tag: 'Models',
    permission: 'provider.write',
    scope: 'any',
    status: 204,
    summary: 'Delete a catalog model; its usage stays',
    params,
    returns: z.void(),
    problems: ['model.not_found'],
    emits: 'model.deleted',
  },
  prices: {
    method: 'GET',
    path: '/v1/catalog/models/{id}/prices',
    tag: 'Models',
    permission: 'catalog.read',
    scope: 'any',
    summary: 'Price versions, newest first',
    params,
    returns: z.object({ items: z.array(PriceVersion) }),
    problems: ['model.not_found'],
  },
  setPrice: {
    method: 'POST',
    path: '/v1/catalog/models/{id}/prices',
    tag: 'Models',
    permission: 'provider.write',
    scope: 'any',
    status: 201,
    summary: 'Add a price version',
    params,
    body: NewPrice,
    returns: PriceVersion,
    problems: ['model.not_found'],
    emits: 'model.price_changed',
  },
  eligibility: {
    method: 'GET',
    path: '/v1/accounts/{id}/model-eligibility',
    tag: 'Models',
    permission: 'model.eligibility',
    scope: 'platform',
    summary: 'Which platform models an account may choose from',
    params: accountParams,
    returns: ModelSet,
    problems: ['account.not_found'],
  },
  setEligibility: {
    method: 'PUT',
    path: '/v1/accounts/{id}/model-eligibility',
    tag: 'Models',
    permission: 'model.eligibility',
    scope: 'platform',
    summary: 'Set which platform models an account may choose from',
    params: accountParams,
    body: ModelSet,
    returns: ModelSet,
    problems: ['account.not_found', 'model.not_found'],
    emits: 'model_eligibility.set',
  },
  setSelection: {
    method: 'PUT',
    path: '/v1/model-selection',
    tag: 'Models',
    permission: 'model.select',
    scope: 'account',
    summary: 'Choose which eligible models the account uses',
    body: ModelSet,
    returns: ModelSet,
    problems: ['model.not_eligible'],
    emits: 'model_selection.set',
  },
  chain: {
    method: 'GET',
    path: '/v1/model-chain',
    tag: 'Models',
    permission: 'model.read',
    scope: 'account',
    summary: 'Catalog → eligibility → selection → effective set of the account',
    returns: ModelChain,
  },
})
