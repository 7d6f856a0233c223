/** Requests whose credential is made for each of them, and the question to another server that it may take. */
import type { Dispatcher } from 'undici'
import type { Ask, Authorizer } from '../providers/index.ts'

type Dispatching = Pick<Dispatcher, 'dispatch'>

const empty = Buffer.alloc(0)

/** Adds what `authorizer` says to every request. Only a token that must be fetched first makes a request wait. */
export const signedBy = (authorizer: Authorizer, origin: string, inner: Dispatching): Dispatching => ({
  dispatch(options, handler) {
    const send = (more: readonly string[]): boolean =>
      inner.dispatch({ ...options, headers: [...listOf(options.headers), ...more] }, handler)
    const body = Buffer.isBuffer(options.body) ? options.body : empty
    const added = authorizer.headersFor({ method: options.method, url: new URL(options.path, origin), body })
    if (!(added instanceof Promise)) return send(added)
    added.then(send, (error: Error) => handler.onResponseError?.(idle, error))
    return true
  },
})

const listOf = (headers: Dispatcher.DispatchOptions['headers']): readonly string[] =>
  Array.isArray(headers) ? headers : []

/** Holds on to nothing: the request was never sent. */
const idle: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  rawHeaders: null,
  rawTrailers: null,
  abort() {},
  pause() {},
  resume() {},
}

const answerBytesMax = 64 << 10
const waitMs = 10_000

/** One bounded POST of a form, over the pool that leads to the server. */
export const asker =
  (poolOf: (url: URL) => Dispatching): Ask =>
  (url, form) =>
    new Promise((resolve, reject) => {
      const pieces: Buffer[] = []
      let size = 0
      let status = 0
      poolOf(url).dispatch(
        {
          path: url.pathname + url.search,
          method: 'POST',
          headers: ['content-type', 'application/x-www-form-urlencoded', 'accept', 'application/json'],
          body: Buffer.from(form),
          headersTimeout: waitMs,
          bodyTimeout: waitMs,
        },
        {
          onResponseStart(_controller, code) {
            status = code
          },
          onResponseData(controller, piece) {
            size += piece.length
            if (size > answerBytesMax) return controller.abort(new Error('The server of tokens answers too much.'))
            pieces.push(piece)
          },
          onResponseEnd: () => resolve({ status, text: Buffer.concat(pieces).toString('utf8') }),
          onResponseError: (_controller, error) => reject(error),
        },
      )
    })
