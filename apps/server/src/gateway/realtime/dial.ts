/** The provider's side of a session. */
import type { IncomingMessage } from 'node:http'
import { type ClientOptions, WebSocket } from 'ws'
import type { Call } from '../call.ts'
import type { Deployment } from '../plans.ts'
import { pathFor } from '../providers/index.ts'
import { type Failure, failureOfAnswer, failureOfError, unreadable } from '../upstream/index.ts'

const complaintBytesMax = 64 << 10

export type Dialed = { upstream: WebSocket } | { failure: Failure }

/** Opens a session; until somebody listens to it, it says nothing. */
export const dial = (call: Call, { target, upstreamModel }: Deployment, messageBytesMax: number): Promise<Dialed> => {
  const { provider, basePath, origin, connection, lookup } = target
  const path = pathFor(provider, call, upstreamModel)
  if (path === null) return Promise.resolve({ failure: { ...unreadable(unable), retryable: false } })
  const { connectMs, firstByteMs } = connection.timeouts
  const options: ClientOptions = {
    headers: headersFor(call, target),
    handshakeTimeout: connectMs + firstByteMs,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
    ...(lookup && { lookup }),
  }
  const upstream = new WebSocket(origin.replace(/^http/, 'ws') + basePath + path, options)
  return new Promise((resolve) => {
    upstream.once('open', () => {
      upstream.pause()
      resolve({ upstream })
    })
    upstream.once('unexpected-response', (_request, response) => {
      void complaintOf(response).then((body) => {
        upstream.terminate()
        const speaker = { dialect: provider.dialect, redact: target.redact }
        resolve({ failure: failureOfAnswer(response.statusCode ?? 502, response.headers, body, speaker) })
      })
    })
    // also whatever goes wrong later, which the session hears by its end
    upstream.on('error', (error) => resolve({ failure: failureOfError(error) }))
  })
}

const unable = 'The provider has no sessions.'

const headersFor = ({ req }: Call, { credentials, provider }: Deployment['target']): Record<string, string> => {
  const headers: Record<string, string> = { 'user-agent': 'cockpit-gateway' }
  for (let at = 0; at + 1 < credentials.length; at += 2) headers[credentials[at] ?? ''] = credentials[at + 1] ?? ''
  const beta = req.headers['openai-beta']
  if (typeof beta === 'string' && provider.forwards.includes('openai-beta')) headers['openai-beta'] = beta
  return headers
}

const complaintOf = (response: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    response.on('data', (piece: Buffer) => {
      size += piece.length
      if (size <= complaintBytesMax) pieces.push(piece)
    })
    response.on('close', () => resolve(Buffer.concat(pieces)))
  })
