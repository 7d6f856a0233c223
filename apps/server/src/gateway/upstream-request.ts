/** The request a deployment gets: the caller's bytes, changed only where they must be, or a translation of them. */
import { hash } from 'node:crypto'
import type { Call } from './call.ts'
import { fitted, limitFields, type RequestScan, setFields, translateRequest, Untranslatable } from './dialects/index.ts'
import { type Form, withFields } from './media/index.ts'
import type { Deployment } from './plans.ts'
import { pathFor, spokenTo } from './providers/index.ts'
import { type Refusal, refusal } from './refusal.ts'
import { traceparentBelow } from './traced.ts'
import type { Target } from './upstream/index.ts'

export type UpstreamRequest = {
  path: string
  headers: string[]
  body: Buffer
  dropped: readonly string[]
  hideUsage: boolean
}

/** What is asked: that of the call, as long as it has not begun to be answered. */
export type Asked = Pick<Call, 'bytes' | 'scan'>

export const upstreamRequest = (
  call: Call,
  deployment: Deployment,
  { bytes, scan }: Asked = call,
): UpstreamRequest | Refusal => {
  const { target, upstreamModel } = deployment
  const { operation, dialect } = call
  const path = pathFor(target.provider, call, upstreamModel)
  if (path === null || bytes === null || scan === null)
    return refusal(
      'model.unsupported_operation',
      `Model '${call.model}' cannot do this: its provider has no ${operation}.`,
    )
  const spoken = spokenTo(target.provider, dialect)
  const same = spoken === dialect
  // a path with a query of its own has no room for the caller's
  const search = same && !path.includes('?') && !target.provider.refusesQueries ? call.search : ''
  const place = path.startsWith('//') ? path.slice(1) : target.basePath + path
  const head = { path: place + search, headers: headersFor(call, deployment) }
  if (call.form) return { ...head, ...formFor(call, call.form, deployment, head.headers) }
  if (same) return fitting(target, { ...head, ...edited(call, deployment, bytes, scan), dropped: [] })
  try {
    const { outputLimit } = call
    const asked =
      outputLimit === null
        ? scan.body
        : { ...scan.body, ...limitsIn(call, scan, { limit: outputLimit, otherwise: limitFieldOf(call) }) }
    const { body, dropped } = translateRequest({ caller: dialect, provider: spoken, operation }, asked, {
      model: upstreamModel,
      outputTokensMax: call.entry?.plan.model?.outputTokensMax ?? undefined,
      maxTokensField: target.provider.maxTokensField ?? 'max_tokens',
      reasoning: call.entry?.plan.model?.capabilities.includes('reasoning') ?? false,
    })
    return fitting(target, { ...head, body: Buffer.from(JSON.stringify(body)), dropped, hideUsage: false })
  } catch (error) {
    if (error instanceof Untranslatable) return refusal('input.invalid', error.message, error.param)
    throw error
  }
}

/** The caller hears what of the request its provider has no word for. */
export const tellDropped = (call: Call, { dropped }: UpstreamRequest): void => {
  call.droppedFields = call.unsaid.length > 0 ? [...call.unsaid, ...dropped] : dropped
}

/** A form goes out as it came, under the name the provider knows the model by. */
const formFor = (call: Call, form: Form, { upstreamModel }: Deployment, headers: readonly string[]) => ({
  body: call.scan?.model === upstreamModel ? form.bytes : withFields(form, { model: upstreamModel }),
  headers: headers.map((word, at) =>
    headers[at - 1] === 'content-type' && at % 2 === 1 ? (call.req.headers['content-type'] ?? word) : word,
  ),
  dropped: [],
  hideUsage: false,
})

const fitting = ({ provider }: Target, request: UpstreamRequest): UpstreamRequest => {
  if (provider.fit === undefined) return request
  const { body, dropped } = fitted(request.body, provider.fit)
  return { ...request, body, dropped: [...request.dropped, ...dropped] }
}

