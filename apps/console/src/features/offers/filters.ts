import type { Model } from '@cockpit/contract/models'
import type { ModelOffer } from '@cockpit/contract/offers'
import type { ProviderConnection } from '@cockpit/contract/providers'
import { bandOf } from '../models/narrowing.ts'

/** How an offer stands in an address. */
export const offerKey = ({ kind, model }: Pick<ModelOffer, 'kind' | 'model'>): string => `${kind}:${model}`

type Search = Record<string, string | undefined>

/** Whether an offer stays under what the address filters by. An unknown context passes no filter of contexts. */
export const staysUnder =
  ({ q, kind, capability, price, context }: Search) =>
  (offer: ModelOffer): boolean =>
    (!q || `${offer.model} ${offer.displayName}`.toLowerCase().includes(q.toLowerCase())) &&
    (!kind || offer.kind === kind) &&
    (!capability || offer.capabilities.some((one) => one === capability)) &&
    (!price || bandOf(offer) === price) &&
    (!context || (offer.contextTokens ?? 0) >= Number(context))

export const compareMost = 4
/** The offers an address names for comparison, in its order. */
export const comparedIn = (text: string | undefined, offers: readonly ModelOffer[]): ModelOffer[] =>
  (text?.split(',') ?? []).slice(0, compareMost).flatMap((key) => offers.find((offer) => offerKey(offer) === key) ?? [])

/** Which model of ours runs on which offer: the first deployment of the same name on a connection of the same kind. */
export const modelsByOffer = (
  models: readonly Model[],
  connections: readonly ProviderConnection[],
): ReadonlyMap<string, Model> => {
  const kinds = new Map(connections.map(({ id, kind }) => [id, kind]))
  const found = new Map<string, Model>()
  for (const model of models)
    for (const { connectionId, upstreamModel } of model.deployments) {
      const kind = kinds.get(connectionId)
      const key = kind && offerKey({ kind, model: upstreamModel })
      if (key && !found.has(key)) found.set(key, model)
    }
  return found
}

/** Whether a model of ours costs what its provider asks for now. */
export const hasOtherPrice = ({ price: { prices } }: Model, { prices: offered }: ModelOffer): boolean =>
  (['input', 'output', 'cachedInput', 'cacheWrite'] as const).some(
    (rate) => numberOf(prices[rate]) !== numberOf(offered[rate]),
  )

const numberOf = (price: string | null) => (price === null ? null : Number(price))
