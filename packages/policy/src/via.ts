import type { SliceConnection, SliceModel } from '@cockpit/contract/snapshot'
import type { AccountWorld } from './world.ts'

/** The one deployment a call asks for by its connection and the provider's own name of the model. */
export type Via = { connectionId: string; upstreamModel: string }

/** A deployment of this name serves no calls to models: it stands for all paths that only the provider understands. */
export const otherPaths = '*'

export const serves = (deployment: SliceModel['deployments'][number], via: Via | null): boolean =>
  via === null
    ? deployment.upstreamModel !== otherPaths
    : deployment.connectionId === via.connectionId && deployment.upstreamModel === via.upstreamModel

/** The account's own connections go before the platform's. */
export const connectionNamed = ({ slice, platform }: AccountWorld, idOrName: string): SliceConnection | undefined =>
  [...slice.connections, ...platform.connections].find(({ id, name }) => id === idOrName || name === idOrName)

/** The name in the catalog of what runs there: one the caller may use before one it may not. */
export const modelAt = (account: AccountWorld, allowed: readonly string[] | null, via: Via): string | null => {
  let found: string | null = null
  for (const { model, effective } of account.models.values()) {
    if (!model.deployments.some((one) => serves(one, via))) continue
    if (effective && (allowed === null || allowed.includes(model.name))) return model.name
    found ??= model.name
  }
  return found
}
