/** The server: records each request, asks the script, sends the reply. */
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { answer } from './answer.ts'
import { refusal, unauthorized } from './faults.ts'
import { type Recorded, record } from './record.ts'
import type { Reply, Script } from './script.ts'
import { send } from './send.ts'
import { brokenRule } from './strict.ts'

export type UpstreamOptions = {
  /** What `GET /v1/models` lists. */
  models?: string[]
  /** The only key it accepts; any, or none, when absent. */
  key?: string
  /** Whether requests a real provider would refuse get a 400; true unless switched off. */
  strict?: boolean
}

export type Upstream = {
  /** Without `/v1`, as Anthropic's SDK wants it. */
  url: string
  /** With `/v1`, as OpenAI's SDK wants it. */
  baseUrl: string
  port: number
  /** In order of arrival. */
  requests: Recorded[]
  /** Connections open now. */
  connections(): number
  /** Replaces the script for requests to come. */
  script(next: Script): void
  /** The nth request (from 0), waiting for it if it has not come yet. */
  request(nth: number): Promise<Recorded>
  close(): Promise<void>
}

export async function startUpstream(script: Script, options: UpstreamOptions = {}): Promise<Upstream> {
  const requests: Recorded[] = []
  const sockets = new Map<Socket, number>()
  const waiting: { nth: number; resolve: (request: Recorded) => void }[] = []
  let current = script
  let opened = 0
  let asked = 0

  const replyTo = (request: Recorded): Reply => {
    const refused = refuse(request, options)
    if (refused) return refused
    // scripts choose by model and order of the calls that generate; listing models is neither
    if (request.operation === 'models' && typeof current === 'function') return answer('')
    const nth = request.operation === 'chat' || request.operation === 'embeddings' ? asked++ : asked
    return typeof current === 'function' ? current(request, nth) : current
  }
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, async (incoming, response) => {
    const request = await record(incoming, response, sockets.get(incoming.socket) ?? 0)
    const count = requests.push(request)
    for (const waiter of waiting) if (waiter.nth === count - 1) waiter.resolve(request)
    await send(response, request, replyTo(request), `up${count}`, options.models ?? [])
  })
  server.on('connection', (socket) => {
    sockets.set(socket, ++opened)
    socket.setNoDelay(true)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    port,
    requests,
    connections: () => sockets.size,
    script(next) {
      current = next
    },
    request(nth) {
      const there = requests[nth]
      return there ? Promise.resolve(there) : new Promise((resolve) => waiting.push({ nth, resolve }))
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets.keys()) socket.destroy()
      }),
  }
}

function refuse(request: Recorded, { key, strict = true }: UpstreamOptions): Reply | null {
  const own = request.headers['x-api-key'] ?? request.headers['api-key']
  const given = own ?? request.headers.authorization?.replace(/^Bearer /, '')
  if (key !== undefined && given !== key) return unauthorized()
  if (!request.operation) return refusal(404, `Unknown request URL: ${request.method} ${request.path}`, 'unknown_url')
  const rule = strict ? brokenRule(request) : null
  return rule ? refusal(400, rule) : null
}
