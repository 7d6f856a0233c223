/** Responses that are continued and kept: the conversation before them is put in front, and a copy stays behind. */

import type { Owner, Turn } from '@cockpit/contract/stored-calls'
import type { Log } from '../../platform/index.ts'
import type { Call } from '../call.ts'
import type { GatewayConfig } from '../config.ts'
import { asList, isRecord, type Json, parseJson, setFields } from '../dialects/index.ts'
import { shutOut } from '../holder.ts'
import { type Refusal, refusal, refusalOf } from '../refusal.ts'
import { type Answered, type Background, queued } from './background.ts'
import { KeptResponse } from './kept-response.ts'
import { mentions } from './mentioned.ts'
import { ownerOf } from './owner.ts'
import type { ResponsePort } from './port.ts'

type Deps = { port: ResponsePort; background: Background; log: Log; config: Pick<GatewayConfig, 'bodyBytesMax'> }

export const createTurns = ({ port, background, log, config }: Deps) => {
  const saving = new Set<Promise<unknown>>()

  const keepFor = (call: Call, owner: Owner, asked: Json, previousId: string | null): void => {
    const id = `resp_${bare(call.id)}`
    const input = itemsOf(asked.input, bare(call.id))
    const keep = async (response: Json): Promise<boolean> => {
      const kept = port.keep(owner, { id, previousId, input, response }).then(
        () => true,
        (error) => {
          log.error({ err: error, requestId: call.id }, 'a response could not be kept')
          return false
        },
      )
      saving.add(kept)
      const done = await kept
      saving.delete(kept)
      return done
    }
    call.isKept = true
    call.res = new KeptResponse(call.res, { id, previousId, keep })
  }

  const continued = async (owner: Owner, body: Buffer, asked: Json, id: string): Promise<Buffer | Refusal> => {
    const wrong = wrongInput(asked.input)
    if (wrong) return wrong
    let turns: Awaited<ReturnType<ResponsePort['conversation']>>
    try {
      turns = await port.conversation(owner, id)
    } catch (error) {
      log.warn({ err: error }, 'kept responses cannot be read')
      return refusal('store.unavailable', 'What is kept here cannot be read at the moment; call again.')
    }
    if ('missing' in turns) {
      const why = turns.missing === id ? '' : ` '${id}' continues it.`
      return refusal('input.invalid', `No response '${turns.missing}' is kept here.${why}`, 'previous_response_id')
    }
    if (isRunning(turns.at(-1)))
      return refusal('input.invalid', `Response '${id}' has not ended yet.`, 'previous_response_id')
    const items = [...turns.flatMap(replayed), ...itemsOf(asked.input, null)]
    const input = JSON.stringify(items)
    if (input.length > config.bodyBytesMax)
      return refusal('input.too_large', 'The conversation has become too long; begin another one.', 'input')
    return setFields(body, { input, previous_response_id: 'null' })
  }

  const inBackground = async (call: Call, owner: Owner, body: Buffer, asked: Json): Promise<Refusal | Answered> => {
    if (asked.store === false)
      return refusal('input.invalid', 'A response in the background is kept, so it cannot be false.', 'store')
    if (asked.stream === true)
      return refusal('input.invalid', 'A response in the background comes whole, when it is asked for.', 'stream')
    // calls that somebody waits for learn it from their plan, and this one is answered before it has one
    const denial = shutOut(call, call.at)
    const wrong = denial ? refusalOf(denial) : wrongInput(asked.input)
    if (wrong) return wrong
    const id = `resp_${bare(call.id)}`
    const previousId = typeof asked.previous_response_id === 'string' ? asked.previous_response_id : null
    const response = queued(asked, { id, previousId, createdAt: Math.floor(call.at / 1_000) })
    const input = itemsOf(asked.input, bare(call.id))
    return background.start(call, owner, { id, previousId, input, response }, body)
  }

  return {
    /** Most calls neither keep nor continue anything: their bytes are looked at once, and go on as they are. */
    prepare(call: Call, body: Buffer): Buffer | Promise<Buffer | Refusal | Answered> {
      const owner = ownerOf(call)
      const mode = call.account?.slice.stored ?? 'asked'
      if (!owner || call.surface || (mode !== 'always' && !telling.some((found) => found(body)))) return body
      const asked = parseJson(body.toString('utf8'))
      if (!isRecord(asked)) return body
      const { previous_response_id: id, store } = asked
      const keeps = mode !== 'never' && (store === true || (mode === 'always' && store == null))
      const previousId = typeof id === 'string' ? id : null
      if (asked.background === true && mode !== 'never') return inBackground(call, owner, body, asked)
      if (keeps) keepFor(call, owner, asked, previousId)
      return previousId === null ? body : continued(owner, body, asked, previousId)
    },
    /** Resolves when everything that is being kept is kept. */
    idle: async (): Promise<void> => void (await Promise.all([...saving, background.idle()])),
  }
}
export type Turns = ReturnType<typeof createTurns>

/** Said here, for behind what came before it an item has another place. */
const wrongInput = (input: unknown): Refusal | null => {
  if (typeof input === 'string') return null
  if (!Array.isArray(input)) return refusal('input.invalid', "'input' must be a text or a list of items.", 'input')
  const at = input.findIndex((item) => !isRecord(item))
  return at < 0 ? null : refusal('input.invalid', 'An item must be an object.', `input[${at}]`)
}

const isRunning = (turn: Turn | undefined): boolean =>
  turn?.response.status === 'queued' || turn?.response.status === 'in_progress'

const telling = ['previous_response_id', 'store', 'background'].map(mentions)
const bare = (id: string): string => id.slice(id.indexOf('_') + 1)

/** The input as items, each with an id where it is to be listed. */
const itemsOf = (input: unknown, name: string | null): Json[] => {
  const said = { type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }
  const items = typeof input === 'string' ? [said] : asList(input).filter(isRecord)
  if (name === null) return items
  return items.map((item, at) => ({ id: `${prefixOf(item)}_${name}_in${at}`, type: 'message', ...item }))
}

const prefixOf = ({ type }: Json): string =>
  type === 'function_call' ? 'fc' : type === 'function_call_output' ? 'fco' : type === 'reasoning' ? 'rs' : 'msg'

/** As any provider takes it: without ids it does not know, and without thoughts that nobody can open. */
const replayed = ({ input, response }: Turn): Json[] =>
  [...input, ...asList(response.output).filter(isRecord)].flatMap((item) => {
    if (item.type === 'reasoning') return typeof item.encrypted_content === 'string' ? [item] : []
    const { id: _, status: __, ...rest } = item
    return [rest]
  })
