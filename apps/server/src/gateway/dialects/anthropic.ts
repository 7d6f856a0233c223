/** The Anthropic dialect: how its answers end, and how it says that something went wrong. */
import { type ErrorAnswer, errorHeaders, type GatewayError } from './errors.ts'
import { present } from './json.ts'
import { encodeEvent } from './sse.ts'

const typeOfStatus: Record<number, string> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

const errorOf = (error: GatewayError) => ({
  type: 'error',
  error: {
    type: error.type ?? typeOfStatus[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error'),
    message: error.message,
    // the SDK offers `error.details.error_code` as the stable code
    details: present({
      error_code: error.code,
      param: error.param,
      scope: error.scope,
      renews_at: error.renewsAt,
    }),
  },
  request_id: error.requestId,
})

export const anthropic = {
  id: 'anthropic',
  requestIdHeader: 'request-id',
  /** Its streams end with `message_stop`, nothing comes after. */
  doneBytes: '',
  errorBody: (error: GatewayError): ErrorAnswer => ({
    status: error.status,
    headers: { ...errorHeaders(error), 'request-id': error.requestId },
    body: JSON.stringify(errorOf(error)),
  }),
  errorEvent: (error: GatewayError): string => encodeEvent('error', JSON.stringify(errorOf(error))),
} as const
