/** Which deployments a call tries, in which order, and why the others are left out. Pure; dice and load come as arguments. */
import { microsOf } from '@cockpit/contract/money'
import {
  DeploymentRoute,
  defaultRoute,
  type FallbackReason,
  type ModelRoute,
  type PassedOver,
} from '@cockpit/contract/routing'
import type { SliceModel, SlicePrice } from '@cockpit/contract/snapshot'
import { drawOf, identityOf } from './route-draw.ts'

/** A deployment as the chooser sees it. */
export type Candidate = {
  readonly active: boolean
  /** False while the health checks of its connection fail. */
  readonly healthy: boolean
  /** Names it to the dice, whatever place it has in the list. */
  readonly identity: number
  readonly options: DeploymentRoute
  /** Pico-dollars a token. */
  readonly cost: { readonly input: number; readonly output: number }
}

/** What one process knows of a deployment at this moment. */
export type CandidateLoad = {
  busy: number
  latencyMs: number | null
  /** Calls within the last minute. */
  recent: number
  blocked: 'cooling' | 'breaker_open' | 'credential' | null
  /** Epoch milliseconds; 0 when it is not blocked. */
  blockedUntil: number
}
export const idle: CandidateLoad = { busy: 0, latencyMs: null, recent: 0, blocked: null, blockedUntil: 0 }

export type RouteAsk = {
  inputTokens: number
  outputTokens: number
  /** The same for calls that belong together; null where nothing ties them. */
  sticky: number | null
  /** 0 to 1. */
  random: number
  /** Counts the calls of the route in this process. */
  turn: number
}

export type RouteOrder = {
  /** Places in the list of candidates, the first to be tried first. */
  readonly order: readonly number[]
  /** For each candidate; null for those that are tried. */
  readonly passedOver: readonly (PassedOver | null)[]
  /** Nobody was free to serve, so the one that may be well again soonest is tried. */
  readonly lastResort: boolean
}

export const candidateOf = (
  route: ModelRoute,
  { connectionId, upstreamModel }: SliceModel['deployments'][number],
  active: boolean,
  price: Pick<SlicePrice, 'input' | 'output'> | null,
  healthy = true,
): Candidate => {
  const named = route.deployments.find(
    (one) => one.connectionId === connectionId && one.upstreamModel === upstreamModel,
  )
  const options = named ?? DeploymentRoute.parse({ connectionId: 'con_0', upstreamModel })
  return {
    active,
    healthy,
    identity: identityOf(`${connectionId} ${upstreamModel}`),
    options,
    cost: options.cost
      ? { input: Number(microsOf(options.cost.input)), output: Number(microsOf(options.cost.output)) }
      : { input: price?.input ?? 0, output: price?.output ?? 0 },
  }
}

export const routeOf = (model: Pick<SliceModel, 'route'>): ModelRoute => model.route ?? defaultRoute

export const orderRoute = (
  route: ModelRoute,
  candidates: readonly Candidate[],
  loads: readonly CandidateLoad[],
  ask: RouteAsk,
): RouteOrder => {
  const canary = drawnCanary(candidates, ask.random)
  const loadOf = (at: number): CandidateLoad => loads[at] ?? idle
  const passedOver = candidates.map((candidate, at) => leftOut(candidate, loadOf(at), ask, at === canary))
  const alive = candidates.flatMap((_, at) => (passedOver[at] === null ? [at] : []))
  if (alive.length === 0) return lastResort(candidates, loads, passedOver)
  const before = comparison(route, candidates, loadOf, ask)
  const order =
    alive.length === 1
      ? alive
      : alive.sort((a, b) => {
          if (a === canary || b === canary) return a === canary ? -1 : 1
          return tierOf(candidates[a]) - tierOf(candidates[b]) || before(a, b) || a - b
        })
  const turns = route.strategy === 'round_robin' && !isSticky(route, ask)
  return { order: turns ? turned(order, candidates, canary, ask.turn) : order, passedOver, lastResort: false }
}

const tierOf = (candidate: Candidate | undefined) => candidate?.options.tier ?? 0
const isSticky = ({ sticky, strategy }: ModelRoute, ask: RouteAsk) =>
  sticky !== 'none' && strategy !== 'ordered' && ask.sticky !== null

const leftOut = (
  { active, healthy, options }: Candidate,
  load: CandidateLoad,
  { inputTokens }: RouteAsk,
  drawn: boolean,
): PassedOver | null => {
  if (!active) return 'disabled'
  if (options.inputTokensMax !== null && inputTokens > options.inputTokensMax) return 'context_length'
  if (options.canaryPercent !== null && !drawn) return 'canary'
  if (!healthy) return 'unhealthy'
  if (load.blocked !== null) return load.blocked
  if (options.parallelMax !== null && load.busy >= options.parallelMax) return 'parallel_limit'
  return options.perMinuteMax !== null && load.recent >= options.perMinuteMax ? 'rate_limit' : null
}

