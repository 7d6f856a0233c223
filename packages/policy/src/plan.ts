import type { ExplainStep } from '@cockpit/contract/explain'
import type {
  AccountSlice,
  SliceCacheRule,
  SliceConnection,
  SliceGuardrail,
  SliceKey,
  SliceModel,
  SlicePrice,
} from '@cockpit/contract/snapshot'
import type { TracePlan } from '@cockpit/contract/usage-record'
import { resolvePayer } from './budget.ts'
import { cacheInWords, cacheRuleFor } from './cache.ts'
import { abilitiesOf, missingIn } from './capabilities.ts'
import { capsOf, type WorkCaps } from './caps.ts'
import { routeInWords } from './concealment.ts'
import { type Denial, refuse, type ScopeRef } from './denial.ts'
import { guardrailInWords, guardrailsFor } from './guardrails/index.ts'
import { contentHash } from './hash.ts'
import { countsSomething, inWords, leastOf, limitsFor, type RateScope, type TokenCap } from './limits.ts'
import { priceAt } from './price.ts'
import { type Candidate, candidateOf, routeOf } from './route.ts'
import { accountDenial, ownerDenial } from './standing.ts'
import { serves, type Via } from './via.ts'
import { dayOf } from './words.ts'
import type { AccountWorld } from './world.ts'

/** Who a call acts as. */
export type Principal =
  | { kind: 'key'; key: SliceKey }
  | { kind: 'user'; user: AccountSlice['users'][number] }
  | { kind: 'service_account'; serviceAccount: AccountSlice['serviceAccounts'][number] }

export type PlannedDeployment = {
  readonly connection: SliceConnection
  readonly upstreamModel: string
  readonly candidate: Candidate
}

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
  readonly payer: { nodeId: string; path: readonly string[]; fundingNodeId: string } | null
  readonly owner: {
    userId: string | null
    serviceAccountId: string | null
    teamId: string | null
    orgId: string | null
  }
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

export type Book = {
  steps: ExplainStep[]
  allow(layer: ExplainStep['layer'], rule: string, source: string, value: string): void
  deny(layer: ExplainStep['layer'], rule: string, source: string, denial: Denial): void
  skip(layer: ExplainStep['layer'], rule: string, source: string, value: string): void
  until(instant: number | null): void
  denied(): Denial | null
  validUntil(): number
}

/** Collects steps; the first refusal decides, the later ones are still told. */
export const ledgerOfSteps = (now: number): Book => {
  const steps: ExplainStep[] = []
  let first: Denial | null = null
  let until = Number.MAX_SAFE_INTEGER
  const add = (
    verdict: ExplainStep['verdict'],
    layer: ExplainStep['layer'],
    rule: string,
    source: string,
    value: string,
  ) => {
    steps.push({ layer, rule, source, value, verdict })
  }
  return {
    steps,
    allow: (...step) => add('allow', ...step),
    skip: (...step) => add('skip', ...step),
    deny(layer, rule, source, denial) {
      add('deny', layer, rule, source, denial.message)
      first ??= denial
    },
    until(instant) {
      if (instant !== null && instant > now && instant < until) until = instant
    },
    denied: () => first,
    validUntil: () => until,
  }
}

export const ownerOf = (account: AccountWorld, principal: Principal): CallPlan['owner'] => {
  const owner = principal.kind === 'key' ? principal.key.owner : { kind: principal.kind, id: idOf(principal) }
  const user = owner.kind === 'user' ? account.users.get(owner.id) : undefined
  const serviceAccount = owner.kind === 'service_account' ? account.serviceAccounts.get(owner.id) : undefined
  const ownTeam = user ? (user.teamIds[0] ?? null) : (serviceAccount?.teamId ?? null)
  const teamId = (principal.kind === 'key' ? principal.key.teamId : null) ?? ownTeam
  return {
    userId: owner.kind === 'user' ? owner.id : null,
    serviceAccountId: owner.kind === 'service_account' ? owner.id : null,
    teamId,
    orgId: (teamId && account.teams.get(teamId)?.orgId) ?? null,
  }
}

