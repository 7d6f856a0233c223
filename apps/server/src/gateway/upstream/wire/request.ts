import type { Dispatcher } from 'undici'
import type { WireConnection } from './connection.ts'
import { WireError } from './head.ts'

type Facts = Pick<WireRequest, 'handler' | 'firstByteMs' | 'idleMs' | 'body'> & { head: string }

const none = Buffer.alloc(0)

/**
 * One request, and the grip its maker has on it. It loses hold of its connection when it ends, so that a late word about
 * it never reaches the request that the connection serves next.
 */
export class WireRequest implements Dispatcher.DispatchController {
  readonly rawHeaders = null
  readonly rawTrailers = null
  readonly handler: Dispatcher.DispatchHandler
  readonly firstByteMs: number
  readonly idleMs: number
  /** Request line and headers, with the empty line. */
  head: string
  body: Buffer
  connection: WireConnection | null = null
  /** How often it was sent: a kept-alive socket may turn out to be closed only when it is used. */
  sent = 0
  paused = false
  aborted = false
  reason: Error | null = null

  constructor({ head, body, handler, firstByteMs, idleMs }: Facts) {
    this.head = head
    this.body = body
    this.handler = handler
    this.firstByteMs = firstByteMs
    this.idleMs = idleMs
  }

  /** Once the answer begins it is never sent again, and a large prompt need not live as long as its stream. */
  forgetBytes(): void {
    this.head = ''
    this.body = none
  }

  pause(): void {
    if (this.paused || !this.connection) return
    this.paused = true
    this.connection.stopReading()
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.connection?.startReading()
  }

  abort(reason: Error): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.connection?.fail(reason)
  }
}

/** Line breaks in a value would be further headers; anything beyond Latin-1 has no bytes here. */
const unsafe = /[^\t\x20-\x7e\x80-\xff]/

export const headOf = (
  method: string,
  path: string,
  host: string,
  headers: readonly unknown[],
  length: number,
): string => `${startOf(method, path, host, headers)}content-length: ${length}\r\n\r\n`

type Start = { method: string; path: string; host: string; text: string }
const starts = new WeakMap<readonly unknown[], Start>()

/** Everything but the length. Written once for headers that are frozen, which are those that come again. */
const startOf = (method: string, path: string, host: string, headers: readonly unknown[]): string => {
  if (!Object.isFrozen(headers)) return writtenStart(method, path, host, headers)
  const known = starts.get(headers)
  if (known && known.path === path && known.host === host && known.method === method) return known.text
  const text = writtenStart(method, path, host, headers)
  starts.set(headers, { method, path, host, text })
  return text
}

const writtenStart = (method: string, path: string, host: string, headers: readonly unknown[]): string => {
  let head = `${method} ${safe(path)} HTTP/1.1\r\nhost: ${host}\r\n`
  for (let i = 0; i + 1 < headers.length; i += 2) head += `${safe(headers[i])}: ${safe(headers[i + 1])}\r\n`
  return head
}

const safe = (value: unknown): string => {
  const text = String(value)
  if (unsafe.test(text)) throw new WireError('HPE_INVALID_HEADER_TOKEN', 'A header holds what no header may.')
  return text
}
