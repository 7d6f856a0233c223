/**
 * Sessions over WebSocket, in OpenAI's language: decided, limited and paid for as calls are, one for each answer. Owns
 * nothing that outlives a session.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SliceConnection } from '@cockpit/contract/snapshot'
import { type WebSocket, WebSocketServer } from 'ws'
import { Call } from '../call.ts'
import type { Calls } from '../calls.ts'
import type { GatewayConfig } from '../config.ts'
import { createEndings } from '../endings.ts'
import type { CallRequest, CallResponse } from '../lane/index.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Deployment } from '../plans.ts'
import type { Refusal } from '../refusal.ts'
import type { Settle } from '../settle.ts'
import type { Failure } from '../upstream/index.ts'
import { type Dialed, dial } from './dial.ts'
import { chosenProtocol, HandshakeResponse, isRealtime, modelOf, requestOf } from './handshake.ts'
import { type Session, startSession } from './session.ts'

type Deps = {
  pipeline: () => Pipeline
  calls: Calls
  settle: Settle
  config: Pick<GatewayConfig, 'sessionMessageBytesMax' | 'sessionIdleMs' | 'sessionMs'>
  onBug: (call: Call, error: unknown) => void
  onRefusedCredential: (connection: SliceConnection, failure: Failure) => void
  newId: () => string
  now: () => number
}

/** Said between two answers; what is longer is billed all the same. */
const turnTokens = 1_000

export const createRealtime = (deps: Deps) => {
  const { calls, settle, config, onBug, newId, now } = deps
  const endings = createEndings({ settle, onBug })
  const sessions = new Set<Session>()
  /** What happens once an answer is paid for. */
  const waiting = new WeakMap<Call, (call: Call) => void>()
  const sockets = new WebSocketServer({
    ...{ noServer: true, maxPayload: config.sessionMessageBytesMax, perMessageDeflate: false },
    handleProtocols: chosenProtocol,
  })

  const callFor = (req: CallRequest, res: CallResponse): Call =>
    new Call({ id: newId(), req, res, dialect: 'openai', operation: 'realtime', search: '', at: now() })

  const bodyFor = (model: string): Buffer => Buffer.from(JSON.stringify({ model }))

  const next = (before: Call, res: CallResponse, talkTokens: number, granted: (call: Call) => void): Call => {
    const call = callFor(before.req, res)
    const { account, holder, model } = before
    if (!account || !holder) throw new Error('a session without a caller')
    call.talkTokens = talkTokens + turnTokens
    waiting.set(call, granted)
    // not in the same turn: a call that is denied ends the session that asks for it
    setImmediate(() => deps.pipeline().startFor(call, { account, holder }, bodyFor(model)))
    return call
  }

  const beside = (call: Call): Call => {
    const { account, holder, entry, model, inputTokens } = call
    const other = Object.assign(callFor(call.req, call.res), {
      account,
      holder,
      entry,
      model,
      inputTokens,
      attempts: 1,
    })
    calls.add(other)
    return other
  }

  /** The first who takes the session has it. */
  const connect = async (call: Call, accept: Accept) => {
    let failed: Failed | null = null
    for (const deployment of deploymentsFor(call)) {
      if (deployment.target.broken !== null) {
        failed ??= { deployment, refused: withoutAccess(deployment.target.broken) }
        continue
      }
      const dialed = await attempt(call, deployment)
      if (isOver(call, dialed, deployment)) return
      if ('upstream' in dialed) return accept(deployment, dialed.upstream)
      const { failure } = dialed
      failed = { deployment, refused: refusalFor(failure) }
      if (failure.credentialDead) deps.onRefusedCredential(deployment.target.connection, failure)
      if (!failure.elsewhere && !failure.retryable) break
    }
    endings.refuse(call, failed?.refused ?? withoutAccess('Nobody takes sessions for it.'), failed?.deployment ?? null)
  }

  const attempt = async (call: Call, deployment: Deployment): Promise<Dialed> => {
    call.attempts++
    const from = call.elapsedMs()
    const dialed = await dial(call, deployment, config.sessionMessageBytesMax)
    const { connection } = deployment.target
    call.span(`attempt ${call.attempts}`, from, connection.name, 'upstream' in dialed)
    return dialed
  }

  /** Its caller has left meanwhile, or may call no more. */
  const isOver = (call: Call, dialed: Dialed, deployment: Deployment): boolean => {
    if (!call.finished && !call.revoked) return false
    if ('upstream' in dialed) dialed.upstream.terminate()
    if (call.revoked && !call.finished) endings.refuse(call, call.revoked, deployment)
    return true
  }

  const upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const res = new HandshakeResponse(socket)
    const call = callFor(requestOf(req), res)
    call.talkTokens = turnTokens
    const open = (deployment: Deployment, upstream: WebSocket) => {
      // whoever asks in no good way is told so and is gone
      const gone = () => {
        upstream.terminate()
        deps.pipeline().forget(call)
      }
      call.onGone = gone
      sockets.handleUpgrade(req, socket, head, (client) => {
        res.release()
        deployment.load?.began(now())
        calls.streaming(call)
        const endsAt = performance.now() + config.sessionMs
        const session = startSession(
          { client, upstream, deployment, first: call, endsAt },
          {
            ...{ settle, next, beside, idleMs: config.sessionIdleMs },
            forget: (unused) => deps.pipeline().forget(unused),
            onOver(over) {
              sessions.delete(over)
              deployment.load?.ended()
              calls.streamed(call)
            },
          },
        )
        sessions.add(session)
      })
    }
    waiting.set(call, () => {
      const gone = () => deps.pipeline().forget(call)
      call.onGone = gone
      call.onDeadline = () => {}
      connect(call, open).catch((error) => onBug(call, error))
    })
    try {
      deps.pipeline().startWith(call, bodyFor(modelOf(req.url ?? '')))
    } catch (error) {
      onBug(call, error)
    }
  }

  return {
    /** Takes the requests of a server that ask for a session; every other stays a plain request. */
    listen(server: Server): void {
      // a word of Node's types of tomorrow
      Object.assign(server, { shouldUpgradeCallback: ({ url = '' }: IncomingMessage) => isRealtime(url) })
      server.on('upgrade', upgrade)
    },
    /** An answer of a session is paid for. */
    granted(call: Call): void {
      const go = waiting.get(call)
      waiting.delete(call)
      go?.(call)
    },
    /** Sessions end when nothing is being said. */
    retire(): void {
      for (const session of [...sessions]) session.retire()
    },
  }
}

const deploymentsFor = (call: Call): readonly Deployment[] =>
  call.entry?.router?.order(call).deployments ?? call.entry?.deployments ?? []

type Accept = (deployment: Deployment, upstream: WebSocket) => void
type Failed = { deployment: Deployment; refused: Refusal }

const withoutAccess = (message: string): Refusal => ({
  ...{ code: 'upstream_credentials_exhausted', status: 502, message, retryable: false },
})

/** What a provider says of its credential is never said of the caller's. */
const refusalFor = ({ code, status, message, retryable, credentialDead }: Failure): Refusal => ({
  ...{ code, status: credentialDead ? 502 : status, message, retryable },
})
