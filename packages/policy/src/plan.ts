import type { SliceCacheRule, SliceGuardrail, SliceModel, SlicePrice } from '@cockpit/contract/snapshot'
import type { TracePlan } from '@cockpit/contract/usage-record'
import { type Book, ledgerOfSteps } from './book.ts'
import { cacheInWords, cacheRuleFor } from './cache.ts'
import { abilitiesOf } from './capabilities.ts'
import { capsOf, type WorkCaps } from './caps.ts'
import type { Denial } from './denial.ts'
import { guardrailInWords, guardrailsFor } from './guardrails/index.ts'
import { contentHash } from './hash.ts'
import { countsSomething, inWords, leastOf, limitsFor, type RateScope, type TokenCap } from './limits.ts'
import { judgeCapabilities, judgeModel, judgeRoute, type PlannedDeployment } from './plan-model.ts'
import { judgePayer, type PlannedPayer } from './plan-payer.ts'
import { priceAt } from './price.ts'
import { describe, judgePrincipal, type Owner, ownerOf, type Principal } from './principal.ts'
import type { Via } from './via.ts'
import type { AccountWorld } from './world.ts'

/**
 * Everything about a call that depends only on the principal, the model and the snapshot, so that it can be computed
 * once and used for every call until `validUntil`. Rate and budget are decided per call with what stands here.
 */
export type CallPlan = {
  readonly trace: TracePlan
  readonly denied: Denial | null
  /** Epoch milliseconds from which the plan must be made anew: an expiry, the end of a grace period, a new price. */
  readonly validUntil: number
  readonly model: SliceModel | null
  /** What the model can do, as bits: a call that needs another one gets a plan of its own, which refuses it. */
  readonly abilities: number
  readonly price: SlicePrice | null
  readonly factor: string
  readonly deployments: readonly PlannedDeployment[]
  /** Deployments whose connection is switched off. */
  readonly resting: readonly PlannedDeployment[]
  readonly rateScopes: readonly RateScope[]
  /** The most input and output tokens of one call. */
  readonly inputCap: TokenCap | null
  readonly outputCap: TokenCap | null
  /** What the run, the session or the agent it belongs to may use; null where nothing is said. */
  readonly caps: WorkCaps | null
  readonly payer: PlannedPayer | null
  readonly owner: Owner
  readonly logContent: boolean
  /** How its answers are kept; null where they are not. */
  readonly cache: SliceCacheRule | null
  /** Those that hold for the call, in the order in which they look. */
  readonly guardrails: readonly SliceGuardrail[]
}

/**
 * What may this principal do with this model, now? Pure; every refusal is a value and every step is told. `needs` is what
 * the call asks of the model (`needsOf`), 0 where only the model itself is in question; `tags` what it calls itself, of
 * which those count that a limit of the account names (`countedTags`).
 */
export const planCall = (
  account: AccountWorld,
  principal: Principal,
  modelName: string,
  now: number,
  needs = 0,
  tags: readonly string[] = [],
  via: Via | null = null,
): CallPlan => {
  const book = ledgerOfSteps(now)
  const owner = ownerOf(account, principal)
  judgePrincipal(account, principal, owner, book, now)
  const model = judgeModel(account, principal, modelName, book)
  if (model) judgeCapabilities(model, needs, book)
  const price = model ? priceAt(model.prices, now) : null
  const { deployments, resting } = judgeRoute(account, model, { price, via }, book, now)
  const factor = factorFor(account, deployments)
  const guardrails = tellGuardrails(account, principal, owner, modelName, book)
  const cache = tellCache(account, principal, model, book)
  const budget = judgePayer(account, owner, book)
  const limits = limitsFor({ account, principal, owner, model }, tags)
  const inputCap = leastOf(limits, 'inputTokensMax')
  const outputCap = leastOf(limits, 'outputTokensMax')
  tellCap(inputCap, 'input', book)
  tellCap(outputCap, 'output', book)
  return {
    trace: traceOf(account, principal, book, {
      budget: budget.trace,
      factor,
      deployments: deployments.map(({ connection, upstreamModel }) => ({
        connectionId: connection.id,
        connection: connection.name,
        kind: connection.kind,
        upstreamModel,
      })),
    }),
    denied: book.denied(),
    validUntil: book.validUntil(),
    model,
    abilities: abilitiesOf(model),
    price,
    factor,
    deployments,
    resting,
    rateScopes: [...rateScopes(account, principal, owner), ...limits].filter(countsSomething),
    inputCap,
    outputCap,
    caps: capsOf(limits),
    payer: budget.payer,
    owner,
    logContent: account.slice.account.logContent,
    cache,
    guardrails,
  }
}

