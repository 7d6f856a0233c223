/** How callers of Gemini's API are told that something went wrong: in the shape of Google's errors. */
import type { Words } from '../dialect.ts'
import { errorHeaders, type GatewayError, readUpstreamError } from '../errors.ts'
import { asRecord, isRecord, type Json, parseJson, present } from '../json.ts'
import { encodeData } from '../sse.ts'

const wordOfStatus: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/** Google's clients show the message and the status; what is stable stands in the reason of the first detail. */
const errorOf = (error: GatewayError): Json => {
  const { type: scopeType, id, name } = error.scope ?? {}
  const metadata = present({
    request_id: error.requestId,
    field: error.param,
    scope: scopeType === undefined ? undefined : `${scopeType} ${id} ${name}`,
    renews_at: error.renewsAt,
  })
  const reason = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: error.code,
    domain: 'cockpit',
    metadata,
  }
  const wait =
    error.retryAfterSeconds === undefined
      ? []
      : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${Math.ceil(error.retryAfterSeconds)}s` }]
  return {
    error: {
      code: error.status,
      message: error.message,
      status: wordOfStatus[error.status] ?? (error.status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT'),
      details: [reason, ...wait],
    },
  }
}

export const gemini: Words = {
  id: 'gemini',
  requestIdHeader: 'x-request-id',
  doneBytes: '',
  errorBody: (error) => ({
    status: error.status,
    headers: { ...errorHeaders(error), 'x-request-id': error.requestId },
    body: JSON.stringify(errorOf(error)),
  }),
  errorEvent: (error) => encodeData(JSON.stringify(errorOf(error))),
}

const isGoogles = (body: unknown): boolean => {
  const error = asRecord(asRecord(body).error)
  return typeof error.code === 'number' && typeof error.status === 'string'
}

/** A failure in whatever shape a provider gave it, in Google's; the same text where it has that already. */
export const errorInGoogles = (status: number, text: string, requestId: string): string => {
  const parsed = parseJson(text)
  if (isRecord(parsed) && isGoogles(parsed)) return text
  const { message, code, param, retryable } = readUpstreamError(status, text)
  const error = { code: code ?? 'upstream.rejected', status, message, requestId, retryable }
  return JSON.stringify(errorOf(param === undefined ? error : { ...error, param }))
}
