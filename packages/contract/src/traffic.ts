/** What passes through the gateways at this moment. */
import { z } from 'zod'
import { routes, timestamp } from './kit.ts'

/** Seconds that a gateway sums up before it begins anew. */
export const trafficStepSeconds = 5
/** Of models, connections, keys and accounts a gateway names so many each; what the others did stands under `*`. */
export const trafficNamesMax = 40
export const trafficRest = '*'
/** Whose rows hold the sums of all accounts. */
export const trafficOfAll = 'platform'

const count = z.number().int().min(0)
const Sketch = z.record(z.string(), count).describe('Calls by bucket of time')

export const TrafficSums = z.object({
  requests: count,
  errors: count,
  inputTokens: count,
  outputTokens: count,
  creditMicros: count,
  durations: Sketch,
  firstBytes: Sketch,
})
export type TrafficSums = z.infer<typeof TrafficSums>

const byName = z.record(z.string(), TrafficSums)

/** What one gateway process counted of one account, or of all, in a few seconds. */
export const TrafficBody = z.object({
  all: TrafficSums,
  models: byName,
  connections: byName,
  keys: byName,
  accounts: byName,
  reasons: z.record(z.string(), count).describe('Calls that were refused or failed, by code'),
})
export type TrafficBody = z.infer<typeof TrafficBody>

const milliseconds = z.number().nullable().describe('Milliseconds, within a twentieth; null where no call ended')
const latency = { p50Ms: milliseconds, p95Ms: milliseconds, ttftP50Ms: milliseconds, ttftP95Ms: milliseconds }
const sums = {
  requests: count,
  errors: count.describe('Failed or refused'),
  inputTokens: count,
  outputTokens: count,
  credits: z.number(),
}

export const TrafficPoint = z
  .object({ at: timestamp, seconds: z.number().describe('Of it that have passed'), ...sums, ...latency })
  .meta({ id: 'TrafficPoint' })
export type TrafficPoint = z.infer<typeof TrafficPoint>

export const TrafficPart = z
  .object({ id: z.string().describe('Empty for what has none'), name: z.string(), ...sums, ...latency })
  .meta({ id: 'TrafficPart' })
export type TrafficPart = z.infer<typeof TrafficPart>

export const TrafficBy = z.enum(['model', 'connection', 'key', 'account'])
export type TrafficBy = z.infer<typeof TrafficBy>

export const TrafficPicture = z
  .object({
    at: timestamp,
    minutes: count,
    stepSeconds: count,
    now: z
      .object({
        requestsPerSecond: z.number(),
        errorsPerSecond: z.number(),
        tokensPerSecond: z.number(),
        creditsPerMinute: z.number(),
        ...latency,
      })
      .describe('Rates of the last 10 to 15 seconds, times of the last minute'),
    openStreams: count,
    points: z.array(TrafficPoint).describe('All of the range at first; later those that may have changed'),
    by: TrafficBy,
    parts: z.array(TrafficPart).describe('Of the whole range, the busiest first'),
    reasons: z.array(z.object({ code: z.string(), count })).describe('Why calls were refused or failed, of the range'),
  })
  .meta({ id: 'TrafficPicture' })
export type TrafficPicture = z.infer<typeof TrafficPicture>

export const trafficMinutes = ['5', '15', '60'] as const

export const trafficRoutes = routes({
  live: {
    method: 'GET',
    path: '/v1/usage/traffic',
    tag: 'Usage',
    permission: 'usage.read',
    scope: 'any',
    stream: true,
    summary: 'Follow the traffic through the gateways, second by second',
    description: 'From the counters of the gateways, at most two seconds behind. Only a super admin sees `by=account`.',
    query: z.object({
      minutes: z.enum(trafficMinutes).default('15'),
      by: TrafficBy.default('model'),
    }),
    returns: TrafficPicture,
  },
})
