/** Failures in the caller's own dialect: those the gateway makes and those a provider sends, in whatever shape. */

import type { DialectId } from './dialect.ts'
import { googleDetails, googleStatus } from './errors-google.ts'
import { asList, asRecord, asText, filled, isRecord, parseJson, records } from './json.ts'

/** What the gateway has to say about a call that did not work. `code` is stable, `message` is for a person. */
export type GatewayError = {
  code: string
  status: number
  message: string
  /** The dialect's own type, when a provider named one; else it follows from the status. */
  type?: string
  param?: string
  requestId: string
  retryable: boolean
  retryAfterSeconds?: number
  scope?: { type: string; id: string; name: string }
  /** When the budget or limit that blocked renews, ISO 8601. */
  renewsAt?: string
  /** Its place in a stream, for dialects that number their events. */
  sequence?: number
}

export type ErrorAnswer = { status: number; headers: Record<string, string>; body: string }

/** SDKs sleep as long as `retry-after` says, one of them without any cap, so a long wait must not be advertised. */
export const retryAfterSecondsMax = 60

export function errorHeaders(error: GatewayError): Record<string, string> {
  const wait = error.retryAfterSeconds ?? 0
  const retry = error.retryable && wait <= retryAfterSecondsMax
  return {
    'content-type': 'application/json; charset=utf-8',
    'x-should-retry': String(retry),
    ...(retry && wait > 0 ? { 'retry-after': String(Math.ceil(wait)) } : {}),
  }
}

/** A provider's failure, understood: enough to decide about retries and to tell the caller in either dialect. */
export type UpstreamError = {
  status: number
  message: string
  type: string | undefined
  code: string | undefined
  param: string | undefined
  /** Worth another attempt on the same credential. */
  retryable: boolean
  /** The provider's account has no money or quota left: another credential may work, this one will not. */
  exhausted: boolean
  /** How long to wait, where the body says so and no header does. */
  retryAfterMs?: number
}

/** Reads an error body of any dialect, and of none: web pages, plain text and nothing at all. */
export function readUpstreamError(status: number, body: Buffer | string): UpstreamError {
  const text = typeof body === 'string' ? body : body.toString('utf8')
  const parsed = parseJson(text)
  const first = Array.isArray(parsed) ? parsed[0] : parsed
  return understood(status, isRecord(first) ? first : {}, text)
}

function understood(status: number, body: Record<string, unknown>, text: string): UpstreamError {
  const error = asRecord(body.error)
  const type = filled(error.type) ?? googleStatus(error) ?? filled(body.type)
  const google = googleDetails(error)
  const code = filled(error.code) ?? filled(asRecord(error.details).error_code) ?? filled(body.code)
  const wrong = wrongField(body)
  const said = filled(error.message) ?? filled(body.error) ?? filled(body.message) ?? filled(body.detail) ?? wrong?.said
  const exhausted =
    google.spent ||
    status === 402 ||
    [type, code].some((word) => word === 'insufficient_quota' || word === 'billing_error')
  return {
    status: google.refusesKey ? 401 : status,
    message: said ?? describe(status, text),
    type,
    code,
    param: asText(error.param) ?? wrong?.param,
    retryable: !exhausted && (status === 408 || status === 409 || status === 429 || status >= 500),
    exhausted,
    ...(google.retryAfterMs !== undefined && { retryAfterMs: google.retryAfterMs }),
  }
}

/** Servers made with FastAPI list what is wrong in `detail`, and some wrap that list in their `message`. */
function wrongField(body: Record<string, unknown>): { said: string; param: string } | undefined {
  const message = asRecord(body.message)
  const [first] = records(body.detail ?? message.detail ?? body.message)
  const said = filled(first?.msg)
  const path = asList(first?.loc).filter((step) => step !== 'body')
  return said === undefined ? undefined : { said: `${path.join('.')}: ${said}`, param: path.join('.') }
}

function describe(status: number, text: string): string {
  if (text.trim() === '') return `The provider answered ${status} with an empty body.`
  if (!/^\s*</.test(text)) return `The provider answered ${status}: ${text.trim().slice(0, 300)}`
  const title = /<title[^>]*>([^<]{1,200})<\/title>/i.exec(text)?.[1]?.trim()
  return `The provider answered ${status} with a web page instead of a message${title ? ` (${title})` : ''}.`
}

const statusOfType: Record<string, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  insufficient_quota: 429,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  timeout_error: 504,
  api_error: 500,
  server_error: 500,
  overloaded_error: 529,
}

/** An error inside a stream that began well; undefined when the event is none. */
export function readStreamError(event: string | undefined, data: string): UpstreamError | undefined {
  if (event !== 'error' && !data.includes('"error"')) return undefined
  const body = asRecord(parseJson(data))
  if (event !== 'error' && (body.error === undefined || body.error === null)) return undefined
  const error = asRecord(body.error)
  const named = typeof error.code === 'number' && error.code >= 400 && error.code < 600 ? error.code : undefined
  return understood(named ?? statusOfType[asText(error.type) ?? ''] ?? 502, body, data)
}

/** Google's own words come from where Claude runs at Google, and no client of Anthropic's knows them. */
const keepsType = (type: string, { from, to }: { from: DialectId; to: DialectId }): boolean =>
  from === to && (to !== 'anthropic' || type !== type.toUpperCase())

/** Within one dialect the provider's own type stays; across dialects the type follows from the status. */
export function gatewayErrorFrom(
  error: UpstreamError,
  dialects: { from: DialectId; to: DialectId },
  call: { requestId: string; code: string; retryAfterSeconds?: number },
): GatewayError {
  return {
    code: call.code,
    status: dialects.to !== 'anthropic' && error.status === 529 ? 503 : error.status,
    message: error.message,
    requestId: call.requestId,
    retryable: error.retryable,
    ...(error.type !== undefined && keepsType(error.type, dialects) ? { type: error.type } : {}),
    ...(error.param !== undefined ? { param: error.param } : {}),
    ...(call.retryAfterSeconds !== undefined ? { retryAfterSeconds: call.retryAfterSeconds } : {}),
  }
}
