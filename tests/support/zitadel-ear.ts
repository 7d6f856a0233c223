/** The address that an Actions target calls. What it hears is kept and handed on to a Cockpit, unless it is lost here. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Reachable } from './reach.ts'

export type Delivery = { body: string; headers: Record<string, string> }

export const openEar = async ({ port = 0, host = '127.0.0.1' }: { port?: number; host?: string } = {}) => {
  const heard: Delivery[] = []
  let to: Reachable | null = null
  const server = createServer(async (request, response) => {
    let body = ''
    request.setEncoding('utf8')
    for await (const piece of request) body += piece
    const signature = String(request.headers['zitadel-signature'])
    const delivery = { body, headers: { 'content-type': 'application/json', 'zitadel-signature': signature } }
    heard.push(delivery)
    const answer = await to?.send('POST /v1/webhooks/zitadel', delivery)
    response.writeHead(answer?.status ?? 200).end(answer?.text)
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/webhooks/zitadel`,
    heard,
    /** With null, what comes is lost. */
    leadTo(cockpit: Reachable | null) {
      to = cockpit
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
export type Ear = Awaited<ReturnType<typeof openEar>>
