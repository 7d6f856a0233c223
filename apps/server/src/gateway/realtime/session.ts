/** A session between a caller and a provider: events pass as they are, and each answer is a call of its own. */
import type { RawData, WebSocket } from 'ws'
import type { Call } from '../call.ts'
import { type Usage, usageTogether } from '../dialects/index.ts'
import type { CallResponse } from '../lane/index.ts'
import type { Deployment } from '../plans.ts'
import { type Refusal, refusal } from '../refusal.ts'
import type { Settle } from '../settle.ts'
import { createHearing } from './events.ts'

type Deps = {
  settle: Settle
  /** A call of the same caller for the next answer, whose talk has so many tokens; it is paid for beforehand. */
  next: (before: Call, res: CallResponse, talkTokens: number, granted: (call: Call) => void) => Call
  /** The same call once more, for an answer nobody reserved for. */
  beside: (call: Call) => Call
  /** A call of which nothing came leaves no trace. */
  forget: (call: Call) => void
  onOver: (session: Session) => void
  idleMs: number
}

export type Session = {
  /** Ends as soon as no answer is under way. */
  retire(): void
}

type Ends = {
  client: WebSocket
  upstream: WebSocket
  deployment: Deployment
  /** The first of its answers is paid for. */
  first: Call
  endsAt: number
}

/** What may wait in memory for whoever reads slowly. */
const waitingBytesMax = 1 << 20
const lingerMs = 1_000

const policyCode = 1008
const restartCode = 1012
const brokenCode = 1011