/** A stream of these says what it used only when asked. */
const dialectsThatAsk: ReadonlySet<string> = new Set(['openai', 'completions'])

/** Another name of the model, a lower limit and the wish for usage are spliced into the bytes; without any they go out as they came. */
const edited = (call: Call, deployment: Deployment, bytes: Buffer, scan: RequestScan) => {
  const hideUsage = call.stream && dialectsThatAsk.has(call.dialect) && call.operation === 'chat' && !scan.includeUsage
  const asks = hideUsage && deployment.target.provider.fit?.reportsUnasked !== true
  const renamed = scan.model !== deployment.upstreamModel
  const kept = call.dialect === 'responses' ? keptHere(scan.body) : null
  if (!asks && !renamed && call.outputLimit === null && kept === null) return { body: bytes, hideUsage }
  const fields: Record<string, string> = { ...kept }
  if (renamed) fields.model = deployment.upstreamModelJson
  if (call.outputLimit !== null) {
    const limits = limitsIn(call, scan, { limit: call.outputLimit, otherwise: limitFieldOf(call, deployment) })
    for (const word in limits) fields[word] = String(limits[word])
  }
  if (asks) {
    const asked = scan.streamOptions
    fields.stream_options =
      typeof asked === 'object' && asked !== null
        ? JSON.stringify({ ...asked, include_usage: true })
        : '{"include_usage":true}'
  }
  return { body: setFields(bytes, fields), hideUsage }
}

/** Answers are kept by the gateway, for whoever they belong to; a provider knows its own customer alone and keeps none. */
const keptHere = (body: RequestScan['body']): Record<string, string> => ({
  ...(body.store === false ? {} : { store: 'false' }),
  ...(body.previous_response_id == null ? {} : { previous_response_id: 'null' }),
})

const limitFieldOf = ({ dialect }: Call, deployment?: Deployment): string =>
  (dialect === 'openai' && deployment?.target.provider.maxTokensField) || (limitFields[dialect].at(-1) ?? 'max_tokens')

/** Every word for the limit that the request has, or the given one, so that no reader finds another. */
const limitsIn = (
  { dialect }: Call,
  scan: RequestScan,
  { limit, otherwise }: { limit: number; otherwise: string },
): Record<string, number> => {
  const words = limitFields[dialect].filter((field) => field in scan.body)
  return Object.fromEntries((words.length > 0 ? words : [otherwise]).map((word) => [word, limit]))
}

/** Callers of two accounts who choose the same key must not get each other's answers from a provider that knows it. */
const ofAccount = ({ account }: Call, key: string): string =>
  hash('sha256', `${account?.slice.account.id} ${key}`, 'base64url')

/** Most calls carry nothing that is forwarded: their headers are made once for a target, and frozen to be known again. */
const headersFor = (call: Call, { target }: Deployment): string[] => {
  const forwarded: string[] = []
  const { provider } = target
  const given = call.req.headers
  for (const name of provider.forwards) {
    const value = given[name]
    if (typeof value !== 'string') continue
    const told = toldBy[name]?.(call, value) ?? value
    if (told !== '') forwarded.push(name, told)
  }
  if (forwarded.length > 0) return withDefaults(target, forwarded)
  const known = plainHeaders.get(target)
  if (known) return known
  const fresh = withDefaults(target, forwarded)
  Object.freeze(fresh)
  plainHeaders.set(target, fresh)
  return fresh
}

/** What is not passed on as it came. */
const toldBy: Record<string, (call: Call, value: string) => string> = {
  'idempotency-key': ofAccount,
  // the provider's work is below the call, which is below the caller's
  traceparent: (call) => traceparentBelow(call) ?? '',
}

const plainHeaders = new WeakMap<Target, string[]>()

const withDefaults = ({ headers, provider }: Target, forwarded: readonly string[]): string[] => {
  const all = [...headers, ...forwarded]
  for (const name in provider.defaults)
    if (!forwarded.some((word, place) => place % 2 === 0 && word === name))
      all.push(name, provider.defaults[name] ?? '')
  return all
}
