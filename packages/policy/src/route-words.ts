/** The order of a route as people read it: each deployment with its place, or with why it is passed over. */
import type { ModelRoute, PassedOver, RouteCandidate, RouteStrategy } from '@cockpit/contract/routing'
import { type Candidate, type CandidateLoad, idle, type RouteOrder } from './route.ts'

export type NamedCandidate = {
  connectionId: string
  connection: string
  upstreamModel: string
  candidate: Candidate
  load: CandidateLoad | null
}

export const candidatesInWords = (
  route: ModelRoute,
  named: readonly NamedCandidate[],
  { order, passedOver, lastResort }: RouteOrder,
): RouteCandidate[] =>
  named.map(({ connectionId, connection, upstreamModel, candidate, load }, at) => {
    const place = order.indexOf(at)
    const why = passedOver[at] ?? null
    return {
      connectionId,
      connection,
      upstreamModel,
      tier: candidate.options.tier,
      place: place < 0 ? null : place + 1,
      passedOver: why,
      why: why
        ? passedOverInWords(why, candidate, load ?? idle)
        : chosenInWords(route, candidate, load, { place, lastResort }),
    }
  })

const chosenInWords = (
  route: ModelRoute,
  { options }: Candidate,
  load: CandidateLoad | null,
  { place, lastResort }: { place: number; lastResort: boolean },
): string => {
  if (lastResort) return 'Nobody else is well, so the one that may recover soonest is tried.'
  if (options.canaryPercent !== null) return `Drawn as a canary of ${options.canaryPercent} % of the calls.`
  if (place > 0) return `Stands in for those before it (tier ${options.tier}).`
  if (route.sticky !== 'none' && route.strategy !== 'ordered') return 'Calls that belong together stay with it.'
  return firstBecause(route.strategy, load)
}

const firstBecause = (strategy: RouteStrategy, load: CandidateLoad | null): string => {
  switch (strategy) {
    case 'ordered':
      return 'The first of the list that can serve.'
    case 'weighted':
      return 'Drawn by weight.'
    case 'round_robin':
      return 'It is its turn.'
    case 'least_busy':
      return `It answers the fewest calls now: ${load?.busy ?? 0}.`
    case 'lowest_latency':
      return load?.latencyMs == null
        ? 'Its latency is not known yet, so it is measured.'
        : `It answers soonest, after ${Math.round(load.latencyMs)} ms.`
    case 'lowest_cost':
      return 'It costs the least for such a call.'
  }
}

const passedOverInWords = (why: PassedOver, { options }: Candidate, { busy, recent }: CandidateLoad): string => {
  switch (why) {
    case 'disabled':
      return 'Its connection is disabled.'
    case 'unhealthy':
      return 'The health checks of its connection fail.'
    case 'context_length':
      return `The prompt is longer than the ${options.inputTokensMax} tokens it takes.`
    case 'parallel_limit':
      return `It answers ${busy} calls at once, which is its limit.`
    case 'rate_limit':
      return `It had ${recent} calls within a minute, which is its limit.`
    case 'canary':
      return `A canary of ${options.canaryPercent} %, not drawn for this call.`
    case 'cooling':
      return 'Its provider limits the rate; it is left alone until the wait is over.'
    case 'breaker_open':
      return 'It failed too often in a row; it rests until it is tried again.'
    case 'credential':
      return 'Its provider refuses the credential or has no quota left.'
  }
}
