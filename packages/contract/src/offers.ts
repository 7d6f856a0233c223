import { z } from 'zod'
import { routes, timestamp } from './kit.ts'
import { Capability, Prices } from './models.ts'
import { ProviderKind } from './providers.ts'

/** A model as its provider offers it to everybody. What an installation charges for its models stands with the models. */
export const ModelOffer = z
  .object({
    kind: ProviderKind,
    model: z.string().min(1).max(200).describe('The name the provider knows it by'),
    displayName: z.string().min(1).max(120),
    prices: Prices,
    dearerWhenLong: z.boolean().describe('The provider charges more for long prompts, which these prices do not cover'),
    contextTokens: z.number().int().min(1).nullable().describe('Null where it is not known for certain'),
    outputTokensMax: z.number().int().min(1).nullable(),
    capabilities: z.array(Capability).min(1),
    page: z.url({ protocol: /^https$/ }).describe('Where the provider publishes it'),
    asOf: z.iso.date().describe('The day for which the figures are known'),
  })
  .strict()
  .meta({ id: 'ModelOffer' })
export type ModelOffer = z.infer<typeof ModelOffer>

export const ModelOffers = z
  .object({
    items: z.array(ModelOffer),
    origin: z
      .enum(['built_in', 'updated'])
      .describe('Whether they came with this version or from the configured address'),
    updatedAt: timestamp.nullable().describe('When the configured address last gave a list; null without'),
    failure: z
      .object({ at: timestamp, reason: z.string() })
      .nullable()
      .describe('Why the last update failed, while it has not succeeded since'),
  })
  .meta({ id: 'ModelOffers' })
export type ModelOffers = z.infer<typeof ModelOffers>

export const offerRoutes = routes({
  list: {
    method: 'GET',
    path: '/v1/catalog/offers',
    tag: 'Models',
    permission: 'catalog.read',
    scope: 'any',
    summary: 'What providers offer, and at which price',
    description:
      'To choose models from, complete in one answer. Nothing of it is billed: a model has prices of its own.',
    returns: ModelOffers,
  },
})
