import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { outboxBytes, outboxRoom, sendOutbox } from '../outbox.ts'
import type { CallResponse } from './exchange.ts'

type Owner = {
  keepAlive: boolean
  /** The line of the date header for now. */
  date(): string
  /** The answer is complete. */
  onEnd(): void
}

const lastChunk = '0\r\n\r\n'

/** One answer on a connection of the lane: the head goes out together with the first bytes of the body. */
export class LaneResponse implements CallResponse {
  headersSent = false
  ended = false
  readonly #socket: Socket
  readonly #owner: Owner
  #head = ''
  #chunked = false
  #closed: () => void = nothing

  constructor(socket: Socket, owner: Owner) {
    this.#socket = socket
    this.#owner = owner
  }

  get destroyed(): boolean {
    return this.#socket.destroyed
  }

  writeHead(status: number, headers: readonly string[]): void {
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
    this.#chunked = true
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = headers[i] ?? ''
      const value = headers[i + 1] ?? ''
      if (!isSafe(value)) throw new TypeError(`Header ${name} holds what no header may.`)
      if (name === 'content-length') this.#chunked = false
      else if (name === 'connection') {
        this.#owner.keepAlive = value !== 'close'
        continue
      }
      head += `${name}: ${value}\r\n`
    }
    head += this.#owner.date()
    head += this.#owner.keepAlive ? keptAlive : closing
    this.#head = this.#chunked ? `${head}transfer-encoding: chunked\r\n\r\n` : `${head}\r\n`
    this.headersSent = true
  }

  write(bytes: Buffer | string): boolean {
    if (this.ended || this.destroyed) return true
    return this.#send(bytes, '')
  }

  end(bytes: Buffer | string = ''): void {
    if (this.ended) return
    this.ended = true
    this.#closed = nothing
    if (!this.destroyed) this.#send(bytes, this.#chunked ? lastChunk : '')
    this.#owner.onEnd()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  on(_event: 'close', closed: () => void): void {
    this.#closed = closed
  }

  once(event: 'drain', drained: () => void): void {
    this.#socket.once(event, drained)
  }

  /** The socket is gone before the answer was complete. */
  close(): void {
    const closed = this.#closed
    this.#closed = nothing
    closed()
  }

  /** Head, frame and bytes in one buffer: one system call, and copying a few kilobytes costs less than a second one. */
  #send(bytes: Buffer | string, after: string): boolean {
    const length = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
    const framed = this.#chunked && length > 0
    const before = framed ? `${this.#head}${length.toString(16)}\r\n` : this.#head
    const behind = framed ? `\r\n${after}` : after
    this.#head = ''
    if (before.length + length + behind.length > outboxBytes) return this.#sendInParts(before, bytes, behind)
    const room = outboxRoom()
    let end = before === '' ? 0 : room.write(before, 0, 'latin1')
    end += typeof bytes === 'string' ? room.write(bytes, end) : bytes.copy(room, end)
    if (behind !== '') end += room.write(behind, end, 'latin1')
    return end === 0 || sendOutbox(this.#socket, end)
  }

  #sendInParts(before: string, bytes: Buffer | string, behind: string): boolean {
    this.#socket.cork()
    if (before !== '') this.#socket.write(before, 'latin1')
    const room = this.#socket.write(bytes)
    if (behind !== '') this.#socket.write(behind, 'latin1')
    this.#socket.uncork()
    return room
  }
}

/**
 * Line breaks in a value would be further headers; anything beyond Latin-1 has no bytes here. A loop, because most values
 * have a dozen characters, and to begin a regular expression costs more.
 */
const isSafe = (value: string): boolean => {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code < SPACE ? code !== TAB : code === DELETE || code > LATIN1_LAST) return false
  }
  return true
}
const TAB = 9
const SPACE = 0x20
const DELETE = 0x7f
const LATIN1_LAST = 0xff

const keptAlive = 'connection: keep-alive\r\nkeep-alive: timeout=75\r\n'
const closing = 'connection: close\r\n'
const nothing = () => {}
