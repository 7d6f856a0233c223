/** `POST /v1/messages/count_tokens`: never billed; answered by a provider that counts itself, else counted here. */
import { sendBody, sendJson } from './answer.ts'
import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import { countMessages } from './dialects/index.ts'
import { Exchange, type ExchangeHooks } from './exchange.ts'
import { spokenTo } from './providers/index.ts'
import { upstreamRequest } from './upstream-request.ts'

const answerBytesMax = 64 << 10

export const createCountTokens = ({ calls, onBug }: { calls: Calls; onBug: (call: Call, error: unknown) => void }) => {
  const done = (call: Call, answer: () => void) => {
    if (call.finished) return
    call.finished = true
    answer()
    calls.done(call)
  }

  const countHere = (call: Call) => {
    const { scan } = call
    if (!scan) return
    countMessages(scan.body, 'anthropic').then(
      (tokens) => done(call, () => sendJson(call, 200, { input_tokens: tokens })),
      (error) => onBug(call, error),
    )
  }

  const hooks: ExchangeHooks<null> = {
    answerBytesMax,
    onAnswer: ({ call, contentType }, body) =>
      done(call, () => sendBody(call, 200, contentType || 'application/json', body)),
    // a count that is roughly right serves the caller better than an error about one that is exact
    onFailure: ({ call }) => countHere(call),
    onStream: ({ call }) => ({ push() {}, end: () => countHere(call), broken: () => countHere(call) }),
  }

  return (call: Call) => {
    const able = call.entry?.deployments.find(
      ({ target }) =>
        target.broken === null &&
        target.provider.paths.count_tokens !== null &&
        spokenTo(target.provider, call.dialect) === call.dialect,
    )
    const request = able && upstreamRequest(call, able)
    if (!able || !request || !('body' in request)) return countHere(call)
    const { timeouts } = able.target.connection
    const exchange = new Exchange(null, call, able, hooks)
    const gone = () => {
      exchange.abandon()
      done(call, () => {})
    }
    call.onGone = gone
    able.target.dispatcher.dispatch(
      {
        path: request.path,
        method: 'POST',
        headers: request.headers,
        body: request.body,
        headersTimeout: timeouts.firstByteMs,
        bodyTimeout: timeouts.idleMs,
      },
      exchange,
    )
  }
}
