import { spanIdOf, traceContextOf } from '@cockpit/contract/trace-context'
import type { Call } from './call.ts'

/** The trace context a caller sent; null without one, or for what is none. */
export const traceparentOf = ({ req }: Call): string | null => {
  const { traceparent } = req.headers
  return typeof traceparent === 'string' && traceContextOf(traceparent) ? traceparent : null
}

/** The same trace with the call in its place: what the provider does is below it. */
export const traceparentBelow = (call: Call): string | null => {
  const known = traceContextOf(traceparentOf(call))
  return known && `00-${known.traceId}-${spanIdOf(call.id)}-${known.flags}`
}
