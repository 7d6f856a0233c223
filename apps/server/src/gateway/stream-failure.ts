/** How streams end, well and badly. */
import { streamErrorCode, type UpstreamError } from './dialects/index.ts'
import { type Failure, isCredentialDead } from './upstream/index.ts'

export const brokenBy = (error: UpstreamError) => ({ code: streamErrorCode, message: error.message })

export const streamFailure = (message: string): Failure => ({
  code: streamErrorCode,
  status: 502,
  message,
  retryable: true,
  elsewhere: true,
  credentialDead: false,
  retryAfterMs: null,
  answer: null,
})

/** Some providers say 200 and then that they cannot: nothing has reached the caller, so another attempt is free. */
export const failureInStream = (said: UpstreamError, told: UpstreamError): Failure => {
  const credentialDead = isCredentialDead(said)
  return {
    ...streamFailure(told.message),
    status: said.status,
    retryable: said.retryable,
    elsewhere: said.retryable || credentialDead,
    credentialDead,
  }
}

/** What is said when the rest of a stream does not come: a connection that broke after the first event is no connection that never was. */
export const brokenIn = ({ code, message }: Failure): { code: string; message: string } => ({
  code: code === 'upstream.unreachable' ? streamErrorCode : code,
  message,
})
