import type { Network } from '@cockpit/contract/ip-network'
import type { AccountSlice, PlatformSlice, Slice, SliceKey, SliceLimit, SliceModel } from '@cockpit/contract/snapshot'
import type { ScopeRef } from './denial.ts'
import { type ResolvedModel, resolveModels } from './models.ts'
import { networksOf } from './network.ts'

type Indexed<T> = ReadonlyMap<string, T>

/** One account, indexed for decisions. Its models are resolved against the platform's on first use. */
export type AccountWorld = {
  readonly slice: AccountSlice
  readonly platform: PlatformSlice
  readonly users: Indexed<AccountSlice['users'][number]>
  readonly teams: Indexed<AccountSlice['teams'][number]>
  readonly orgs: Indexed<AccountSlice['orgs'][number]>
  readonly serviceAccounts: Indexed<AccountSlice['serviceAccounts'][number]>
  /** Where its calls may come from; null: everywhere. */
  readonly networks: readonly Network[] | null
  /** Limits of the account that concern calls with a tag, by the tag; null: it has none. */
  readonly tagLimits: ReadonlyMap<string, SliceLimit> | null
  /** Every model the account can know of, by name; the account's own hide the platform's. */
  readonly models: Indexed<ResolvedModel<SliceModel>>
}

export type World = {
  readonly platform: PlatformSlice
  readonly accounts: ReadonlyMap<string, AccountWorld>
  /** Keys of all accounts by hash of the secret. Shared and updated by `withSlice`, because it can hold half a million. */
  readonly keys: Map<string, { accountId: string; key: SliceKey }>
}

const emptyPlatform: PlatformSlice = { kind: 'platform', version: 0, compiledAt: 0, connections: [], models: [] }

export const emptyWorld = (): World => ({ platform: emptyPlatform, accounts: new Map(), keys: new Map() })

/** A world from all slices at once. */
export const indexWorld = (slices: readonly Slice[]): World => slices.reduce(withSlice, emptyWorld())

/** The world after one slice was replaced. Untouched accounts keep their indexes. */
export function withSlice(world: World, slice: Slice): World {
  if (slice.kind === 'platform') {
    const accounts = new Map<string, AccountWorld>()
    for (const [id, account] of world.accounts) accounts.set(id, indexAccount(account.slice, slice))
    return { platform: slice, accounts, keys: world.keys }
  }
  const id = slice.account.id
  forgetKeys(world, id)
  for (const key of slice.keys) {
    world.keys.set(key.hash, { accountId: id, key })
    if (key.previousHash) world.keys.set(key.previousHash, { accountId: id, key })
  }
  return { ...world, accounts: new Map(world.accounts).set(id, indexAccount(slice, world.platform)) }
}

/** The world without an account. */
export const withoutAccount = (world: World, accountId: string): World => {
  forgetKeys(world, accountId)
  const accounts = new Map(world.accounts)
  accounts.delete(accountId)
  return { ...world, accounts }
}

/** The account and key of a secret's hash. The secret before a rotation counts until its grace period ends. */
export const findKey = (
  world: World,
  hash: string,
  now: number,
): { account: AccountWorld; key: SliceKey } | undefined => {
  const hit = world.keys.get(hash)
  const account = hit && world.accounts.get(hit.accountId)
  if (!hit || !account) return undefined
  const outdated = hit.key.hash !== hash && now >= (hit.key.previousValidUntil ?? 0)
  return outdated ? undefined : { account, key: hit.key }
}

const forgetKeys = (world: World, accountId: string) => {
  for (const key of world.accounts.get(accountId)?.slice.keys ?? []) {
    world.keys.delete(key.hash)
    if (key.previousHash) world.keys.delete(key.previousHash)
  }
}

export const accountScope = ({ slice }: AccountWorld): ScopeRef => ({
  type: 'account',
  id: slice.account.id,
  name: slice.account.name,
})

const byId = <T extends { id: string }>(items: readonly T[]): Indexed<T> =>
  new Map(items.map((item) => [item.id, item]))

const indexAccount = (slice: AccountSlice, platform: PlatformSlice): AccountWorld => {
  let models: Indexed<ResolvedModel<SliceModel>> | undefined
  return {
    slice,
    platform,
    users: byId(slice.users),
    teams: byId(slice.teams),
    orgs: byId(slice.orgs),
    serviceAccounts: byId(slice.serviceAccounts),
    networks: networksOf(slice.networks),
    tagLimits: tagLimitsOf(slice.limits),
    get models() {
      models ??= new Map(resolveAccountModels(slice, platform).map((item) => [item.model.name, item]))
      return models
    },
  }
}

const resolveAccountModels = (slice: AccountSlice, platform: PlatformSlice) => {
  const all = resolveModels({
    platformModels: platform.models,
    ownModels: slice.models,
    eligibility: slice.eligibility,
    selection: slice.selection,
  })
  // an own model must win over a platform model of the same name, so it is indexed last
  return [...all.filter((item) => item.ownedBy === 'platform'), ...all.filter((item) => item.ownedBy === 'account')]
}

const tagLimitsOf = (limits: AccountSlice['limits']): ReadonlyMap<string, SliceLimit> | null => {
  const tagged = (limits ?? []).filter(({ scope }) => scope.type === 'tag')
  return tagged.length === 0 ? null : new Map(tagged.map((limit) => [limit.scope.id, limit]))
}
