/** Ways in which providers fail, as replies. */
import { type Answer, answer, type Delivery } from './answer.ts'
import type { Refusal, Reply, Silence, Verbatim } from './script.ts'

type Headers = Record<string, string>

export const refusal = (
  status: number,
  message: string,
  code: string | null = null,
  headers: Headers = {},
): Refusal => ({
  kind: 'refusal',
  status,
  message,
  code,
  headers,
})
export const verbatim = (status: number, body: string | Uint8Array, headers: Headers = {}): Verbatim => ({
  kind: 'verbatim',
  status,
  body,
  headers,
})

export const badRequest = (message = "Invalid value for 'temperature'.") => refusal(400, message, 'invalid_value')
export const unauthorized = () => refusal(401, 'Incorrect API key provided.', 'invalid_api_key')
export const paymentRequired = () => refusal(402, 'Your credit balance is too low.', 'billing_error')
export const forbidden = () => refusal(403, 'You are not allowed to use this model.', 'forbidden')
export const serverError = (status = 500) =>
  refusal(status, 'The server had an error while processing your request.', 'server_error')
export const overloaded = (headers: Headers = {}) =>
  refusal(503, 'The engine is currently overloaded.', 'overloaded', headers)
/** Spend limit reached: a 429 that no waiting cures. */
export const quotaExhausted = () => refusal(429, 'You exceeded your current quota.', 'insufficient_quota')

/** A 429 with the waits it announces; `retryAfter` in seconds or as an HTTP date. */
export function rateLimited(wait: { retryAfter?: number | string; retryAfterMs?: number } = {}): Refusal {
  return refusal(429, 'Rate limit reached.', 'rate_limit_exceeded', {
    ...(wait.retryAfter !== undefined && { 'retry-after': String(wait.retryAfter) }),
    ...(wait.retryAfterMs !== undefined && { 'retry-after-ms': String(wait.retryAfterMs) }),
  })
}

/** Accepts the request and never sends a byte. */
export const hang = (): Silence => ({ kind: 'silence', how: 'hang' })
/** Drops the connection before the first byte. */
export const reset = (): Silence => ({ kind: 'silence', how: 'reset' })

const ending = (text: string, delivery: Delivery): Answer => answer({ text, delivery })
export const hangMidStream = (text: string, afterEvents = 3) => ending(text, { afterEvents, ending: 'hang' })
export const resetMidStream = (text: string, afterEvents = 3) => ending(text, { afterEvents, ending: 'reset' })
export const cutMidStream = (text: string, afterEvents = 3) => ending(text, { afterEvents, ending: 'cut' })
export const errorMidStream = (text: string, afterEvents = 3, says: Pick<Delivery, 'says'> = {}) =>
  ending(text, { afterEvents, ending: 'error', ...says })
export const garbageMidStream = (text: string, afterEvents = 3, says: Pick<Delivery, 'says'> = {}) =>
  ending(text, { afterEvents, ending: 'garbage', ...says })

const JSON_TYPE = { 'content-type': 'application/json' }
export const garbage = () =>
  verbatim(
    200,
    Uint8Array.from({ length: 512 }, (_, at) => (at * 151) % 256),
    JSON_TYPE,
  )
export const htmlError = (status = 502) =>
  verbatim(status, `<html><head><title>${status}</title></head><body><h1>Bad gateway</h1></body></html>`, {
    'content-type': 'text/html',
  })
export const emptyBody = (status = 200) => verbatim(status, '', JSON_TYPE)
/** A complete HTTP answer whose JSON stops in the middle. */
export const truncatedJson = () =>
  verbatim(200, '{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"mess', JSON_TYPE)
/** An HTTP answer that ends before the length it announced. */
export const truncatedBody = (): Verbatim => ({ ...truncatedJson(), claimedLength: 4_096 })
/** A right answer that says it is plain text. */
export const wrongContentType = (text: string) => answer({ text, headers: { 'content-type': 'text/plain' } })
export const redirect = (to: string, status = 307) => verbatim(status, '', { location: to })

/** An answer that takes its time: `bytes` at once, every `everyMs`. */
export function slowDrip(text: string, pace: { bytes: number; everyMs: number }): Reply {
  return answer({ text, delivery: { cut: pace.bytes, gapMs: pace.everyMs } })
}
