/** How streams end, well and badly. */
import type { DialectId, SseEvent, UpstreamError } from './dialects/index.ts'
import type { Failure } from './upstream/index.ts'

export const isLast = (dialect: DialectId, { event, data }: SseEvent): boolean =>
  dialect === 'openai' ? data === '[DONE]' : event === 'message_stop'

const streamFailed = 'upstream.stream_failed'

export const brokenBy = (error: UpstreamError) => ({ code: streamFailed, message: error.message })

export const streamFailure = (message: string): Failure => ({
  code: streamFailed,
  status: 502,
  message,
  retryable: true,
  elsewhere: true,
  credentialDead: false,
  retryAfterMs: null,
  answer: null,
})

/** Some providers say 200 and then that they cannot: nothing has reached the caller, so another attempt is free. */
export const failureInStream = (error: UpstreamError): Failure => ({
  ...streamFailure(error.message),
  status: error.status,
  retryable: error.retryable,
  elsewhere: error.retryable || error.exhausted,
  credentialDead: error.exhausted || error.status === 401 || error.status === 403,
})
