/** An answer of the Responses dialect that is kept: it reaches its caller under the id it can be asked for by. */
import {
  asRecord,
  createSseParser,
  encodeEvent,
  isRecord,
  type Json,
  nameOfEvent,
  parseJson,
  type SseEvent,
} from '../dialects/index.ts'
import type { CallResponse } from '../lane/index.ts'
import { WrappedResponse } from '../wrapped-response.ts'

type Keeping = {
  id: string
  previousId: string | null
  /** Keeps it; false when that failed, which the caller is told. */
  keep: (response: Json) => Promise<boolean>
}

/** A class, because it lives as long as the response it stands for. */
export class KeptResponse extends WrappedResponse implements CallResponse {
  readonly #keeping: Keeping
  /** Held back until the body is there, whose length it must name. */
  #head: string[] | null = null
  #pieces: Buffer[] = []
  #streams = false
  readonly #parser = createSseParser()
  /** The answer, once it is whole, and what of its stream waits until it is kept. */
  #last: { name: string; data: Json } | null = null
  #after: Buffer[] = []

  constructor(inner: CallResponse, keeping: Keeping) {
    super(inner)
    this.#keeping = keeping
  }

  get headersSent(): boolean {
    return this.#head !== null || this.inner.headersSent
  }

  writeHead(status: number, headers: string[]): void {
    const type = headers[headers.indexOf('content-type') + 1] ?? ''
    this.#streams = status === 200 && type.startsWith('text/event-stream')
    if (status === 200 && !this.#streams) this.#head = headers
    else this.inner.writeHead(status, headers)
  }

  write(bytes: Buffer | string): boolean {
    if (this.#head) {
      this.#pieces.push(Buffer.from(bytes))
      return true
    }
    if (!this.#streams) return this.inner.write(bytes)
    const told = this.#told(this.#parser.push(Buffer.from(bytes)))
    return told.length === 0 || this.inner.write(told)
  }

  end(bytes: Buffer | string = ''): void {
    if (this.#head) {
      this.#pieces.push(Buffer.from(bytes))
      void this.#endWhole(this.#head)
    } else if (this.#streams) {
      const events = [...this.#parser.push(Buffer.from(bytes)), ...this.#parser.end()]
      void this.#endStream(this.#told(events))
    } else this.inner.end(bytes)
  }

  async #endWhole(head: string[]): Promise<void> {
    const whole = Buffer.concat(this.#pieces)
    const answer = parseJson(whole.toString('utf8'))
    const body = isRecord(answer) ? Buffer.from(JSON.stringify(await this.#kept(answer))) : whole
    if (this.inner.destroyed) return
    const others = head.filter((_, at) => head[at - (at % 2)] !== 'content-length')
    this.inner.writeHead(200, [...others, 'content-length', String(body.length)])
    this.inner.end(body)
  }

  async #endStream(told: Buffer): Promise<void> {
    const last = this.#last
    if (last === null) return void this.inner.end(told)
    const response = await this.#kept(asRecord(last.data.response))
    const event = encodeEvent(last.name, JSON.stringify({ ...last.data, response }))
    this.inner.end(Buffer.concat([told, Buffer.from(event), ...this.#after]))
  }

  async #kept(response: Json): Promise<Json> {
    const named = this.#named(response)
    return (await this.#keeping.keep(named)) ? named : { ...named, store: false }
  }

  #named(response: Json): Json {
    const { id, previousId } = this.#keeping
    return { ...response, id, store: true, previous_response_id: previousId }
  }

  /** What of these events the caller may see now. */
  #told(events: readonly SseEvent[]): Buffer {
    const out: Buffer[] = []
    for (const event of events) {
      const name = nameOfEvent(event)
      if (this.#last) this.#after.push(Buffer.from(event.raw))
      else if (lasts.has(name)) this.#last = { name, data: asRecord(parseJson(event.data)) }
      else if (firsts.has(name)) {
        const data = asRecord(parseJson(event.data))
        out.push(
          Buffer.from(encodeEvent(name, JSON.stringify({ ...data, response: this.#named(asRecord(data.response)) }))),
        )
      } else out.push(event.raw)
    }
    return Buffer.concat(out)
  }
}

/** Events that carry the whole response: as it begins, and as it has ended. */
const firsts = new Set(['response.created', 'response.queued', 'response.in_progress'])
const lasts = new Set(['response.completed', 'response.incomplete', 'response.failed'])