/**
 * Credits for a dollar. Where all that may serve a call are connections of the account's own, it pays the provider itself;
 * one that the platform may have to pay for is charged as such, wherever it ends up.
 */
const factorFor = ({ slice }: AccountWorld, deployments: readonly PlannedDeployment[]): string => {
  const { creditsFactor, ownConnectionsFactor = creditsFactor } = slice.account
  const isOwn = deployments.length > 0 && deployments.every(({ connection }) => slice.connections.includes(connection))
  return isOwn ? ownConnectionsFactor : creditsFactor
}

/** What a decision tells, under a name made of its content: the same decision has the same. */
export const traceOf = (
  account: AccountWorld,
  principal: Principal,
  book: Book,
  {
    deployments,
    budget,
    factor = account.slice.account.creditsFactor,
  }: Pick<TracePlan, 'deployments' | 'budget'> & { factor?: string },
): TracePlan => {
  const { id: accountId } = account.slice.account
  const trace = {
    accountId,
    principal: describe(principal),
    steps: book.steps,
    deployments,
    factor,
    budget,
    snapshotVersion: Math.max(account.slice.version, account.platform.version),
  }
  return { id: contentHash(JSON.stringify(trace)), ...trace }
}

export const tellGuardrails = (
  account: AccountWorld,
  principal: Principal,
  { teamId, orgId }: Owner,
  model: string,
  book: Book,
): readonly SliceGuardrail[] => {
  const keyId = principal.kind === 'key' ? principal.key.id : null
  const here = guardrailsFor(account.slice.guardrails, { keyId, teamId, orgId, model })
  for (const one of here)
    book.allow('guardrail', 'guardrail.holds', `guardrail ${one.id}`, `'${one.name}' ${guardrailInWords(one)}`)
  return here
}

const tellCache = (
  account: AccountWorld,
  principal: Principal,
  model: SliceModel | null,
  book: Book,
): SliceCacheRule | null => {
  const rule = cacheRuleFor(account.slice.cache, {
    keyId: principal.kind === 'key' ? principal.key.id : null,
    modelId: model?.id ?? null,
  })
  if (rule) book.allow('route', 'cache.holds', `cache rule ${rule.id}`, cacheInWords(rule))
  return rule
}

export const rateScopes = (account: AccountWorld, principal: Principal, owner: Owner): RateScope[] => {
  const { id, name, limits } = account.slice.account
  const team = owner.teamId ? account.teams.get(owner.teamId) : undefined
  const user = owner.userId ? account.users.get(owner.userId) : undefined
  const all: RateScope[] = [{ type: 'account', id, name, ...limits }]
  if (team) all.push({ type: 'team', id: team.id, name: team.name, ...team.limits })
  if (user) all.push({ type: 'user', id: user.id, name: user.name, ...user.limits })
  if (principal.kind === 'key')
    all.push({ type: 'key', id: principal.key.id, name: principal.key.name, ...principal.key.limits })
  return all
}

const tellCap = (cap: TokenCap | null, kind: 'input' | 'output', book: Book) => {
  if (cap)
    book.allow(
      'rate',
      `limit.${kind}_tokens`,
      `limit ${cap.limitId}`,
      `At most ${cap.max} ${kind} tokens in one call for ${inWords(cap.scope)}`,
    )
}
