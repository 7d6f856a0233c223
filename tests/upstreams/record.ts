/** What a provider was asked, and what became of the call. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

export type Dialect = 'openai' | 'anthropic'
export type Operation = 'chat' | 'embeddings' | 'count_tokens' | 'models' | 'media' | 'responses'
export type End = { by: 'client' | 'upstream'; at: number }

/** A request body of either dialect: the fields this upstream reads, and whatever else was sent. */
export type WireBody = {
  model?: string
  stream?: boolean
  messages?: { role: string; content?: unknown; [field: string]: unknown }[]
  system?: unknown
  tools?: unknown[]
  max_tokens?: number
  stream_options?: { include_usage?: boolean }
  input?: unknown
  encoding_format?: string
  dimensions?: number
  [field: string]: unknown
}

export type Recorded = {
  /** Epoch milliseconds of arrival. */
  at: number
  method: string
  /** As sent, with its query. */
  path: string
  dialect: Dialect
  operation: Operation | null
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  /** The bytes as they came. */
  raw: Buffer
  /** Null when the body is no JSON object. */
  body: WireBody | null
  model: string | null
  stream: boolean
  /** Which connection of this upstream carried it, counted from 1. */
  connection: number
  /** Events of the stream written so far. */
  events: number
  /** Who ended the exchange and when; null while it is open. */
  ended: End | null
  /** Resolves when the exchange has ended. */
  done: Promise<End>
}

// responses this side broke off on purpose; without the mark they would look like a caller who hung up
const broken = new WeakSet<ServerResponse>()

export function breakOff(response: ServerResponse, how: 'reset' | 'close'): void {
  broken.add(response)
  if (how === 'reset') response.socket?.resetAndDestroy()
  else response.destroy()
}

export async function record(
  incoming: IncomingMessage,
  response: ServerResponse,
  connection: number,
): Promise<Recorded> {
  const at = Date.now()
  const done = new Promise<End>((resolve) => {
    response.once('close', () => {
      const byClient = !response.writableFinished && !broken.has(response)
      resolve({ by: byClient ? 'client' : 'upstream', at: Date.now() })
    })
  })
  const { method = 'GET', url: path = '/', headers, rawHeaders } = incoming
  const raw = await bytesOf(incoming).catch(() => Buffer.alloc(0))
  const body = parsed(raw)
  const route = path.split('?')[0] ?? path
  const request: Recorded = {
    at,
    method,
    path,
    headers,
    rawHeaders,
    raw,
    body,
    connection,
    done,
    dialect: dialectOf(route, headers),
    operation: operationOf(method, route),
    model: typeof body?.model === 'string' ? body.model : null,
    stream: body?.stream === true,
    events: 0,
    ended: null,
  }
  done.then((end) => {
    request.ended = end
  })
  return request
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces)
}

function dialectOf(route: string, headers: IncomingHttpHeaders): Dialect {
  return headers['anthropic-version'] !== undefined || /\/messages(\/|$)/.test(route) ? 'anthropic' : 'openai'
}

function operationOf(method: string, route: string): Operation | null {
  if (method === 'GET') return route.endsWith('/models') ? 'models' : null
  if (method !== 'POST') return null
  if (route.endsWith('/chat/completions') || route.endsWith('/messages')) return 'chat'
  if (route.endsWith('/responses')) return 'responses'
  if (route.endsWith('/messages/count_tokens')) return 'count_tokens'
  if (/\/(images|audio)\/\w+$|\/rerank$/.test(route)) return 'media'
  return route.endsWith('/embeddings') ? 'embeddings' : null
}

function parsed(raw: Buffer): WireBody | null {
  try {
    const value: unknown = JSON.parse(raw.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as WireBody) : null
  } catch {
    return null
  }
}
