/** Responses in the background: kept before they are made, made like any call, and ended when their caller says so. */

import type { LineAnswer, LineCall, Owner, Turn } from '@cockpit/contract/stored-calls'
import type { Log } from '../../platform/index.ts'
import { sendJson } from '../answer.ts'
import type { Call } from '../call.ts'
import { asRecord, asText, isRecord, type Json, parseJson, setFields } from '../dialects/index.ts'
import { type Refusal, refusal } from '../refusal.ts'
import { holderOf } from './batches.ts'
import type { ResponsePort } from './port.ts'

type Deps = {
  port: ResponsePort
  /** Makes a call that nobody waits for on a connection. */
  line: (line: LineCall) => Promise<LineAnswer>
  log: Log
  now: () => number
}
/** Its caller has the answer already. */
export type Answered = { answered: true }

/** So often it says that it lives, and so long it may be silent before it counts as dead. */
const beatMs = 1_000
const silentMs = 20_000

export const createBackground = ({ port, line, log, now }: Deps) => {
  const open = new Map<string, { abort: AbortController; ended: Promise<void> }>()
  const until = () => new Date(now() + silentMs)

  const run = async (owner: Owner, call: Call, turn: Turn, body: Buffer, signal: AbortSignal): Promise<void> => {
    const answer = await line({
      ...{ accountId: owner.accountId, holder: holderOf(call), endpoint: '/v1/responses', signal },
      body: setFields(body, { background: 'false', store: 'false' }).toString('utf8'),
      ...{ id: call.id, at: new Date(call.at), reruns: 0 },
    })
    if (!signal.aborted) await port.end(owner, turn.id, whole(turn, answer))
  }

  const begin = (owner: Owner, call: Call, turn: Turn, body: Buffer): void => {
    const abort = new AbortController()
    const beat = setInterval(() => {
      port.renew(owner, turn.id, until()).then(
        (lives) => lives || abort.abort(),
        (error) => log.warn({ err: error }, 'a response in the background cannot say that it lives'),
      )
    }, beatMs)
    const ended = run(owner, call, turn, body, abort.signal)
      .catch((error) => log.error({ err: error, requestId: call.id }, 'a response in the background was lost'))
      .finally(() => {
        clearInterval(beat)
        open.delete(turn.id)
      })
    open.set(turn.id, { abort, ended })
  }

  return {
    async start(call: Call, owner: Owner, turn: Turn, body: Buffer): Promise<Answered | Refusal> {
      try {
        await port.begin(owner, turn, until())
      } catch (error) {
        log.warn({ err: error }, 'a response in the background cannot be kept')
        return refusal('store.unavailable', 'Nothing can be kept here at the moment; call again.')
      }
      begin(owner, call, turn, body)
      sendJson(call, 200, turn.response)
      return { answered: true }
    },
    /** At once where it is made here; elsewhere it is noticed a moment later. */
    abort: (id: string): void => open.get(id)?.abort.abort(),
    idle: async (): Promise<void> => void (await Promise.all([...open.values()].map(({ ended }) => ended))),
  }
}
export type Background = ReturnType<typeof createBackground>

/** How it stands before anything of it is there. */
export const queued = (asked: Json, facts: { id: string; previousId: string | null; createdAt: number }): Json => ({
  ...{ id: facts.id, object: 'response', created_at: facts.createdAt, status: 'queued', background: true, error: null },
  ...{ incomplete_details: null, instructions: asked.instructions ?? null, model: asked.model ?? '', output: [] },
  ...{ previous_response_id: facts.previousId, store: true, metadata: asked.metadata ?? {}, tools: asked.tools ?? [] },
  ...{ parallel_tool_calls: asked.parallel_tool_calls ?? true, tool_choice: asked.tool_choice ?? 'auto', usage: null },
})

const whole = ({ id, previousId, response }: Turn, { status, body }: LineAnswer): Json => {
  const said = asRecord(parseJson(body))
  if (status === 200 && isRecord(said))
    return { ...said, id, store: true, background: true, previous_response_id: previousId }
  const error = asRecord(said.error)
  const message = asText(error.message) ?? `The call ended with status ${status}.`
  return { ...response, status: 'failed', error: { code: asText(error.code) ?? 'server_error', message } }
}