export const judgePrincipal = (
  account: AccountWorld,
  principal: Principal,
  owner: CallPlan['owner'],
  book: Book,
  now: number,
) => {
  const { id, name } = account.slice.account
  const person = owner.userId ? account.users.get(owner.userId) : undefined
  const service = owner.serviceAccountId ? account.serviceAccounts.get(owner.serviceAccountId) : undefined
  const wrong = ownerDenial(account, {
    kind: owner.userId ? 'user' : 'service_account',
    id: owner.userId ?? owner.serviceAccountId ?? '',
  })
  if (wrong && person) book.deny('principal', 'user.status', `user ${person.id}`, wrong)
  else if (wrong) book.deny('principal', 'owner.exists', `account ${id}`, wrong)
  else
    book.allow(
      'principal',
      'owner.exists',
      `account ${id}`,
      `Acts as ${person ? 'user' : 'service account'} '${person?.name ?? service?.name}'`,
    )
  const suspended = accountDenial(account)
  if (suspended) book.deny('account', 'account.status', `account ${id}`, suspended)
  else book.allow('account', 'account.status', `account ${id}`, `Account '${name}' is active`)
  if (principal.kind === 'key') judgeKey(principal.key, book, now)
}

const judgeKey = (key: SliceKey, book: Book, now: number) => {
  const scope: ScopeRef = { type: 'key', id: key.id, name: key.name }
  book.until(key.expiresAt)
  book.until(key.previousValidUntil)
  if (key.revokedAt !== null)
    book.deny('key', 'key.status', `key ${key.id}`, refuse('key.revoked', `Key '${key.name}' was revoked.`, scope))
  else if (key.expiresAt !== null && key.expiresAt <= now)
    book.deny(
      'key',
      'key.expiry',
      `key ${key.id}`,
      refuse('key.expired', `Key '${key.name}' expired on ${dayOf(key.expiresAt, 'UTC')}.`, scope),
    )
  else
    book.allow(
      'key',
      'key.status',
      `key ${key.id}`,
      `Key '${key.name}' is active${key.expiresAt ? ` until ${dayOf(key.expiresAt, 'UTC')}` : ''}`,
    )
}

const judgeModel = (account: AccountWorld, principal: Principal, modelName: string, book: Book): SliceModel | null => {
  const accountId = account.slice.account.id
  const found = account.models.get(modelName)
  const unknown = refuse(
    'model.not_found',
    `Model '${modelName}' does not exist or this account has no access to it.`,
    null,
  )
  if (!found) {
    book.deny('model_catalog', 'model.exists', 'catalog', unknown)
    return null
  }
  const { model } = found
  if (model.status === 'active')
    book.allow('model_catalog', 'model.exists', `model ${model.id}`, `'${modelName}' is in the catalog`)
  else book.deny('model_catalog', 'model.status', `model ${model.id}`, unknown)
  if (found.eligible)
    book.allow(
      'model_eligible',
      found.ownedBy === 'account' ? 'model.owned' : 'eligibility.contains',
      `account ${accountId}`,
      found.ownedBy === 'account' ? 'The account owns it' : 'Eligible for this account',
    )
  else book.deny('model_eligible', 'eligibility.contains', `account ${accountId}`, unknown)
  if (found.selected)
    book.allow('model_selected', 'selection.contains', `account ${accountId}`, 'Selected by the account')
  else
    book.deny(
      'model_selected',
      'selection.contains',
      `account ${accountId}`,
      refuse(
        'model.not_selected',
        `Model '${modelName}' is not selected by this account; its administrator can select it.`,
        accountScope(account),
      ),
    )
  if (principal.kind === 'key') judgeKeyModels(principal.key, modelName, book)
  return model
}

const judgeKeyModels = (key: SliceKey, modelName: string, book: Book) => {
  const source = `key ${key.id}`
  if (key.models === null) book.skip('key_models', 'key.models', source, 'The key is not limited to certain models')
  else if (key.models.includes(modelName)) book.allow('key_models', 'key.models', source, 'The key lists it')
  else
    book.deny(
      'key_models',
      'key.models',
      source,
      refuse('model.not_in_key', `Key '${key.name}' may not use model '${modelName}'.`, {
        type: 'key',
        id: key.id,
        name: key.name,
      }),
    )
}

