import type { Model } from '@cockpit/contract/models'
import { ModelRoute } from '@cockpit/contract/routing'
import type { SliceModel } from '@cockpit/contract/snapshot'
import { type Ctx, platformAccount } from '../../platform/index.ts'
import { comingPrices, priceInForce, pricesOf, type StoredPrice } from './model.ts'
import type { StoredModel } from './repository.ts'

type Price = Model['price']

/**
 * A model as the caller may see it. Accounts learn of the platform's models what they cost and can do, never through
 * which connection they run or who priced them; people who may not read providers see no deployments at all.
 */
export const presentModel = (row: StoredModel, ctx: Ctx, now: Date): Model => {
  const offered = row.account_id !== ctx.accountId
  return {
    id: row.id,
    ownedBy: row.account_id === platformAccount ? 'platform' : 'account',
    name: row.name,
    displayName: row.display_name,
    description: row.description,
    capabilities: row.capabilities as Model['capabilities'],
    contextTokens: row.context_tokens,
    outputTokensMax: row.output_tokens_max,
    price: currentPrice(row, ctx, now),
    deployments: offered
      ? [platformDeployment(row)]
      : ctx.actor.permissions.has('provider.read')
        ? deploymentsOf(row)
        : [],
    status: statusOf(row),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}

export const presentPrices = (row: StoredModel, ctx: Ctx): Price[] =>
  [...row.prices].reverse().map((price) => presentPrice(price, row.account_id !== ctx.accountId))

export const sliceModelOf = (row: StoredModel, now: Date): SliceModel => ({
  id: row.id,
  name: row.name,
  displayName: row.display_name,
  capabilities: row.capabilities as SliceModel['capabilities'],
  contextTokens: row.context_tokens,
  outputTokensMax: row.output_tokens_max,
  status: statusOf(row),
  prices: comingPrices(row.prices, now),
  deployments: row.deployments.map((d) => ({ connectionId: d.connection_id, upstreamModel: d.upstream_model })),
  ...(row.route !== null && { route: ModelRoute.parse(row.route) }),
})

export const presentPrice = (price: StoredPrice, offered: boolean): Price => ({
  version: price.version,
  prices: pricesOf(price),
  effectiveFrom: price.effective_from.toISOString(),
  createdAt: price.created_at.toISOString(),
  createdBy: offered ? 'Platform' : price.created_by,
})

export const statusOf = (row: StoredModel) => row.status as Model['status']

export const deploymentsOf = ({ deployments }: StoredModel): Model['deployments'] =>
  deployments.map((d) => ({
    connectionId: d.connection_id,
    connectionName: d.connection_name,
    upstreamModel: d.upstream_model,
    order: d.position,
  }))

const platformDeployment = ({ name }: StoredModel) => ({
  connectionId: 'con_platform',
  connectionName: 'Platform',
  upstreamModel: name,
  order: 0,
})

const currentPrice = (row: StoredModel, ctx: Ctx, now: Date): Price => {
  const price = priceInForce(row.prices, now)
  // the first version begins with the model, so there is always one in force
  if (!price) throw new Error(`model ${row.id} has no price in force`)
  return presentPrice(price, row.account_id !== ctx.accountId)
}
