/** Requests to MCP servers: where they may lie, what they are sent, and how much they may say. */
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { SliceMcpServer } from '@cockpit/contract/snapshot'
import { Agent, request } from 'undici'
import type { AddressPort, SecretPort } from '../ports.ts'
import { publicOnly } from '../upstream/index.ts'

/** What is needed of a server to speak with it. */
export type Endpoint = { url: string; headers: Readonly<Record<string, string>> }

export type Answer = {
  status: number
  headers: IncomingHttpHeaders
  body: AsyncIterable<Buffer> & { destroy(error?: Error): unknown }
}

export type Asking = {
  method: 'GET' | 'POST' | 'DELETE'
  headers?: Readonly<Record<string, string>>
  body?: Buffer | string
  signal: AbortSignal
}

/** In words a caller may read; what the server said itself is not among them. */
export class Unreachable extends Error {}

type Deps = { addresses: AddressPort; allowPrivateTargets: boolean }

const connectMs = 10_000

export const createMcpUpstream = ({ addresses, allowPrivateTargets }: Deps) => {
  // a stream may be silent for as long as its server has nothing to say
  const bounds = { headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: 32 << 10 }
  const agent = new Agent({
    ...bounds,
    connect: { timeout: connectMs, ...(!allowPrivateTargets && { lookup: publicOnly(addresses) }) },
  })
  const isPrivate = ({ hostname }: URL): boolean => {
    const host = hostname.replace(/^\[|\]$/g, '')
    return isIP(host) !== 0 && addresses.isPrivate(host)
  }

  return {
    async ask({ url, headers }: Endpoint, { method, headers: more, body, signal }: Asking): Promise<Answer> {
      if (!allowPrivateTargets && isPrivate(new URL(url)))
        throw new Unreachable('its address lies inside the network of this installation')
      try {
        const answer = await request(url, {
          ...{ method, dispatcher: agent, signal },
          headers: { 'user-agent': 'cockpit-gateway', ...more, ...headers },
          ...(body !== undefined && { body }),
        })
        return { status: answer.statusCode, headers: answer.headers, body: answer.body }
      } catch (error) {
        throw signal.aborted ? error : new Unreachable(reasonOf(error))
      }
    },
    close: () => agent.destroy(),
  }
}
export type McpUpstream = ReturnType<typeof createMcpUpstream>

/** The credential as a header; where it is `authorization` and no scheme is given, a bearer token. */
export const endpointOf = (server: SliceMcpServer, secrets: SecretPort): Endpoint => {
  const { url, headerName, sealedSecret, secretContext } = server
  if (sealedSecret === null) return { url, headers: {} }
  const secret = secrets.open(sealedSecret, secretContext)
  const isBare = headerName.toLowerCase() === 'authorization' && !secret.includes(' ')
  return { url, headers: { [headerName.toLowerCase()]: isBare ? `Bearer ${secret}` : secret } }
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'the connection failed'
  if (error.cause instanceof Error) return reasonOf(error.cause)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return code === 'PRIVATE_TARGET'
    ? 'its address lies inside the network of this installation'
    : `the connection failed (${code})`
}

/** The whole body; throws what is longer than it may be. */
export const readAll = async ({ body }: Answer, bytesMax: number): Promise<Buffer> => {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > bytesMax) {
      body.destroy()
      throw new Unreachable(`its answer has more than ${bytesMax} bytes`)
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces, size)
}

export const isEventStream = ({ headers }: Answer): boolean =>
  String(headers['content-type'] ?? '').startsWith('text/event-stream')
