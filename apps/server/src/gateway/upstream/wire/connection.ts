import { connect, type LookupFunction, type Socket } from 'node:net'
import { outboxBytes, outboxRoom, sendOutbox } from '../../outbox.ts'
import { ChunkedDecoder } from './chunked.ts'
import { type Framing, type Head, HeadReader, WireError } from './head.ts'
import type { WireRequest } from './request.ts'

export type WireTarget = { host: string; port: number; connectMs: number; lookup: LookupFunction | undefined }

type Owner = {
  /** The answer is complete and the connection can take another request. */
  onFree(connection: WireConnection): void
  onClosed(connection: WireConnection): void
  /** A kept-alive connection was closed by its server before it answered: the request deserves another one. */
  onStale(request: WireRequest): void
}

const headBytesMax = 64 << 10
const headEnd = Buffer.from('\r\n\r\n')
const firstFinalStatus = 200
const switchingProtocols = 101

/**
 * Where every socket reads into. One buffer serves all, because a read is handed over before the next one begins; what is
 * to be kept is copied out.
 */
const readBuffer = Buffer.allocUnsafe(64 << 10)

/** One socket and the request it is serving. A class, because it lives through many of them. */
export class WireConnection {
  /** Milliseconds of the process clock; infinite while nothing is waited for. */
  deadlineAt: number
  /** When an idle connection is closed. */
  idleUntil = Number.POSITIVE_INFINITY
  readonly #socket: Socket
  readonly #owner: Owner
  readonly #heads = new HeadReader()
  #request: WireRequest | null = null
  #timeoutCode = 'UND_ERR_CONNECT_TIMEOUT'
  #connected = false
  #served = 0
  #answered = false
  #held: Buffer | null = null
  #head: Head | null = null
  #left = 0
  #chunks: ChunkedDecoder | null = null