const judgeCapabilities = (model: SliceModel, needs: number, book: Book) => {
  const source = `model ${model.id}`
  const missing = missingIn(model, needs)
  const listed = model.capabilities.join(', ')
  if (missing === null)
    return book.allow('model_capabilities', 'model.capabilities', source, `Its capabilities: ${listed}`)
  book.deny(
    'model_capabilities',
    'model.capabilities',
    source,
    refuse(
      'model.unsupported_operation',
      `Model '${model.name}' is not offered for ${missing}; its capabilities in the catalog are ${listed}.`,
      null,
    ),
  )
}

const judgeRoute = (
  account: AccountWorld,
  model: SliceModel | null,
  { price, via }: { price: SlicePrice | null; via: Via | null },
  book: Book,
  now: number,
): Pick<CallPlan, 'deployments' | 'resting'> => {
  if (!model) return { deployments: [], resting: [] }
  for (const later of model.prices) book.until(later.effectiveFrom > now ? later.effectiveFrom : null)
  const connections = [...account.slice.connections, ...account.platform.connections]
  const route = routeOf(model)
  const planned = model.deployments
    .filter((one) => serves(one, via))
    .flatMap((deployment): PlannedDeployment[] => {
      const connection = connections.find((c) => c.id === deployment.connectionId)
      if (!connection) return []
      const candidate = candidateOf(route, deployment, connection.status === 'active', price, !connection.down)
      return [{ connection, upstreamModel: deployment.upstreamModel, candidate }]
    })
  const deployments = planned.filter(({ candidate }) => candidate.active)
  const source = `model ${model.id}`
  if (!price)
    book.deny(
      'route',
      'model.price',
      source,
      refuse('model.unpriced', `Model '${model.name}' has no price in force, so it cannot be billed.`, null),
    )
  if (deployments.length === 0)
    book.deny(
      'route',
      'model.deployments',
      source,
      refuse('model.no_deployment', `Model '${model.name}' has no active provider connection.`, null),
    )
  else
    book.allow(
      'route',
      'model.deployments',
      source,
      routeInWords(
        deployments.map(({ connection, upstreamModel }) => ({ connection: connection.name, upstreamModel })),
      ),
    )
  return { deployments, resting: planned.filter(({ candidate }) => !candidate.active) }
}

export const tellGuardrails = (
  account: AccountWorld,
  principal: Principal,
  { teamId, orgId }: CallPlan['owner'],
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

export const judgePayer = (
  account: AccountWorld,
  owner: CallPlan['owner'],
  book: Book,
): { payer: CallPlan['payer']; trace: TracePlan['budget'] } => {
  const { budget } = account.slice
  const found = resolvePayer(budget, owner)
  const { startsAt, endsAt } = budget.cycle
  book.until(endsAt)
  const cycle = { startsAt, endsAt, timezone: budget.timezone }
  if ('denied' in found) {
    book.deny(
      'budget',
      'budget.payer',
      `plan ${budget.planId}`,
      refuse('budget.no_payer', found.denied, accountScope(account)),
    )
    return { payer: null, trace: { payer: null, source: found.denied, fundingNodeId: null, cycle, path: [] } }
  }
  const nodes = new Map(budget.nodes.map((node) => [node.id, node]))
  const path = found.path.flatMap((id) => {
    const node = nodes.get(id)
    return node ? [{ nodeId: node.id, mode: node.mode, scope: node.scope }] : []
  })
  return {
    payer: { nodeId: found.payerNodeId, path: found.path, fundingNodeId: found.fundingNodeId },
    trace: {
      payer: nodes.get(found.payerNodeId)?.scope ?? null,
      source: found.source,
      fundingNodeId: found.fundingNodeId,
      cycle,
      path,
    },
  }
}

export const rateScopes = (account: AccountWorld, principal: Principal, owner: CallPlan['owner']): RateScope[] => {
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

const describe = (principal: Principal): TracePlan['principal'] => {
  if (principal.kind === 'key') return { kind: 'key', id: principal.key.id, name: principal.key.name }
  if (principal.kind === 'user') return { kind: 'user', id: principal.user.id, name: principal.user.name }
  return { kind: 'service_account', id: principal.serviceAccount.id, name: principal.serviceAccount.name }
}

const idOf = (principal: Exclude<Principal, { kind: 'key' }>) =>
  principal.kind === 'user' ? principal.user.id : principal.serviceAccount.id
const accountScope = (account: AccountWorld): ScopeRef => ({
  type: 'account',
  id: account.slice.account.id,
  name: account.slice.account.name,
})
