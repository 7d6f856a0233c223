import { microsOf } from '@cockpit/contract/decimal'
import type { ModelRoute, RouteHedge, RouteShadow } from '@cockpit/contract/routing'
import type { CallPlan } from '@cockpit/policy'
import { identityOf, idle, orderRoute, type RouteAsk, type RouteOrder, routeOf } from '@cockpit/policy'
import type { Call } from '../call.ts'
import { isRecord } from '../dialects/index.ts'
import type { Deployment } from '../plans.ts'
import { beginningOf } from './beginning.ts'

/** The route of one model, for all its calls. Absent where a model has one deployment and nothing else to decide. */
export type Router = {
  readonly route: ModelRoute
  order(call: Call): { deployments: readonly Deployment[]; passedOver: RouteOrder['passedOver'] }
  /** Whether one more repeated attempt is within the share that repeats may have. */
  mayRepeat(): boolean
  /** Null where no second call goes out beside a slow one. */
  readonly hedge: Hedge | null
  /** Null where no call is copied. */
  readonly shadow: Shadow | null
}

/** Which model is asked the same, and who pays for it. */
export type Shadow = { readonly model: string; readonly keyId: string; draws(): boolean }

type Hedge = {
  readonly afterMs: number | null
  /** Micro-credits one second call may cost. */
  readonly microsMax: bigint | null
  /** Counts one more, where that is within their share of all calls. */
  may(): boolean
}

export type RouterDeps = { now: () => number; random: () => number; turns: Turns }

/** Counted for each model, whoever calls it. */
export type Turns = Map<string, Turn>
type Turn = { calls: number; repeats: number; hedges: number }

/** Repeats that are allowed before there were calls to count. */
const repeatsFirst = 10

export const createRouter = (
  plan: CallPlan,
  deployments: readonly Deployment[],
  { now, random, turns }: RouterDeps,
): Router | null => {
  const { model } = plan
  if (!model || plan.denied) return null
  if (deployments.length < 2 && model.route === undefined) return null
  const route = routeOf(model)
  const candidates = plan.deployments.map(({ candidate }) => candidate)
  const turn = turns.get(model.id) ?? { calls: 0, repeats: 0, hedges: 0 }
  turns.set(model.id, turn)

  return {
    route,
    hedge: route.hedge ? hedgeOf(route.hedge, turn) : null,
    shadow: route.shadow ? shadowOf(route.shadow, random) : null,
    order(call) {
      const at = now()
      const loads = deployments.map(({ load }) => load?.look(at) ?? idle)
      const ask: RouteAsk = {
        inputTokens: call.inputTokens,
        outputTokens: call.outputTokens,
        sticky: route.sticky === 'none' ? null : stickyOf(route.sticky, call),
        random: random(),
        turn: turn.calls++,
      }
      const { order, passedOver } = orderRoute(route, candidates, loads, ask)
      return { deployments: order.flatMap((place) => deployments[place] ?? []), passedOver }
    },
    mayRepeat() {
      const { retriesPercentMax } = route
      if (retriesPercentMax === null) return true
      if (turn.repeats >= repeatsFirst && turn.repeats >= (turn.calls * retriesPercentMax) / 100) return false
      turn.repeats++
      return true
    },
  }
}

const hedgeOf = ({ afterMs, creditsMax, percentMax }: RouteHedge, turn: Turn): Hedge => ({
  afterMs,
  microsMax: creditsMax === null ? null : microsOf(creditsMax),
  may() {
    if (turn.hedges + 1 > (turn.calls * percentMax) / 100) return false
    turn.hedges++
    return true
  },
})

const shadowOf = ({ model, keyId, percent }: RouteShadow, random: () => number): Shadow => ({
  ...{ model, keyId },
  draws: () => random() * 100 < percent,
})

const sessionHeader = 'x-session-id'

/** What ties a call to others, as a number that is the same for all of them. */
const stickyOf = (by: Exclude<ModelRoute['sticky'], 'none'>, call: Call): number => {
  const session = by === 'session' ? call.req.headers[sessionHeader] : undefined
  if (typeof session === 'string' && session !== '') return inUnit(session)
  if (by === 'prompt_prefix' && call.scan) return inUnit(beginningOf(call.scan.body))
  const { scan, holder } = call
  const metadata = scan?.body.metadata
  const named = isRecord(metadata) ? textOf(metadata.user_id) : undefined
  return inUnit(scan?.user ?? named ?? holder?.id ?? '')
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
const inUnit = (text: string): number => identityOf(text) / 0x1_0000_0000
