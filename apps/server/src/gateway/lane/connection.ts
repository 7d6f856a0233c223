import type { Socket } from 'node:net'
import type { CallRequest, CallResponse, KnownSecret } from './exchange.ts'
import { type CallHead, HeadReader } from './head.ts'
import { LaneRequest } from './request.ts'
import { LaneResponse } from './response.ts'

export type LaneOwner = {
  /** Whether a call may be served here at all now. */
  takes(url: string): boolean
  handle(request: CallRequest, response: CallResponse): void
  /** Continues with a complete HTTP server. */
  leave(connection: LaneConnection, socket: Socket, bytes: Buffer): void
  onClosed(connection: LaneConnection): void
  date(): string
}

/** One socket of a caller. A class, because it lives through many calls. */
export class LaneConnection {
  /** When it is closed for doing nothing; infinite during a call. */
  idleUntil: number
  keepAlive = true
  readonly #socket: Socket
  readonly #owner: LaneOwner
  readonly #keepMs: number
  readonly #heads = new HeadReader()
  readonly #known: KnownSecret = { secret: '', digest: '' }
  #request: LaneRequest | null = null
  #response: LaneResponse | null = null
  /** Bytes of the body still to come. */
  #left = 0
  /** The last answer was given: whatever still arrives is nobody's. */
  #ending = false
  /** What arrived behind the request that is being served. */
  #next: Buffer | null = null

  constructor(socket: Socket, owner: LaneOwner, bounds: { firstMs: number; keepMs: number }) {
    this.#socket = socket
    this.#owner = owner
    this.#keepMs = bounds.keepMs
    this.idleUntil = performance.now() + bounds.firstMs
    socket.on('data', this.#onData)
    socket.on('end', this.#onGone)
    socket.on('error', this.#onGone)
    socket.on('close', this.#onClose)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  date(): string {
    return this.#owner.date()
  }

  /** The answer is complete: what waits behind it is next. */
  onEnd() {
    const complete = this.#request?.complete === true
    this.#request = null
    this.#response = null
    if (!this.keepAlive || !complete) {
      this.#ending = true
      return this.#socket.destroySoon()
    }
    this.idleUntil = performance.now() + this.#keepMs
    // not in the same turn: a caller who sends many requests at once must not keep others waiting
    if (this.#next !== null) setImmediate(this.#goOn)
  }

  readonly #flow = (flows: boolean): void => {
    if (flows) this.#socket.resume()
    else this.#socket.pause()
  }

  readonly #goOn = (): void => {
    const next = this.#next
    this.#next = null
    this.#socket.resume()
    if (next !== null) this.#onData(next)
  }

  readonly #onData = (bytes: Buffer) => {
    if (this.#request !== null) return this.#takeBody(this.#request, bytes)
    if (this.#ending || this.#socket.destroyed) return
    const head = this.#heads.read(bytes)
    if (head === null || !this.#owner.takes(head.url)) return this.#leave(bytes)
    this.#begin(head)
    if (this.#request !== null) this.#takeBody(this.#request, bytes.subarray(this.#heads.end))
  }

  #begin(head: CallHead): void {
    this.idleUntil = Number.POSITIVE_INFINITY
    this.keepAlive = head.keepAlive
    this.#left = head.length
    this.#request = new LaneRequest(head, { known: this.#known, socket: this.#socket }, this.#flow)
    this.#response = new LaneResponse(this.#socket, this)
    this.#owner.handle(this.#request, this.#response)
  }

  #takeBody(request: LaneRequest, bytes: Buffer): void {
    const own = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes
    if (own.length < bytes.length) this.#keep(bytes.subarray(own.length))
    this.#left -= own.length
    if (own.length > 0) request.push(own)
    // pushing may have ended it all
    if (this.#left === 0 && !request.complete) request.finish()
  }

  #keep(bytes: Buffer): void {
    this.#next = this.#next ? Buffer.concat([this.#next, bytes]) : bytes
    this.#socket.pause()
  }

  #leave(bytes: Buffer): void {
    const socket = this.#socket
    socket.off('data', this.#onData)
    socket.off('end', this.#onGone)
    socket.off('error', this.#onGone)
    socket.off('close', this.#onClose)
    socket.unshift(bytes)
    this.#owner.leave(this, socket, bytes)
  }

  /** A caller who closes one direction has stopped to wait, as for node:http. */
  readonly #onGone = (): void => {
    this.#socket.destroy()
  }

  readonly #onClose = (): void => {
    this.#owner.onClosed(this)
    this.#response?.close()
  }
}
