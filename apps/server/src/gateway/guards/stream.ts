/** Streams: what goes to the caller passes through here event by event, late by as much as is not decided yet. */
import { type Block, type Guard, Inspection, type Look } from '@cockpit/policy'
import {
  asRecord,
  type CallerDialectId,
  createSseParser,
  type Json,
  parseJson,
  type SseEvent,
} from '../dialects/index.ts'
import { createAnthropicEditor } from './stream-anthropic.ts'
import { createOpenaiEditor } from './stream-openai.ts'
import { createResponsesEditor } from './stream-responses.ts'

/** How the events of one dialect carry texts. */
export type StreamEditor = {
  /** The event as it may go on; null when it is left out, the same record when nothing changed. */
  edit(data: Json): Json | null
  /** Events that must go out before this one, with what was held back. */
  before(data: Json): readonly Json[]
  /** Events with everything that is still held back: nothing more comes. */
  rest(): readonly Json[]
}

export type StreamGuard = {
  readonly inspection: Inspection
  push(bytes: Buffer): Buffer
  /** What is held back when no event follows. */
  end(): Buffer
  blockedBy(): Block | null
}

const editors: Readonly<Record<CallerDialectId, (look: Look) => StreamEditor>> = {
  openai: createOpenaiEditor,
  anthropic: createAnthropicEditor,
  completions: createOpenaiEditor,
  responses: createResponsesEditor,
}

/** Events of these have a name, which is their type. */
const namesEvents: ReadonlySet<CallerDialectId> = new Set(['anthropic', 'responses'] as const)

export const createStreamGuard = (guard: Guard, dialect: CallerDialectId): StreamGuard => {
  const inspection = new Inspection(guard, { cutAtBlock: true })
  return { ...createStreamEdit(inspection, dialect), inspection, blockedBy: () => inspection.blockedBy }
}

/** A stream whose texts are shown to `look`, and go on as that says. */
export const createStreamEdit = (look: Look, dialect: CallerDialectId): Pick<StreamGuard, 'push' | 'end'> => {
  const editor = editors[dialect](look)
  const parser = createSseParser()

  const written = (data: Json, event: string | undefined): Buffer =>
    Buffer.from(`${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`)
  const named = (data: Json) => written(data, namesEvents.has(dialect) ? String(data.type) : undefined)

  const take = (event: SseEvent): Buffer[] => {
    if (event.data === '[DONE]') return [...editor.rest().map(named), event.raw]
    if (event.data === '') return [event.raw]
    const parsed = parseJson(event.data)
    const data = asRecord(parsed)
    if (parsed === undefined || data.type === 'error' || data.error) return [event.raw]
    const before = editor.before(data).map(named)
    if (look.blockedBy) return before
    const after = editor.edit(data)
    if (after === null) return before
    return [...before, after === data ? event.raw : written(after, event.event)]
  }

  return {
    push(bytes) {
      const out: Buffer[] = []
      for (const event of parser.push(bytes)) {
        if (look.blockedBy) break
        out.push(...take(event))
      }
      return out.length === 1 && out[0] ? out[0] : Buffer.concat(out)
    },
    end: () => Buffer.concat(look.blockedBy ? [] : editor.rest().map(named)),
  }
}
