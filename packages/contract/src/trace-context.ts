/** W3C trace context: which trace a caller's request is part of, and how the span of a call in it is named. */

const written = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

export type TraceContext = { traceId: string; parentSpanId: string; flags: string }

/** Null for what is no context, or one of a version that is not known. */
export const traceContextOf = (header: string | null | undefined): TraceContext | null => {
  const [, traceId, parentSpanId, flags] = written.exec(header ?? '') ?? []
  return traceId && parentSpanId && flags ? { traceId, parentSpanId, flags } : null
}

const offset = 0xcbf2_9ce4_8422_2325n
const prime = 0x100_0000_01b3n

/** One name for the span of a request, wherever it is told: 64 bits of FNV-1a over its id. */
export const spanIdOf = (requestId: string): string => {
  let hash = offset
  for (let at = 0; at < requestId.length; at++)
    hash = BigInt.asUintN(64, (hash ^ BigInt(requestId.charCodeAt(at))) * prime)
  // a span without a name is none
  return (hash || 1n).toString(16).padStart(16, '0')
}