export const startSession = ({ client, upstream, deployment, first, endsAt }: Ends, deps: Deps): Session => {
  const hearing = createHearing()
  // the call of the answer that is under way, or of the next one
  let call = first
  // the latest that was decided: of one that is not, nobody knows yet what it costs
  let decided = first
  let granted = true
  let answering = 0
  let beside: Usage | null = null
  let over = false
  let retiring = false
  let talkTokens = 0

  const res: CallResponse = {
    headersSent: false,
    get destroyed() {
      return over
    },
    writeHead() {},
    write: () => true,
    /** Says no to the next answer, which ends the session. */
    end(body) {
      end(policyCode, errorEvent(call, String(body)))
    },
    destroy: () => left(),
    on() {},
    once() {},
  }

  const attend = () => {
    decided = call
    call.res = res
    call.bytes = null
    call.onGone = left
    call.onDeadline = late
    waitOn()
  }

  const waitOn = () => {
    call.deadlineAt = Math.min(endsAt, call.capEndsAt, performance.now() + deps.idleMs)
  }

  const ofNext = () => {
    granted = false
    call = deps.next(call, res, talkTokens, (next) => {
      if (over) return deps.forget(next)
      granted = true
      attend()
    })
  }

  /** An answer is over: what it used is on record, and the next one is paid for before it can begin. */
  const bill = (used: Usage | null, failed: boolean) => {
    const usage = used ?? (failed ? null : hearing.guess(call.inputTokens))
    const total = together(beside, usage)
    beside = null
    if (used) talkTokens = used.inputTokens + used.cachedTokens + used.outputTokens
    const billed = granted ? call : deps.beside(decided)
    const how = failed
      ? { status: 'error' as const, errorCode: 'upstream.error', errorMessage: 'The provider says that it failed.' }
      : { status: 'ok' as const, errorCode: null, errorMessage: null }
    deps.settle(billed, { ...how, httpStatus: 200, usage: total, deployment }, () => {})
    if (granted && !over) ofNext()
  }

  const hear = (data: Buffer) => {
    const heard = hearing.hear(data)
    if (heard === null) return
    if (heard.kind === 'written') {
      beside = together(beside, heard.usage)
      return
    }
    if (heard.kind === 'begins') {
      answering++
      return
    }
    answering = Math.max(0, answering - 1)
    bill(heard.usage, heard.failed)
  }

  const pass = (from: WebSocket, to: WebSocket) => (data: RawData, isBinary: boolean) => {
    if (over) return
    const bytes = bytesOf(data)
    waitOn()
    if (from === upstream && !isBinary) hear(bytes)
    if (over || to.readyState !== to.OPEN) return
    to.send(bytes, { binary: isBinary }, () => {
      if (from.isPaused && to.bufferedAmount < waitingBytesMax / 2) from.resume()
    })
    if (to.bufferedAmount > waitingBytesMax) from.pause()
    if (retiring && answering === 0) refuse(stopping, restartCode)
  }

  /** Closes both sides; whoever does not close in turn is cut off. */
  const end = (code: number, last: string | null, reason = '') => {
    if (over) return
    over = true
    if (client.readyState === client.OPEN) {
      if (last !== null) client.send(last)
      client.close(code, reason)
    }
    upstream.resume()
    upstream.close(1000)
    const cut = () => {
      client.terminate()
      upstream.terminate()
    }
    setTimeout(cut, lingerMs).unref()
    deps.onOver(session)
  }

  /** An answer that was under way is billed by what was seen of it; of one that was not, nothing is on record. */
  const close = (status: 'cancelled' | 'error', why: Pick<Refusal, 'code' | 'message'> | null) => {
    const isOpen = granted && !call.finished
    if (!isOpen) return
    if (answering === 0 && beside === null) return deps.forget(call)
    const guessed = answering > 0 ? hearing.guess(call.inputTokens) : null
    const usage = together(beside, guessed)
    const how = { status, httpStatus: 200, errorCode: why?.code ?? null, errorMessage: why?.message ?? null }
    deps.settle(call, { ...how, usage, deployment }, () => {})
  }

  const refuse = (refused: Refusal, code: number) => {
    if (over) return
    const error = call.words.errorBody({ ...refused, requestId: call.id })
    close('error', refused)
    end(code, errorEvent(call, error.body))
  }

  const left = () => {
    if (over) return
    close('cancelled', { code: 'call.cancelled', message: 'The caller left.' })
    end(1000, null)
  }

  const late = () => {
    if (call.revoked) return refuse(call.revoked, policyCode)
    if (performance.now() >= call.capEndsAt && call.capLate) return refuse(call.capLate, policyCode)
    refuse(performance.now() >= endsAt ? tooLong : tooQuiet, policyCode)
  }

  /** The provider ended it, well or not; what it says of that is its caller's. */
  const ended = (code: number, reason: Buffer) => {
    if (over) return
    if (code === 1000 || (code >= 3000 && code < 5000)) {
      close('error', broke)
      return end(code, null, deployment.target.redact(reason.toString('utf8')).slice(0, 100))
    }
    refuse(broke, brokenCode)
  }

  const session: Session = {
    retire() {
      retiring = true
      if (answering === 0) refuse(stopping, restartCode)
    },
  }

  client.on('message', pass(client, upstream))
  client.on('close', left)
  // a message that is too long, or is none: the connection closes by itself
  client.on('error', nothing)
  upstream.on('message', pass(upstream, client))
  upstream.on('close', ended)
  attend()
  if (upstream.readyState === upstream.OPEN) upstream.resume()
  else ended(brokenCode, Buffer.alloc(0))
  return session
}

const nothing = () => {}
const together = (some: Usage | null, more: Usage | null): Usage | null =>
  some && more ? usageTogether(some, more) : (some ?? more)
/** An error's body of HTTP as the event that says it. */
const errorEvent = ({ id }: Call, body: string): string =>
  JSON.stringify({ type: 'error', event_id: `event_${id}`, ...JSON.parse(body) })
const bytesOf = (data: RawData): Buffer =>
  Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)

const stopping = refusal('gateway.draining', 'This gateway is shutting down; begin another session.')
const tooLong = refusal('upstream.timeout', 'The session took as long as one may.')
const tooQuiet = refusal('upstream.timeout', 'Nothing was said for as long as a session may be silent.')
const broke: Refusal = {
  code: 'upstream.stream_failed',
  status: 502,
  message: 'The provider broke off the session.',
  retryable: true,
}
