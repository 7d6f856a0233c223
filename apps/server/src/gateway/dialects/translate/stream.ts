/** What both stream translators share: their face towards the gateway, and how a provider's failure ends a stream. */

import type { DialectId } from '../dialect.ts'
import { type GatewayError, gatewayErrorFrom, readUpstreamError, type UpstreamError } from '../errors.ts'
import type { SseEvent } from '../sse.ts'

export type StreamTranslator = {
  /** What to send for one event of the provider; often nothing, sometimes several events. */
  push(event: Pick<SseEvent, 'event' | 'data'>): string
  /** The provider closed the connection. Finishes what is complete, and says so when it is not. */
  end(): string
  /** `open` until the answer is complete or has failed. */
  state(): 'open' | 'done' | 'failed'
  /** What failed, for the log. */
  failure(): UpstreamError | undefined
  /** The number of the next event, in dialects that number theirs. */
  sequence?(): number
}

export type StreamTelling = {
  requestId?: string
  /** What of a provider's failure may be passed on; all of it when absent. */
  tell?: (error: UpstreamError) => UpstreamError
}

export type StreamErrors = {
  from: DialectId
  to: DialectId
  requestId: string
  sequence?: number
  encode: (error: GatewayError) => string
}

/** Code of a failure that came in the middle of a provider's stream. */
export const streamErrorCode = 'upstream.stream_failed'

export const encodeStreamError = (
  error: UpstreamError,
  { from, to, requestId, sequence, encode }: StreamErrors,
): string =>
  encode({
    ...gatewayErrorFrom(error, { from, to }, { requestId, code: streamErrorCode }),
    ...(sequence !== undefined && { sequence }),
  })

const failed = (message: string): UpstreamError => readUpstreamError(502, JSON.stringify({ message }))

export const garbled = (): UpstreamError => failed('The provider sent something in its stream that is not JSON.')

export const cutShort = (): UpstreamError => failed('The provider ended the stream before the answer was complete.')
