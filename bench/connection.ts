/** One keep-alive HTTP/1.1 connection on a raw socket that reads answers with as little work as it can. */
import { connect, type Socket } from 'node:net'

export type Exchange = {
  status: number
  /** Bytes of the decoded body. */
  bytes: number
  /** Blank lines in the body: complete events of a stream. */
  events: number
  /** Whether the body ends with `data: [DONE]`. */
  done: boolean
  /** When the first byte of the body came, by the clock of performance.now(). */
  firstByteAt: number
  /** The whole body of an answer that is no stream, else empty. */
  body: string
}

const HEAD_END = Buffer.from('\r\n\r\n')
const BLANK = Buffer.from('\n\n')
const DONE = Buffer.from('data: [DONE]\n\n')
const LF = 10

export class Connection {
  readonly #port: number
  #socket: Socket | null = null
  #resolve: ((exchange: Exchange) => void) | null = null
  #reject: ((error: Error) => void) | null = null
  #exchange: Exchange = fresh()
  #rest: Buffer | null = null
  #inBody = false
  #chunked = false
  /** Bytes left of the body, or of the current chunk. */
  #left = 0
  #tail: Buffer = Buffer.alloc(0)
  #pieces: Buffer[] = []

  constructor(port: number) {
    this.#port = port
  }

  ask(request: Buffer): Promise<Exchange> {
    const socket = this.#socket ?? this.#open()
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      socket.write(request)
    })
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    this.#socket = socket
    const lost = (error?: Error) => {
      if (this.#socket !== socket) return
      this.#socket = null
      this.#reset()
      this.#reject?.(error ?? new Error('the connection closed before the answer was complete'))
      this.#reject = this.#resolve = null
    }
    socket.on('data', (piece: Buffer) => {
      try {
        this.#read(this.#rest ? Buffer.concat([this.#rest, piece]) : piece)
      } catch (error) {
        lost(error as Error)
        socket.destroy()
      }
    })
    socket.on('error', lost)
    socket.on('close', () => lost())
    return socket
  }

  #read(bytes: Buffer): void {
    this.#rest = null
    let at = 0
    if (!this.#inBody) {
      const end = bytes.indexOf(HEAD_END)
      if (end < 0) {
        this.#rest = bytes
        return
      }
      this.#readHead(bytes.toString('latin1', 0, end))
      at = end + 4
    }
    if (this.#chunked) this.#readChunks(bytes, at)
    else this.#readSized(bytes, at)
  }

  #readHead(head: string): void {
    this.#exchange = fresh()
    this.#exchange.status = Number(head.slice(9, 12))
    this.#chunked = /\r\ntransfer-encoding: *chunked/i.test(head)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    if (!this.#chunked && length === undefined) throw new Error(`an answer without length: ${head.slice(0, 200)}`)
    this.#left = Number(length ?? 0)
    this.#inBody = true
  }

  #readSized(bytes: Buffer, from: number): void {
    const piece = bytes.subarray(from, from + this.#left)
    this.#left -= piece.length
    if (piece.length > 0) this.#take(piece)
    if (this.#left === 0) this.#finish()
  }

  #readChunks(bytes: Buffer, from: number): void {
    let at = from
    while (at < bytes.length) {
      if (this.#left === 0) {
        const end = bytes.indexOf(LF, at)
        const size = end < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, end), 16)
        // the size line and, of the last chunk, the empty line after it must be complete
        if (end < 0 || (size === 0 && bytes.length < end + 3)) break
        if (Number.isNaN(size)) throw new Error(`a chunk without size: ${bytes.toString('latin1', at, end)}`)
        if (size === 0) {
          this.#finish()
          return
        }
        this.#left = size + 2
        at = end + 1
      }
      const piece = bytes.subarray(at, at + this.#left)
      // a chunk ends with a line end that is not part of the body
      const data = piece.subarray(0, Math.max(0, Math.min(piece.length, this.#left - 2)))
      if (data.length > 0) this.#take(data)
      this.#left -= piece.length
      at += piece.length
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : null
  }

  #take(piece: Buffer): void {
    const exchange = this.#exchange
    if (exchange.bytes === 0) exchange.firstByteAt = performance.now()
    exchange.bytes += piece.length
    if (this.#tail.at(-1) === LF && piece[0] === LF) exchange.events++
    for (let at = piece.indexOf(BLANK); at >= 0; at = piece.indexOf(BLANK, at + 2)) exchange.events++
    this.#tail =
      piece.length >= DONE.length
        ? piece.subarray(-DONE.length)
        : Buffer.concat([this.#tail, piece]).subarray(-DONE.length)
    if (exchange.events === 0) this.#pieces.push(piece)
  }

  #finish(): void {
    const exchange = this.#exchange
    exchange.done = this.#tail.equals(DONE)
    if (exchange.events === 0) exchange.body = Buffer.concat(this.#pieces).toString('latin1')
    const resolve = this.#resolve
    this.#reset()
    this.#resolve = this.#reject = null
    resolve?.(exchange)
  }

  #reset(): void {
    this.#inBody = false
    this.#chunked = false
    this.#left = 0
    this.#rest = null
    this.#tail = Buffer.alloc(0)
    this.#pieces = []
  }
}

function fresh(): Exchange {
  return { status: 0, bytes: 0, events: 0, done: false, firstByteAt: 0, body: '' }
}