  constructor(target: WireTarget, owner: Owner) {
    this.#owner = owner
    this.deadlineAt = performance.now() + target.connectMs
    const onRead = (length: number) => {
      this.#read(length)
      return this.#request?.paused !== true
    }
    this.#socket = connect({
      host: target.host,
      port: target.port,
      noDelay: true,
      ...(target.lookup ? { lookup: target.lookup } : {}),
      onread: { buffer: readBuffer, callback: onRead },
    })
    this.#socket.once('connect', () => this.#onConnected())
    this.#socket.once('end', () => this.#onEnd())
    this.#socket.once('error', (error) => this.fail(error))
    this.#socket.once('close', () => {
      this.#owner.onClosed(this)
      this.fail(closedEarly())
    })
  }

  /** What its server said about how long it keeps an idle connection. */
  get keepAliveMs(): number | null {
    return this.#head?.keepAliveMs ?? null
  }

  send(request: WireRequest): void {
    this.#request = request
    this.#answered = false
    this.#head = null
    this.idleUntil = Number.POSITIVE_INFINITY
    request.connection = this
    request.sent++
    if (request.sent === 1) request.handler.onRequestStart?.(request, null)
    if (this.#request === null) return
    this.#write(request.head, request.body)
    if (this.#connected) this.#awaitAnswer(request)
  }

  stopReading(): void {
    this.deadlineAt = Number.POSITIVE_INFINITY
    this.#socket.pause()
  }

  startReading(): void {
    if (this.#request) this.#awaitMore(this.#request)
    this.#socket.resume()
  }

  timeOut(): void {
    this.fail(new WireError(this.#timeoutCode, 'The provider took too long.'))
  }

  /** Ends the connection, and the request on it with this error. */
  fail(error: Error): void {
    const request = this.#release()
    this.#socket.destroy()
    if (request === null) return
    const stale = this.#served > 0 && !this.#answered && request.sent === 1 && !request.aborted && isClosing(error)
    if (stale) this.#owner.onStale(request)
    else request.handler.onResponseError?.(request, error)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #write(head: string, body: Buffer): void {
    if (head.length + body.length <= outboxBytes) {
      // one buffer is one system call, and copying a few kilobytes costs less than a second one
      const room = outboxRoom()
      room.write(head, 0, 'latin1')
      body.copy(room, head.length)
      sendOutbox(this.#socket, head.length + body.length)
      return
    }
    this.#socket.cork()
    this.#socket.write(head, 'latin1')
    this.#socket.write(body)
    this.#socket.uncork()
  }

  #onConnected(): void {
    this.#connected = true
    this.deadlineAt = Number.POSITIVE_INFINITY
    if (this.#request) this.#awaitAnswer(this.#request)
  }

  #awaitAnswer({ firstByteMs }: WireRequest): void {
    this.#timeoutCode = 'UND_ERR_HEADERS_TIMEOUT'
    this.deadlineAt = performance.now() + firstByteMs
  }

  #awaitMore({ idleMs }: WireRequest): void {
    this.#timeoutCode = 'UND_ERR_BODY_TIMEOUT'
    this.deadlineAt = performance.now() + idleMs
  }

  #read(length: number) {
    // bytes that nobody asked for: whatever they are, the next request must not be answered with them
    if (this.#request === null) return this.destroy()
    this.#answered = true
    try {
      this.#take(this.#request, readBuffer.subarray(0, length))
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #take(request: WireRequest, bytes: Buffer) {
    let rest = bytes
    while (this.#head === null || this.#head.status < firstFinalStatus) {
      const after = this.#takeHead(request, rest)
      if (after === null || this.#request !== request) return
      rest = after
    }
    const { framing } = this.#head
    if (framing.kind === 'none') return this.#finish(rest.length === 0)
    if (rest.length > 0) this.#takeBody(request, rest, framing)
    // most answers end with their first piece, and nothing is waited for any more
    if (this.#request === request && !request.paused) this.#awaitMore(request)
  }

  #takeBody(request: WireRequest, bytes: Buffer, framing: Framing) {
    if (this.#chunks) return this.#takeChunks(request, bytes, this.#chunks)
    const own = framing.kind === 'length' ? bytes.subarray(0, this.#left) : bytes
    request.handler.onResponseData?.(request, Buffer.from(own))
    if (framing.kind !== 'length' || this.#request !== request) return
    this.#left -= own.length
    if (this.#left === 0) this.#finish(own.length === bytes.length)
  }

  /** What follows the head, or null when it is not complete yet. */
  #takeHead(request: WireRequest, bytes: Buffer): Buffer | null {
    const all = this.#held ? Buffer.concat([this.#held, bytes]) : bytes
    const end = all.indexOf(headEnd)
    if (end > headBytesMax || (end < 0 && all.length > headBytesMax))
      throw new WireError('HPE_HEADER_OVERFLOW', 'The head of the answer is too large.')
    if (end < 0) {
      this.#held = Buffer.from(all)
      return null
    }
    this.#held = null
    const head = this.#heads.read(all.toString('latin1', 0, end))
    this.#head = head
    if (head.status === switchingProtocols)
      throw new WireError('HPE_UNEXPECTED_UPGRADE', 'The provider wants another protocol.')
    if (head.status >= firstFinalStatus) {
      this.#left = head.framing.kind === 'length' ? head.framing.length : 0
      this.#chunks = head.framing.kind === 'chunked' ? new ChunkedDecoder() : null
      request.forgetBytes()
      request.handler.onResponseStart?.(request, head.status, head.headers)
    }
    return all.subarray(end + headEnd.length)
  }

  #takeChunks(request: WireRequest, bytes: Buffer, chunks: ChunkedDecoder): void {
    const { data, next } = chunks.take(bytes)
    if (data) request.handler.onResponseData?.(request, data)
    if (chunks.done && this.#request === request) this.#finish(next === bytes.length)
  }

  /** The answer is complete. Bytes beyond it mean that the two sides disagree about where it ended. */
  #finish(clean: boolean): void {
    const wasPaused = this.#request?.paused === true
    const request = this.#release()
    this.#served++
    const { writableLength, destroyed } = this.#socket
    if (clean && this.#head?.keepAlive === true && writableLength === 0 && !destroyed) {
      if (wasPaused) this.#socket.resume()
      this.#owner.onFree(this)
    } else this.destroy()
    request?.handler.onResponseEnd?.(request, {})
  }

  /** Lets go of the request, in both directions. */
  #release(): WireRequest | null {
    const request = this.#request
    this.#request = null
    this.#chunks = null
    this.deadlineAt = Number.POSITIVE_INFINITY
    if (request) request.connection = null
    return request
  }

  #onEnd(): void {
    // a body without a stated length ends with its connection
    if (this.#request && this.#head?.framing.kind === 'until_close') this.#finish(false)
    else this.fail(closedEarly())
  }
}

const closedEarly = () => new WireError('ECONNRESET', 'The provider closed the connection without a complete answer.')

const isClosing = (error: Error): boolean => 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
