/** An answer of a server on its way to the client: its bytes as they came, unless somebody has to look at its messages. */
import type { Call } from '../call.ts'
import { asRecord, createSseParser, isRecord, parseJson, type SseEvent } from '../dialects/index.ts'
import type { CallResponse } from '../lane/index.ts'
import type { Message } from './messages.ts'
import { type Answer, isEventStream, readAll } from './upstream.ts'

export type Way = Looking & {
  /** Beyond the type of the answer. */
  headers: readonly string[]
  /** Told once, before the last bytes leave; calls back to let them. `message` is null where the answer has none. */
  ends(message: Message | null, status: number, leave: () => void): void
}

type Looking = {
  bytesMax: number
  /** Sees each message and says what goes on instead; null lets bytes pass unread. */
  look: ((message: Message) => Message | null) | null
  /** What the ids of events become, by which a client asks for what it missed. */
  eventId?: (id: string) => string
  /** Whether a message is the answer that is waited for; what is behind it belongs to nobody. */
  isLast(message: Message): boolean
}

export const relay = async (call: Call, answer: Answer, way: Way): Promise<void> => {
  if (isEventStream(answer)) return relayEvents(call, answer, way)
  const body = await readAll(answer, way.bytesMax)
  const { message, bytes } = lookAt(body, way)
  const type = answer.headers['content-type']
  const headers = [...way.headers, ...(type === undefined ? [] : ['content-type', String(type)])]
  way.ends(message, answer.status, () => {
    if (call.res.destroyed) return
    call.res.writeHead(answer.status, [...headers, 'content-length', String(bytes.length)])
    call.res.end(bytes)
  })
}

const lookAt = (body: Buffer, { look, isLast }: Looking): { message: Message | null; bytes: Buffer } => {
  if (body.length === 0) return { message: null, bytes: body }
  const value = parseJson(body.toString('utf8'))
  if (!isRecord(value)) return { message: null, bytes: body }
  const came = value as Message
  const after = look ? look(came) : came
  const message = isLast(came) ? (after ?? came) : null
  return { message, bytes: after === came || after === null ? body : Buffer.from(JSON.stringify(after)) }
}

const relayEvents = async (call: Call, answer: Answer, way: Way): Promise<void> => {
  call.res.writeHead(answer.status, [...way.headers, ...eventHeaders])
  const { message, bytes } = await relayInto(call, answer, way)
  way.ends(message, answer.status, () => void call.res.end(bytes))
}

/** Up to what is waited for, which is handed back; without it, what is left at the end. */
export const relayInto = async (
  call: Call,
  answer: Answer,
  way: Looking,
): Promise<{ message: Message | null; bytes: Buffer }> => {
  const parser = createSseParser({ eventBytesMax: way.bytesMax })
  for await (const piece of answer.body)
    for (const event of parser.push(piece)) {
      const { bytes, message } = rewritten(event, way)
      if (message) {
        answer.body.destroy()
        return { message, bytes: bytes ?? nothing }
      }
      if (bytes) await written(call.res, bytes)
    }
  const rest = parser.end().map((event) => rewritten(event, way))
  const message = rest.find((one) => one.message)?.message ?? null
  return { message, bytes: Buffer.concat(rest.flatMap(({ bytes }) => bytes ?? [])) }
}
const nothing = Buffer.alloc(0)

export const eventHeaders: readonly string[] = [
  'content-type',
  'text/event-stream',
  'cache-control',
  'no-cache, no-transform',
  'x-accel-buffering',
  'no',
]

/** `bytes` is null for an event that goes no further, `message` for one that is not the last. */
const rewritten = (
  came: SseEvent,
  { eventId, look, isLast }: Looking,
): { bytes: Buffer | null; message: Message | null } => {
  const event = eventId ? { ...came, raw: withEventId(came.raw, eventId) } : came
  if (event.data === '') return { bytes: event.raw, message: null }
  const message = asRecord(parseJson(event.data)) as Message
  const after = look ? look(message) : message
  const bytes = after === null ? null : after === message ? event.raw : withData(event, JSON.stringify(after))
  return { bytes, message: isLast(message) ? (after ?? message) : null }
}

const withEventId = (raw: Buffer, eventId: (id: string) => string): Buffer =>
  Buffer.from(raw.toString('utf8').replace(/^id:[ ]?(.*)$/m, (_line, id: string) => `id: ${eventId(id)}`))

/** The same event, its id and name included, with other data. */
const withData = ({ raw }: SseEvent, data: string): Buffer => {
  const kept = raw
    .toString('utf8')
    .split(/\r\n|\r|\n/)
    .filter((line) => line !== '' && !/^data(:|$)/.test(line))
  return Buffer.from(`${[...kept, `data: ${data}`].join('\n')}\n\n`)
}

const written = async (res: CallResponse, bytes: Buffer): Promise<void> => {
  if (res.destroyed || res.write(bytes)) return
  await new Promise<void>((resume) => {
    res.once('drain', resume)
    res.on('close', resume)
  })
}
