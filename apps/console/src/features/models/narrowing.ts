import type { Model } from '@cockpit/contract/models'
import type { Prices } from '@cockpit/contract/prices'
import { type Filter, formatCount, type Search } from '@cockpit/ui'
import { capabilityOptions, modelText as t } from './strings.ts'
import { matches } from './values.tsx'

export const bands = ['low', 'mid', 'high', 'top'] as const
const bandEnds = [1, 5, 20]

/** By what is written, of which embeddings have nothing: they go by what is read. */
export const bandOf = (of: {
  prices: Pick<Prices, 'input' | 'output'>
  capabilities: readonly string[]
}): (typeof bands)[number] => {
  const price = Number(of.capabilities.includes('chat') ? of.prices.output : of.prices.input)
  const place = bandEnds.findIndex((end) => price < end)
  return bands[place < 0 ? bandEnds.length : place] ?? 'top'
}

export const contextSteps = [32_000, 128_000, 200_000, 1_000_000] as const

export const priceFilter: Filter = {
  kind: 'select',
  key: 'price',
  label: t.priceBand,
  options: bands.map((value) => ({ value, label: t[value] })),
}
export const contextFilter: Filter = {
  kind: 'select',
  key: 'context',
  label: t.context,
  options: contextSteps.map((tokens) => ({ value: String(tokens), label: t.from(formatCount(tokens)) })),
}

/** What a list of models can be narrowed by: capability, price, context, and the connections they run on. */
export const modelFilters = (models: readonly Model[]): Filter[] => {
  const connections = new Map(
    models.flatMap(({ deployments }) => deployments.map((one) => [one.connectionId, one.connectionName] as const)),
  )
  return [
    { kind: 'select', key: 'capability', label: t.capability, options: capabilityOptions },
    {
      kind: 'select',
      key: 'connection',
      label: t.provider,
      options: [...connections].map(([value, label]) => ({ value, label })),
    },
    priceFilter,
    contextFilter,
  ]
}

/** Whether a model stays under what the address narrows by. An unknown context passes no filter of contexts. */
export const staysUnder =
  ({ q, capability, connection, price, context }: Search) =>
  (model: Model): boolean =>
    matches(model, q, capability) &&
    (!connection || model.deployments.some(({ connectionId }) => connectionId === connection)) &&
    (!price || bandOf({ prices: model.price.prices, capabilities: model.capabilities }) === price) &&
    (!context || (model.contextTokens ?? 0) >= Number(context))
