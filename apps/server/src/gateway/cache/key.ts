/** The name of an answer: everything that decides it, and whose it is. */
import { hash } from 'node:crypto'
import type { SliceCacheRule } from '@cockpit/contract/snapshot'
import type { PlannedDeployment } from '@cockpit/policy'
import type { Call } from '../call.ts'
import { isRecord, type Json } from '../dialects/index.ts'
import type { PlanEntry } from '../plans.ts'

/** How an answer is sent and whom it is for changes nothing about it. */
const undeciding = new Set(['stream', 'stream_options', 'user', 'safety_identifier'])
/** Of headers that are passed on to a provider. */
const undecidingHeaders = new Set(['idempotency-key', 'traceparent', 'tracestate'])

export const isDeterministic = (call: Call): boolean =>
  call.operation === 'embeddings' || call.scan?.body.temperature === 0

/** `body`: in place of the call's own. */
export const answerKey = (call: Call, { id, generation, share }: SliceCacheRule, body?: Json): string | null => {
  const { account, holder, entry, scan } = call
  if (!account || !holder || !entry || !scan) return null
  const { plan } = entry
  const whose = {
    account: '',
    team: plan.owner.teamId ?? holder.id,
    user: `${plan.owner.userId ?? plan.owner.serviceAccountId} ${JSON.stringify(scan.user ?? '')}`,
    key: holder.id,
  }[share]
  const decides = [
    [account.slice.account.id, id, generation, share, whose],
    [call.dialect, call.operation, call.search, call.outputLimit],
    headersOf(entry, call),
    sorted(decidingOf(body ?? scan.body)),
  ]
  return hash('sha256', `${wayOf(entry)}${JSON.stringify(decides)}`, 'base64url')
}

const ways = new WeakMap<PlanEntry, string>()

/** Another provider or other guardrails would answer otherwise. The same for all calls of a plan. */
const wayOf = (entry: PlanEntry): string => {
  const known = ways.get(entry)
  if (known !== undefined) return known
  const { model, deployments, guardrails } = entry.plan
  const way = JSON.stringify([model?.id, deployments.map(placeOf), guardrails])
  ways.set(entry, way)
  return way
}

const placeOf = ({ connection, upstreamModel }: PlannedDeployment) => {
  const { id, kind, baseUrl, options } = connection
  return [id, kind, baseUrl, options, upstreamModel]
}

const decidingOf = (body: Json): Json => {
  const rest = Object.fromEntries(Object.entries(body).filter(([field]) => !undeciding.has(field)))
  if (isRecord(rest.metadata)) rest.metadata = { ...rest.metadata, user_id: undefined }
  return rest
}

const headersOf = (entry: PlanEntry, { req }: Call): [string, unknown][] => {
  const said: [string, unknown][] = []
  for (const name of decidingHeaders(entry)) if (req.headers[name] !== undefined) said.push([name, req.headers[name]])
  return said
}

const headerNames = new WeakMap<PlanEntry, readonly string[]>()

/** In one order. The same for all calls of a plan. */
const decidingHeaders = (entry: PlanEntry): readonly string[] => {
  const known = headerNames.get(entry)
  if (known !== undefined) return known
  const names = new Set(entry.deployments.flatMap(({ target }) => target.provider.forwards))
  const deciding = [...names].filter((name) => !undecidingHeaders.has(name)).sort()
  headerNames.set(entry, deciding)
  return deciding
}

/** In one order of fields, however the caller wrote them. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  // pairs, as a record would put fields named by numbers first and take `__proto__` for something else
  return {
    '': Object.entries(value)
      .sort(byName)
      .map(([field, inner]) => [field, sorted(inner)]),
  }
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)
