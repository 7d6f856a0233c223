/** The port: bounds of its connections, the entrance behind it, and a word for what is no request. */
import { createServer, type ServerOptions } from 'node:http'
import { Socket } from 'node:net'
import { createEntrance } from './entrance.ts'
import { brokenCall } from './gateway/index.ts'
import { type Clock, createBrokenRequests, newId } from './platform/index.ts'

/** Against clients that send headers without end or never finish. */
const connectionBounds = {
  maxHeaderSize: 32 << 10,
  headersTimeout: 20_000,
  // for all of a request to arrive; the gateway grants a body half of it
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 75_000,
}

export const createListener = (now: Clock, bounds: ServerOptions = connectionBounds) => {
  const entrance = createEntrance(now)
  const broken = createBrokenRequests({
    newId: () => newId('req', now()),
    speak: brokenCall,
  })
  const server = createServer(bounds, (request, response) => {
    broken.opens(request, response)
    entrance.handle(request, response)
  })
  server.on('clientError', (error, socket) => {
    if (socket instanceof Socket) broken.answer(error, socket)
    else socket.destroy()
  })
  return { server, entrance, hears: broken.hears }
}
