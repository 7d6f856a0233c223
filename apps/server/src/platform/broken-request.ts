/** Answers what never became a request: broken framing, a flood of headers, a client too slow to finish. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Problem, problemBody } from './problem.ts'

type Fault = {
  code: 'input.malformed' | 'input.headers_too_large' | 'input.too_large' | 'input.too_slow'
  message: string
}
type Broken = Error & { code?: string; rawPacket?: unknown }
export type Told = { status: number; headers: Readonly<Record<string, string>>; body: string }
/** How it is said at an address whose callers read another shape than a problem; null: they read problems. */
export type Speak = (url: string, fault: Fault, requestId: string) => Told | null

/** So long is read on and thrown away after the answer: closing at once would take it back from who still sends. */
const lingerMs = 1_000
const addressCharsMax = 2_048

export const createBrokenRequests = ({ newId, speak = () => null }: { newId: () => string; speak?: Speak }) => {
  /** The address that the first bytes on a connection named, until a request comes of it. */
  const named = new WeakMap<Socket, string>()
  const open = new WeakMap<Socket, { request: IncomingMessage; response: ServerResponse }>()
  const answered = new WeakSet<Socket>()

  const tell = (socket: Socket, fault: Fault, url: string | null) => {
    if (!socket.writable) return void socket.destroy()
    answered.add(socket)
    const requestId = newId()
    const told = (url !== null && speak(url, fault, requestId)) || asProblem(fault, requestId)
    socket.end(written(told, requestId))
    socket.resume()
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }

  return {
    /** What arrived first on a connection. */
    hears(socket: Socket, bytes: Buffer): void {
      const url = addressIn(bytes)
      if (url !== null) named.set(socket, url)
    },
    /** A request whose head was understood. */
    opens(request: IncomingMessage, response: ServerResponse): void {
      const { socket } = request
      named.delete(socket)
      open.set(socket, { request, response })
      response.once('close', () => {
        if (open.get(socket)?.response === response) open.delete(socket)
      })
    },
    answer(error: Broken, socket: Socket): void {
      if (answered.has(socket)) return
      if (error.code === 'ECONNRESET') return void socket.destroy()
      const fault = faultOf(error)
      const current = open.get(socket)
      if (!current || current.response.writableFinished) {
        tell(socket, fault, addressIn(error.rawPacket) ?? named.get(socket) ?? null)
        return
      }
      const { request, response } = current
      // what is broken stands behind this request, so its answer comes first
      if (request.complete) return void response.once('finish', () => tell(socket, fault, null))
      if (response.headersSent) return void socket.destroy()
      tell(socket, fault, request.url ?? null)
    },
  }
}

const faultOf = ({ code }: Broken): Fault => {
  if (code === 'HPE_HEADER_OVERFLOW')
    return { code: 'input.headers_too_large', message: 'The request has too many or too large headers.' }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return { code: 'input.too_large', message: 'The chunks of the body have too long extensions.' }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { code: 'input.too_slow', message: 'The request took too long to arrive.' }
  return { code: 'input.malformed', message: 'This is not a valid HTTP request.' }
}

const requestLine = /^(?:\r?\n)*[A-Z]{3,10} (\/[\x21-\x7e]*) HTTP\/\d/

const addressIn = (bytes: unknown): string | null =>
  Buffer.isBuffer(bytes) ? (requestLine.exec(bytes.toString('latin1', 0, addressCharsMax))?.[1] ?? null) : null

const asProblem = ({ code, message }: Fault, requestId: string): Told => {
  const problem = new Problem(code, message)
  return {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify(problemBody(problem, requestId)),
  }
}

const written = ({ status, headers, body }: Told, requestId: string): string => {
  const all = {
    ...headers,
    'x-request-id': requestId,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}
