/** The beginning of a session: what its caller asks for, and how it is told no before there is one. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { CallRequest, CallResponse } from '../lane/index.ts'

const path = '/v1/realtime'

export const isRealtime = (url: string): boolean => url === path || url.startsWith(`${path}?`)

export const modelOf = (url: string): string => new URLSearchParams(url.slice(path.length)).get('model') ?? ''

/** Pages cannot send headers, and name their key among the languages they offer. */
const keyWord = 'openai-insecure-api-key.'
const betaWord = 'openai-beta.realtime-v1'
/** The only language a session is held in. */
const language = 'realtime'

const offered = ({ headers }: IncomingMessage): string[] =>
  (headers['sec-websocket-protocol'] ?? '').split(',').map((word) => word.trim())

/** The one that is told back; none of those that hold a secret ever is. */
export const chosenProtocol = (words: ReadonlySet<string>): string | false => (words.has(language) ? language : false)

/** Its request as every other one of the gateway, with what stood among the languages where headers stand. */
export const requestOf = (req: IncomingMessage): CallRequest => {
  const words = offered(req)
  const key = words.find((word) => word.startsWith(keyWord))?.slice(keyWord.length)
  const headers = { ...req.headers }
  if (key && headers.authorization === undefined) headers.authorization = `Bearer ${key}`
  if (words.includes(betaWord)) headers['openai-beta'] ??= 'realtime=v1'
  delete headers['sec-websocket-protocol']
  const nothing = () => {}
  return {
    ...{ method: req.method, url: path, headers, socket: req.socket, complete: true },
    ...{ on: nothing, once: nothing, resume: nothing },
  }
}

/** An answer of HTTP in place of a session; afterwards the connection is closed. A class, as it lives with its socket. */
export class HandshakeResponse implements CallResponse {
  readonly #socket: Duplex
  #headersSent = false
  #closed: (() => void) | null = null

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  get headersSent(): boolean {
    return this.#headersSent
  }

  get destroyed(): boolean {
    return this.#socket.destroyed
  }

  writeHead(status: number, headers: string[]): void {
    this.#headersSent = true
    let head = `HTTP/1.1 ${status} ${reasons[status] ?? 'Refused'}\r\n`
    for (let at = 0; at + 1 < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`
    this.#socket.write(`${head}connection: close\r\n\r\n`)
  }

  write(bytes: Buffer | string): boolean {
    return this.#socket.write(bytes)
  }

  end(bytes: Buffer | string = ''): void {
    this.#socket.end(bytes)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  on(_event: 'close', closed: () => void): void {
    this.#closed = closed
    this.#socket.on('close', closed)
  }

  once(_event: 'drain', drained: () => void): void {
    this.#socket.once('drain', drained)
  }

  /** The connection is a session's from now on. */
  release(): void {
    if (this.#closed) this.#socket.off('close', this.#closed)
  }
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
