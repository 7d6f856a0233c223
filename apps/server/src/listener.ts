/** The port: bounds of its connections, the entrance behind it, and a word for what is no request. */
import { createServer, type IncomingMessage, type ServerOptions } from 'node:http'
import { Socket } from 'node:net'
import { createEntrance } from './entrance.ts'
import { brokenCall, isUpload } from './gateway/index.ts'
import { type Clock, createBrokenRequests, newId } from './platform/index.ts'

/** Against clients that send headers without end or never finish. */
const connectionBounds = {
  maxHeaderSize: 32 << 10,
  headersTimeout: 20_000,
  // for all of a request to arrive, but for large files; the gateway grants a body half of it
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 75_000,
}

const tooSlow = 'ERR_HTTP_REQUEST_TIMEOUT'
/** For a large file over a slow line. */
const uploadTimeoutMs = 30 * 60_000

export const createListener = (now: Clock, bounds: ServerOptions = connectionBounds) => {
  const entrance = createEntrance(now)
  const broken = createBrokenRequests({
    newId: () => newId('req', now()),
    speak: (...broken) => brokenCall(...broken) ?? entrance.speak(...broken),
  })
  const { requestTimeout = connectionBounds.requestTimeout } = bounds
  /** A server has one bound for all its requests, which is that of the longest. */
  const giveUpInTime = (request: IncomingMessage) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
    if ((length === undefined && encoding === undefined) || isUpload(request.url ?? '')) return
    const late = () => {
      if (!request.complete) broken.answer(Object.assign(new Error('late'), { code: tooSlow }), request.socket)
    }
    const timer = setTimeout(late, requestTimeout).unref()
    request.once('close', () => clearTimeout(timer))
  }
  const server = createServer({ ...bounds, requestTimeout: uploadTimeoutMs }, (request, response) => {
    broken.opens(request, response)
    giveUpInTime(request)
    entrance.handle(request, response)
  })
  server.on('clientError', (error, socket) => {
    if (socket instanceof Socket) broken.answer(error, socket)
    else socket.destroy()
  })
  return { server, entrance, hears: broken.hears }
}
