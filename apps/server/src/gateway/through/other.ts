/** A call only its provider understands: sent as it came, under the connection's credential, and billed by the call. */
import type { SliceConnection } from '@cockpit/contract/snapshot'
import type { Dispatcher } from 'undici'
import { sendBody } from '../answer.ts'
import type { Call } from '../call.ts'
import type { Calls } from '../calls.ts'
import { estimatedUsage } from '../dialects/index.ts'
import { createEndings } from '../endings.ts'
import type { Deployment } from '../plans.ts'
import { type Refusal, refusal } from '../refusal.ts'
import type { Settle } from '../settle.ts'
import { type Failure, failureOfAnswer, failureOfError } from '../upstream/index.ts'
import { headersBack, headersOut } from './headers.ts'

type Deps = {
  settle: Settle
  calls: Calls
  onBug: (call: Call, error: unknown) => void
  onRefusedCredential: (connection: SliceConnection, failure: Failure) => void
}

type Headers = Record<string, string | string[] | undefined>

const complaintBytesMax = 1 << 20

export const createOther = (deps: Deps) => {
  const endings = createEndings(deps)
  return (call: Call): void => {
    const [deployment] = call.entry?.deployments ?? []
    const broken = deployment?.target.broken ?? null
    if (!deployment || broken !== null)
      endings.refuse(call, { ...noAccess, message: broken ?? 'The connection is gone.' }, deployment ?? null)
    else send(call, deployment, new OtherExchange(call, deployment, deps, endings))
  }
}

const send = (call: Call, { target }: Deployment, exchange: OtherExchange): void => {
  const { connection, dispatcher, basePath } = target
  const { timeouts } = connection
  call.attempts = 1
  call.endsAt = performance.now() + timeouts.totalMs
  call.deadlineAt = call.endsAt
  const late = () => exchange.late()
  const gone = () => exchange.left()
  call.onDeadline = late
  call.onGone = gone
  dispatcher.dispatch(
    {
      path: basePath + call.through + call.search,
      method: (call.req.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: headersOut(call, target),
      body: call.bytes ?? empty,
      headersTimeout: timeouts.firstByteMs,
      bodyTimeout: timeouts.idleMs,
    },
    exchange,
  )
}

class OtherExchange implements Dispatcher.DispatchHandler {
  readonly #call: Call
  readonly #deployment: Deployment
  readonly #deps: Deps
  readonly #endings: ReturnType<typeof createEndings>
  #controller: Dispatcher.DispatchController | null = null
  #status = 0
  #headers: Headers = {}
  /** What the provider has against it; null for an answer that passes. */
  #complaint: Buffer[] | null = null
  #complaintBytes = 0
  #last: Buffer | null = null
  #over = false
  #streams = false

  constructor(call: Call, deployment: Deployment, deps: Deps, endings: ReturnType<typeof createEndings>) {
    this.#call = call
    this.#deployment = deployment
    this.#deps = deps
    this.#endings = endings
  }

  onRequestStart(controller: Dispatcher.DispatchController) {
    this.#controller = controller
    if (this.#over) controller.abort(abandoned)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers) {
    if (this.#over || status < 200) return
    const call = this.#call
    this.#status = status
    this.#headers = headers
    call.firstByteAt = call.elapsedMs()
    if (status >= 300 && status !== 304) {
      this.#complaint = []
      return
    }
    this.#streams = true
    this.#deps.calls.streaming(call)
    if (!call.gone) call.res.writeHead(status, headersBack(call, headers))
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer) {
    if (this.#over) return
    if (this.#complaint) {
      this.#complaintBytes += chunk.length
      // the bytes are the connection's own only until the next ones come
      if (this.#complaintBytes <= complaintBytesMax) this.#complaint.push(Buffer.from(chunk))
      return
    }
    if (this.#last) this.#write(this.#last)
    this.#last = Buffer.from(chunk)
  }

  onResponseEnd() {
    if (this.#over) return
    if (this.#complaint) return this.#complained(Buffer.concat(this.#complaint))
    const last = this.#last
    this.#end({ status: 'ok', errorCode: null, errorMessage: null }, () => {
      const { res } = this.#call
      if (!res.destroyed) void (last ? res.end(last) : res.end())
    })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error) {
    if (this.#over) return
    this.#broke(failureOfError(error))
  }

  /** The caller hung up: the provider may have done what it was asked for. */
  left() {
    this.#controller?.resume()
    if (this.#over || this.#deployment.target.connection.onDisconnect === 'drain') return
    this.#abandon()
    this.#endings.left(this.#call, this.#deployment, oneCall)
  }

  late() {
    if (this.#over) return
    this.#broke(this.#call.revoked ?? refusal('upstream.timeout', 'The provider did not finish in time.'))
    this.#controller?.abort(abandoned)
  }

  #write(bytes: Buffer) {
    const { res, gone } = this.#call
    if (gone || res.destroyed || res.write(bytes)) return
    this.#controller?.pause()
    res.once('drain', () => this.#controller?.resume())
  }

  /** What a provider says of the caller's request is the caller's; what it says of the credential is not. */
  #complained(body: Buffer) {
    const { target } = this.#deployment
    const speaker = { dialect: target.provider.dialect, redact: target.redact }
    const failure = failureOfAnswer(this.#status, this.#headers, body, speaker)
    if (failure.credentialDead) this.#deps.onRefusedCredential(target.connection, failure)
    if (failure.credentialDead || !failure.answer) return this.#broke({ ...failure, status: 502 })
    const { answer } = failure
    this.#finish()
    this.#deps.settle(
      this.#call,
      {
        ...{ status: 'error', httpStatus: failure.status, usage: null, deployment: this.#deployment },
        ...{ errorCode: failure.code, errorMessage: failure.message },
      },
      () => sendBody(this.#call, failure.status, answer.contentType || 'application/octet-stream', answer.body),
    )
  }

  #broke({ code, status, message, retryable }: Pick<Refusal, 'code' | 'status' | 'message' | 'retryable'>) {
    if (!this.#streams) {
      this.#finish()
      return this.#endings.refuse(this.#call, { code, status, message, retryable }, this.#deployment)
    }
    // what it is nobody knows, so there is no word for what went wrong: that it does not end is all that can be said
    this.#end({ status: 'error', errorCode: code, errorMessage: message }, () => this.#call.res.destroy())
  }

  #end(how: { status: 'ok' | 'error'; errorCode: string | null; errorMessage: string | null }, answer: () => void) {
    const call = this.#call
    this.#finish()
    if (call.gone) return this.#endings.left(call, this.#deployment, oneCall)
    const outcome = { ...how, httpStatus: this.#status, usage: oneCall, deployment: this.#deployment }
    this.#deps.settle(call, outcome, answer)
  }

  #abandon() {
    this.#finish()
    this.#controller?.abort(abandoned)
  }

  #finish() {
    this.#over = true
    if (this.#streams) this.#deps.calls.streamed(this.#call)
    this.#call.span('pass through', 0, this.#deployment.target.connection.name)
  }
}

/** No tokens; the price of the call is added where the price is by the call. */
const oneCall = estimatedUsage(0, 0)
const empty = Buffer.alloc(0)
const abandoned = new Error('nobody waits for this answer any more')
const noAccess = { code: 'upstream_credentials_exhausted', status: 502, retryable: false }
