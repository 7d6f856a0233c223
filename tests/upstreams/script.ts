/** Which reply a request gets. */
import type { Answer } from './answer.ts'
import type { Recorded } from './record.ts'

/** An HTTP answer exactly as written here, whatever the dialect. */
export type Verbatim = {
  kind: 'verbatim'
  status: number
  headers: Record<string, string>
  body: string | Uint8Array
  /** Announces this length in place of the real one; a connection that closes early is then a broken answer. */
  claimedLength?: number
}

/** An error in the dialect of the request: `{error: …}` or `{type: 'error', error: …}`. */
export type Refusal = {
  kind: 'refusal'
  status: number
  message: string
  code: string | null
  headers: Record<string, string>
}

/** Takes the request and never answers, or drops the connection before the first byte. */
export type Silence = { kind: 'silence'; how: 'hang' | 'reset' }

export type Reply = Answer | Verbatim | Refusal | Silence

/** `nth` counts the generating requests (chat, messages, embeddings) of this upstream from 0. */
export type Script = Reply | ((request: Recorded, nth: number) => Reply)

/** One reply after the other; the last one repeats. */
export function queue(...replies: [Reply, ...Reply[]]): Script {
  let next = 0
  return () => {
    const reply = replies[Math.min(next++, replies.length - 1)]
    return reply ?? replies[0]
  }
}

/** `reply` n times, then `then` for ever. */
export function failing(times: number, reply: Reply, then: Reply): Script {
  let left = times
  return () => (left-- > 0 ? reply : then)
}

/** A script of its own for each model; a model without one does not exist at this provider. */
export function byModel(scripts: Record<string, Script>): Script {
  return (request, nth) => {
    const script = scripts[request.model ?? '']
    if (script) return typeof script === 'function' ? script(request, nth) : script
    const message = `The model '${request.model}' does not exist or you do not have access to it.`
    return { kind: 'refusal', status: 404, message, code: 'model_not_found', headers: {} }
  }
}
