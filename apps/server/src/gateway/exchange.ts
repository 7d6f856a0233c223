import type { Dispatcher } from 'undici'
import type { Call } from './call.ts'
import { dialects } from './dialects/index.ts'
import { mayBeText } from './media/index.ts'
import type { Deployment } from './plans.ts'
import { spokenTo } from './providers/index.ts'
import { type Failure, failureOfAnswer, failureOfError, type Speaker, unreadable } from './upstream/index.ts'

type Headers = Record<string, string | string[] | undefined>
type Controller = Dispatcher.DispatchController

/** What takes in a streamed answer. Whatever `push` and `end` find wrong they report themselves. */
export type StreamTaker = { push(chunk: Buffer): void; end(): void; broken(failure: Failure): void }

/** What to do with an outcome. Made once for all attempts; `T` is what the one who attempts wants to find again. */
export type ExchangeHooks<T> = {
  answerBytesMax: number
  /** A complete answer that is not a stream. */
  onAnswer(exchange: Exchange<T>, body: Buffer): void
  /** The attempt failed before anything of it reached the caller. */
  onFailure(exchange: Exchange<T>, failure: Failure): void
  /** An answer that is a stream begins. */
  onStream(exchange: Exchange<T>): StreamTaker
}

/** One attempt at one deployment: the provider's side of a call. A class, because a request is a lifetime of its own. */
export class Exchange<T> implements Dispatcher.DispatchHandler {
  readonly call: Call
  readonly deployment: Deployment
  /** When the attempt began, in milliseconds since the call arrived. */
  readonly beganAt: number
  contentType = ''
  upstreamRequestId: string | null = null
  readonly task: T
  readonly #hooks: ExchangeHooks<T>
  #controller: Controller | null = null
  #status = 0
  #headers: Headers = {}
  #first: Buffer | null = null
  #more: Buffer[] | null = null
  #size = 0
  #taker: StreamTaker | null = null
  #over = false

  constructor(task: T, call: Call, deployment: Deployment, hooks: ExchangeHooks<T>) {
    this.task = task
    this.call = call
    this.deployment = deployment
    this.beganAt = call.elapsedMs()
    this.#hooks = hooks
  }

  get isOver(): boolean {
    return this.#over
  }

  /** Stops caring: the connection is closed unless the answer is already complete. */
  abandon() {
    if (this.#over) return
    this.#finish()
    this.#controller?.abort(abandoned)
  }

  /** Lets the rest of an answer run out unread, so that its connection can serve again. */
  ignoreRest() {
    if (!this.#over) this.#finish()
    this.#controller?.resume()
  }

  #finish() {
    this.#over = true
    this.deployment.load?.ended()
  }

  speaker(): Speaker {
    const { provider, redact } = this.deployment.target
    return { dialect: spokenTo(provider, this.call.dialect), redact }
  }

  #reading() {
    return dialects[spokenTo(this.deployment.target.provider, this.call.dialect)].reading
  }

  pause() {
    this.#controller?.pause()
  }

  resume() {
    this.#controller?.resume()
  }

  onRequestStart(controller: Controller) {
    this.#controller = controller
    if (this.#over) controller.abort(abandoned)
  }

  onResponseStart(_controller: Controller, status: number, headers: Headers) {
    if (this.#over || status < 200) return
    this.#status = status
    this.#headers = headers
    this.contentType = textOf(headers['content-type'])
    this.upstreamRequestId = textOf(headers['x-request-id'] ?? headers['request-id']) || null
    this.call.upstreamRequestId = this.upstreamRequestId
    const isStream =
      this.call.operation === 'speech' || (this.call.stream && this.contentType.startsWith(this.#reading().streamType))
    const streamed = isStream && status < 300
    if (streamed) this.#taker = this.#hooks.onStream(this)
  }

  onResponseData(_controller: Controller, chunk: Buffer) {
    if (this.#over) return
    if (this.#taker) return this.#taker.push(chunk)
    this.#size += chunk.length
    if (this.#size > this.#hooks.answerBytesMax) {
      this.abandon()
      return this.#hooks.onFailure(this, unreadable('The provider’s answer is too large.'))
    }
    if (this.#first === null) this.#first = chunk
    else if (this.#more === null) this.#more = [this.#first, chunk]
    else this.#more.push(chunk)
  }

  onResponseEnd() {
    if (this.#over) return
    if (this.#taker) {
      const taker = this.#taker
      this.#finish()
      return taker.end()
    }
    this.#finish()
    const body = this.#more ? Buffer.concat(this.#more, this.#size) : (this.#first ?? empty)
    if (this.#status < 200 || this.#status > 299)
      return this.#hooks.onFailure(this, failureOfAnswer(this.#status, this.#headers, body, this.speaker()))
    if (!mayBeText(this.call.operation) && !looksLikeJson(body)) return this.#hooks.onFailure(this, this.#noAnswer())
    this.#hooks.onAnswer(this, body)
  }

  /** What was streamed unasked was generated and costs the provider's time each time: it is not asked for again. */
  #noAnswer(): Failure {
    if (this.contentType.startsWith(this.#reading().streamType))
      return { ...unreadable('The provider streamed an answer that was asked for whole.'), retryable: false }
    return unreadable(`The provider answered ${this.#status} with something that is not JSON.`)
  }

  onResponseError(_controller: Controller, error: Error) {
    if (this.#over) return
    this.#finish()
    const failure = failureOfError(error)
    if (this.#taker) this.#taker.broken(failure)
    else this.#hooks.onFailure(this, failure)
  }
}

const empty = Buffer.alloc(0)
const abandoned = new Error('nobody waits for this answer any more')
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b

/** The first and the last byte: enough to tell JSON from a web page or an answer cut short. */
const looksLikeJson = (body: Buffer): boolean => {
  let from = 0
  let to = body.length - 1
  while (from <= to && isSpace(body[from])) from++
  while (to > from && isSpace(body[to])) to--
  const opens = body[from]
  const closes = body[to]
  return to > from && ((opens === OPEN_BRACE && closes === 0x7d) || (opens === OPEN_BRACKET && closes === 0x5d))
}

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const textOf = (value: string | string[] | undefined): string => (Array.isArray(value) ? value[0] : value) ?? ''