/** Each canary gets its share of all calls; together they get at most all of them. */
const drawnCanary = (candidates: readonly Candidate[], random: number): number => {
  let until = 0
  const dice = drawOf(random, canaryDice) * 100
  for (const [at, { options }] of candidates.entries()) {
    if (options.canaryPercent === null) continue
    until += options.canaryPercent
    if (dice < until) return at
  }
  return -1
}
const canaryDice = identityOf('canary')

/** One that fails is asked all the same where nobody else could answer: the caller loses nothing, and it may be well again. */
const lastResort = (
  candidates: readonly Candidate[],
  loads: readonly CandidateLoad[],
  passedOver: (PassedOver | null)[],
): RouteOrder => {
  // nobody knows when one whose checks fail is well again
  const until = (at: number) => (candidates[at]?.healthy ? (loads[at]?.blockedUntil ?? 0) : Number.POSITIVE_INFINITY)
  let soonest = -1
  for (const at of candidates.keys()) {
    const why = passedOver[at]
    if (why !== 'cooling' && why !== 'breaker_open' && why !== 'credential' && why !== 'unhealthy') continue
    if (soonest < 0 || until(at) < until(soonest)) soonest = at
  }
  if (soonest < 0) return { order: [], passedOver, lastResort: false }
  passedOver[soonest] = null
  return { order: [soonest], passedOver, lastResort: true }
}

type Comparison = (a: number, b: number) => number
type LoadOf = (at: number) => CandidateLoad

/** Within a tier. A heavy call of a session stays where the session is, as long as that one is alive. */
const comparison = (route: ModelRoute, candidates: readonly Candidate[], loadOf: LoadOf, ask: RouteAsk): Comparison => {
  if (isSticky(route, ask)) return bySize((at) => -lot(candidates[at], ask.sticky ?? 0))
  switch (route.strategy) {
    case 'weighted':
      return bySize((at) => -lot(candidates[at], ask.random))
    case 'least_busy':
      return bySize((at) => loadOf(at).busy / Math.max(candidates[at]?.options.weight ?? 1, leastWeight))
    case 'lowest_latency':
      // whoever was not asked for a while is asked again: else one slow answer would be remembered for ever
      return bySize((at) => Math.round(Math.log2(1 + (loadOf(at).latencyMs ?? 0)) * latencySteps))
    case 'lowest_cost':
      return bySize((at) => costOf(candidates[at], ask))
    default:
      return () => 0
  }
}
const leastWeight = 0.001
/** Latencies closer to each other than a tenth count as equal. */
const latencySteps = 7

const bySize =
  (size: (at: number) => number): Comparison =>
  (a, b) =>
    size(a) - size(b)

/** Weighted rendezvous: the largest lot wins, each as often as its weight says, and who leaves moves only its own calls. */
const lot = (candidate: Candidate | undefined, seed: number): number => {
  if (!candidate) return 0
  const { weight } = candidate.options
  const drawn = drawOf(seed, candidate.identity)
  // without weight it comes after all that have one
  return weight === 0 ? -2 + drawn : -1 / (1 + weight / -Math.log(drawn))
}

const costOf = (candidate: Candidate | undefined, { inputTokens, outputTokens }: RouteAsk): number =>
  candidate ? candidate.cost.input * inputTokens + candidate.cost.output * outputTokens : 0

/** The first tier takes turns; a canary that was drawn stays in front. */
const turned = (
  order: readonly number[],
  candidates: readonly Candidate[],
  canary: number,
  turn: number,
): readonly number[] => {
  const front = order[0] === canary && canary >= 0 ? 1 : 0
  const tier = tierOf(candidates[order[front] ?? 0])
  let end = front
  while (end < order.length && tierOf(candidates[order[end] ?? 0]) === tier) end++
  const size = end - front
  if (size < 2) return order
  const by = turn % size
  return [
    ...order.slice(0, front),
    ...order.slice(front + by, end),
    ...order.slice(front, front + by),
    ...order.slice(end),
  ]
}

/** The model that answers instead, or null where the failure is nobody else's business. */
export const fallbackAfter = (
  { fallbacks }: ModelRoute,
  reason: FallbackReason,
  tried: readonly string[],
): string | null => fallbacks.find(({ model, on }) => on.includes(reason) && !tried.includes(model))?.model ?? null

/** Why a call that found nobody to serve it leaves its model. */
export const emptyRouteReason = (passedOver: readonly (PassedOver | null)[]): FallbackReason => {
  if (passedOver.includes('parallel_limit') || passedOver.includes('rate_limit')) return 'rate_limit'
  return passedOver.includes('context_length') ? 'context_length' : 'error'
}
