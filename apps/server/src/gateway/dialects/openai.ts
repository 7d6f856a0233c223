/** The OpenAI dialect: how its answers end, and how it says that something went wrong. */
import { type ErrorAnswer, errorHeaders, type GatewayError } from './errors.ts'
import { present } from './json.ts'
import { encodeData } from './sse.ts'

const typeOfStatus: Record<number, string> = {
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  429: 'rate_limit_error',
}

const errorOf = (error: GatewayError) => ({
  error: present({
    message: error.message,
    type: error.type ?? typeOfStatus[error.status] ?? (error.status >= 500 ? 'server_error' : 'invalid_request_error'),
    param: error.param ?? null,
    code: error.code,
    request_id: error.requestId,
    scope: error.scope,
    renews_at: error.renewsAt,
  }),
})

export const openai = {
  id: 'openai',
  requestIdHeader: 'x-request-id',
  doneBytes: encodeData('[DONE]'),
  errorBody: (error: GatewayError): ErrorAnswer => ({
    status: error.status,
    headers: { ...errorHeaders(error), 'x-request-id': error.requestId },
    body: JSON.stringify(errorOf(error)),
  }),
  /** After the headers are gone: a payload with `error` makes the SDK raise; no `[DONE]` follows. */
  errorEvent: (error: GatewayError): string => encodeData(JSON.stringify(errorOf(error))),
} as const
