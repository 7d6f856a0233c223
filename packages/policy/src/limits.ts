/** Which limits concern a call, and what they say about it. */
import type { RateLimits } from '@cockpit/contract/kit'
import type { LimitScopeType } from '@cockpit/contract/limits'
import type { AccountSlice, SliceLimit, SliceModel } from '@cockpit/contract/snapshot'
import { type Denial, refuse, type ScopeRef } from './denial.ts'
import type { Owner, Principal } from './principal.ts'
import type { AccountWorld } from './world.ts'

/** What is counted together: by the id of the limit where there is one, so that what the platform limits counts once. */
export type RateScope = ScopeRef & RateLimits & { readonly parallel?: number | null; readonly limitId?: string }

/** A limit that concerns a call, with the name of what it is about. */
export type ScopedLimit = RateScope & Omit<SliceLimit, 'id' | 'scope'>

/** The least of what one call may have, and who says so; null where nobody does. */
export type TokenCap = { readonly max: number; readonly scope: ScopeRef; readonly limitId: string }

type Caller = { account: AccountWorld; principal: Principal; owner: Owner; model: SliceModel | null }

/** The tags of a call that count: those a limit of its account names, each once and in one order. */
export const countedTags = ({ tagLimits }: AccountWorld, tags: readonly string[]): readonly string[] =>
  tagLimits === null ? none : [...new Set(tags)].filter((tag) => tagLimits.has(tag)).sort()

/** Limits of the account and of the platform that concern a call, as scopes. */
export const limitsFor = (caller: Caller, tags: readonly string[]): readonly ScopedLimit[] => {
  const { slice, platform } = caller.account
  const own = (slice.limits ?? []).filter((limit) => concerns(limit, caller, tags))
  const all = (platform.limits ?? []).filter((limit) => concerns(limit, caller, none))
  return [...all, ...own].map((limit) => scopeOf(limit, caller))
}

export const countsSomething = ({ rpm, tpm, parallel = null }: RateScope): boolean =>
  rpm !== null || tpm !== null || parallel !== null

export const leastOf = (limits: readonly ScopedLimit[], of: 'inputTokensMax' | 'outputTokensMax'): TokenCap | null => {
  let least: TokenCap | null = null
  for (const { type, id, name, limitId = '', [of]: max } of limits)
    if (max !== null && (least === null || max < least.max)) least = { max, scope: { type, id, name }, limitId }
  return least
}

/** Why a call with that much input is refused; null where it may be that long. */
export const inputDenial = (
  { inputCap }: { readonly inputCap: TokenCap | null },
  inputTokens: number,
): Denial | null =>
  inputCap === null || inputTokens <= inputCap.max
    ? null
    : refuse(
        'limit.input_tokens_exceeded',
        `This call has ${inputTokens} input tokens; ${inWords(inputCap.scope)} may send at most ${inputCap.max} in one call.`,
        inputCap.scope,
      )

/** "key 'CI'", and for what stands for everything just its name. */
export const inWords = ({ type, name }: ScopeRef): string =>
  type === 'platform' ? 'all accounts' : `${type} '${name}'`

const none: readonly string[] = []

const concerns = ({ scope }: SliceLimit, { principal, owner, model }: Caller, tags: readonly string[]): boolean => {
  const is: Record<LimitScopeType, boolean> = {
    platform: true,
    account: true,
    org: scope.id === owner.orgId,
    team: scope.id === owner.teamId,
    user: scope.id === owner.userId,
    key: principal.kind === 'key' && scope.id === principal.key.id,
    model: scope.id === model?.id,
    tag: tags.includes(scope.id),
  }
  return is[scope.type]
}

const scopeOf = ({ id: limitId, scope, ...limits }: SliceLimit, { account, principal, model }: Caller) => ({
  ...limits,
  limitId,
  type: scope.type,
  id: scope.type === 'account' ? account.slice.account.id : scope.id,
  name: nameOf(scope, account.slice, principal, model),
})

const nameOf = (
  { type, id }: SliceLimit['scope'],
  { account, orgs, teams, users }: AccountSlice,
  principal: Principal,
  model: SliceModel | null,
): string => {
  if (type === 'platform') return 'all accounts'
  if (type === 'account') return account.name
  if (type === 'model') return model?.name ?? id
  if (type === 'key') return principal.kind === 'key' ? principal.key.name : id
  if (type === 'tag') return id
  const among = type === 'org' ? orgs : type === 'team' ? teams : users
  return among.find((one) => one.id === id)?.name ?? id
}
