/** Writing to the caller: one head and one end for an answer, errors in the dialect of the address that was called. */
import type { Call } from './call.ts'
import { capHeaders } from './caps/index.ts'
import { verdictsOf } from './guards/index.ts'
import { addRateHeaders } from './rate-headers.ts'
import type { Refusal } from './refusal.ts'

const jsonType = 'application/json; charset=utf-8'

/** Headers of every answer: the trace id by the name the caller's SDK reads, and the caller's own quota. */
export const headersOf = (call: Call, contentType: string): string[] => {
  const headers = ['content-type', contentType, 'x-request-id', call.id]
  if (call.dialect === 'anthropic') headers.push('request-id', call.id)
  if (call.upstreamRequestId !== null) headers.push('x-upstream-request-id', call.upstreamRequestId)
  if (call.droppedFields.length > 0) headers.push('x-dropped-fields', call.droppedFields.map(headerWord).join(', '))
  addQuota(headers, call)
  if (call.capFigures.length > 0) headers.push(...capHeaders(call.capFigures))
  if (call.inspections !== null) headers.push(...flagsOf(call))
  if (call.cacheHeaders.length > 0) headers.push(...call.cacheHeaders)
  return headers
}

/** Callers name fields as they like, headers are plainer. */
const headerWord = (field: string): string => field.replace(/[^\x21-\x7e]/g, '?').slice(0, 60)

/** The guardrails that have something to say and let it pass. */
const flagsOf = (call: Call): string[] => {
  const flagged = verdictsOf(call).flatMap(({ action, guardrailId }) => (action === 'flag' ? [guardrailId] : []))
  return flagged.length === 0 ? [] : ['x-guardrail-flagged', [...new Set(flagged)].join(', ')]
}

const addQuota = (headers: string[], { dialect, rates, holder }: Call): void => {
  if (rates !== null) addRateHeaders(headers, dialect, rates, holder && 'hash' in holder ? 'key' : 'user', Date.now)
}

export const sendBody = (call: Call, status: number, contentType: string, body: Buffer | string): void => {
  const { res } = call
  if (res.destroyed) return
  const headers = headersOf(call, contentType)
  headers.push('content-length', String(Buffer.byteLength(body)))
  res.writeHead(status, headers)
  res.end(body)
}

export const sendJson = (call: Call, status: number, value: unknown): void =>
  sendBody(call, status, jsonType, JSON.stringify(value))

/** Says no. In a stream that has begun, an error event is all that is left to say it with. */
export const sendRefusal = (call: Call, refusal: Refusal, more: readonly string[] = []): void => {
  const { res } = call
  if (res.destroyed) return
  const error = { ...refusal, requestId: call.id }
  if (res.headersSent) {
    res.end(call.words.errorEvent({ ...error, sequence: call.sequence }))
    return
  }
  const { status, headers, body } = call.words.errorBody(error)
  const flat: string[] = [...more]
  for (const name in headers) flat.push(name, headers[name] ?? '')
  if (headers['x-request-id'] === undefined) flat.push('x-request-id', call.id)
  if (call.upstreamRequestId !== null) flat.push('x-upstream-request-id', call.upstreamRequestId)
  flat.push(...capHeaders(call.capFigures))
  addQuota(flat, call)
  flat.push('content-length', String(Buffer.byteLength(body)))
  if (call.req.complete) {
    res.writeHead(status, flat)
    res.end(body)
    return
  }
  // the rest of the body is still under way: closing now would reset the connection before the answer is read
  flat.push('connection', 'close')
  res.writeHead(status, flat)
  res.write(body)
  const end = () => {
    clearTimeout(timer)
    res.end()
  }
  const timer = setTimeout(end, lingerMs)
  call.req.once('end', end)
  call.req.resume()
}

const lingerMs = 1_000
