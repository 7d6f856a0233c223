/** Providers of other dialects: a server that answers as a test says, byte for byte, and a tenant whose model runs on it. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { NewProviderConnection } from '@cockpit/contract/providers'
import type { z } from 'zod'
import { eventually, issueKey, offerModel, openAccount } from '../support/account.ts'
import type { TestCockpit } from '../support/cockpit.ts'

export type Asked = { method: string; url: string; headers: IncomingHttpHeaders; body: string }
/** The body in the pieces it is sent in; `cut` closes the connection behind them without an end. */
export type Said = { status?: number; headers?: Record<string, string>; body: (string | Uint8Array)[]; cut?: boolean }
export type NativeProvider = Awaited<ReturnType<typeof startNative>>

export const startNative = async (reply: (asked: Asked, nth: number) => Said) => {
  const requests: Asked[] = []
  const sockets = new Set<Socket>()
  let current = reply
  const server = createServer(async (incoming, response) => {
    const pieces: Buffer[] = []
    for await (const piece of incoming) pieces.push(piece)
    const asked = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(pieces).toString(),
    }
    const { status = 200, headers = {}, body, cut } = current(asked, requests.push(asked) - 1)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    for (const piece of body) {
      response.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    if (cut) incoming.socket.destroy()
    else response.end()
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    reply(next: typeof reply) {
      current = next
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

export const eventStreamOf = (...chunks: unknown[]): string[] =>
  chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`)

/** An account with a key, and a model of the platform on this connection. */
export const openNative = async (
  cockpit: TestCockpit,
  connection: z.input<typeof NewProviderConnection>,
  { upstreamModel }: { upstreamModel: string },
) => {
  const account = await openAccount(cockpit, { credits: '1000' })
  const { model } = await offerModel(cockpit, account.id, [{ maxRetries: 0, ...connection }], { upstreamModel })
  const key = await issueKey(cockpit, account)
  const headers = { authorization: `Bearer ${key.secret}` }
  await eventually(async () => {
    const { text } = await cockpit.send('GET /v1/models', { headers })
    if (!text.includes(model.name)) throw new Error(`the gateway does not offer the model yet: ${text}`)
  })
  return {
    account,
    model: model.name,
    key: key.secret,
    async call(path: string, body: object) {
      const answer = await cockpit.send(`POST ${path}`, { headers, body: { model: model.name, ...body } })
      return { status: answer.status, text: answer.text, id: answer.headers.get('x-request-id') }
    },
    logged: (requestId: string | null | undefined) =>
      eventually(() => account.api.usage.get({ params: { id: requestId ?? 'req_0' } })),
  }
}
