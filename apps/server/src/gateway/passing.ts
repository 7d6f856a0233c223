/** Answers that pass through as they come: sounds, and events about pictures and recordings. */
import { headersOf, sendRefusal } from './answer.ts'
import type { Calls } from './calls.ts'
import { createSseParser, type Usage } from './dialects/index.ts'
import type { Endings } from './endings.ts'
import type { StreamTaker } from './exchange.ts'
import { type Attempt, badAnswer, tooSlow } from './journey.ts'
import { usageOfMedia } from './media/index.ts'
import type { Refusal } from './refusal.ts'
import type { Settle } from './settle.ts'
import type { Failure } from './upstream/index.ts'

type Deps = {
  calls: Calls
  endings: Endings
  settle: Settle
  failed: (exchange: Attempt, failure: Failure) => void
  now: () => number
}

const eventStream = 'text/event-stream'

/** The last piece waits until the call is on record. */
export const createPassing = ({ calls, endings, settle, failed, now }: Deps) => {
  return (exchange: Attempt): StreamTaker => {
    const { call, deployment } = exchange
    const { connection } = deployment.target
    const { res } = call
    const tap = exchange.contentType.startsWith(eventStream) ? usageTap() : null
    let last: Buffer | null = null
    let started = false
    let over = false
    let muted = false

    const start = () => {
      started = true
      call.firstByteAt = call.elapsedMs()
      call.deadlineAt = call.endsAt
      deployment.load?.answered(call.firstByteAt - exchange.beganAt, now(), true)
      call.span('first byte', exchange.beganAt, connection.name)
      calls.streaming(call)
      if (!muted) res.writeHead(200, headersOf(call, exchange.contentType || 'application/octet-stream'))
    }

    const write = (bytes: Buffer) => {
      if (muted || res.destroyed || res.write(bytes)) return
      exchange.pause()
      res.once('drain', () => exchange.resume())
    }

    const usage = (): Usage => usageOfMedia(call, tap?.usage() ?? null)

    const finish = (error: Pick<Refusal, 'code' | 'message'> | null) => {
      over = true
      if (call.finished || call.counting) return
      calls.streamed(call)
      call.span('stream', call.firstByteAt ?? 0, null, error === null)
      if (call.gone) return endings.left(call, deployment, usage())
      const outcome = {
        ...{ status: error ? ('error' as const) : ('ok' as const), httpStatus: 200, usage: usage(), deployment },
        ...{ errorCode: error?.code ?? null, errorMessage: error?.message ?? null },
      }
      settle(call, outcome, () => {
        if (error === null) return void (last ? res.end(last) : res.end())
        // a sound has no word for what went wrong: that it does not end is all that can be said
        if (tap === null) return void res.destroy()
        sendRefusal(call, call.revoked ?? { ...error, status: 502, retryable: true })
      })
    }

    const taker: StreamTaker = {
      push(chunk) {
        if (over) return
        if (!started) start()
        tap?.push(chunk)
        if (last !== null) write(last)
        // the bytes are the connection's own only until the next ones come
        last = Buffer.from(chunk)
      },
      end() {
        if (over) return
        if (!started) start()
        finish(null)
      },
      broken(failure) {
        if (over) return
        if (started) return finish(failure)
        over = true
        failed(exchange, failure)
      },
    }
    const gone = () => {
      muted = true
      exchange.resume()
      if (connection.onDisconnect === 'drain') return
      exchange.abandon()
      finish(null)
    }
    const late = () => {
      exchange.abandon()
      if (call.revoked && !started) return endings.refuse(call, call.revoked, deployment)
      if (!started && performance.now() < call.endsAt) return failed(exchange, tooSlow)
      taker.broken(call.revoked ? { ...badAnswer, ...call.revoked, code: badAnswer.code } : tooLong)
    }
    call.onGone = gone
    call.onDeadline = late
    return taker
  }
}

const tooLong: Failure = {
  ...badAnswer,
  code: 'upstream.timeout',
  status: 504,
  message: 'The stream took longer than it may.',
}

/** Remembers the last event that tells what was used. */
const usageTap = () => {
  const parser = createSseParser()
  let found: Buffer | null = null
  return {
    push(chunk: Buffer) {
      for (const { data } of parser.push(chunk)) if (data.includes('"usage"')) found = Buffer.from(data)
    },
    usage: () => found,
  }
}
