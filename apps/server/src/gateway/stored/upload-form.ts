/** A multipart form as it arrives: its parts in their order, never more of it at once than a piece. */
import { MalformedBody } from '../dialects/index.ts'
import { headOf } from '../media/index.ts'

export type FormEvent =
  | { kind: 'part'; name: string; filename: string | null; mediaType: string | null }
  | { kind: 'bytes'; bytes: Buffer }

const headBytesMax = 4_096
const partsMax = 20
const lineEnd = '\r\n'
const headEnd = '\r\n\r\n'

/** What has arrived and was not taken yet. */
class Arrivals {
  rest: Buffer
  readonly #source: AsyncIterator<Buffer>

  constructor(pieces: AsyncIterable<Buffer>, before: string) {
    this.#source = pieces[Symbol.asyncIterator]()
    this.rest = Buffer.from(before)
  }

  async more(): Promise<void> {
    const { done, value } = await this.#source.next()
    if (done) throw wrong('it ends before its last boundary')
    this.rest = Buffer.concat([this.rest, value])
  }

  take(count: number): Buffer {
    const taken = this.rest.subarray(0, count)
    this.rest = this.rest.subarray(count)
    return taken
  }

  /** Everything up to a word, as it comes; the word itself is taken too. */
  async *upTo(word: string): AsyncGenerator<Buffer> {
    for (;;) {
      const end = this.rest.indexOf(word, 0, 'latin1')
      // what may be the beginning of the word stays
      const safe = end < 0 ? this.rest.length - word.length + 1 : end
      if (safe > 0) yield this.take(safe)
      if (end >= 0) return void this.take(word.length)
      await this.more()
    }
  }

  async head(): Promise<string> {
    let end = this.rest.indexOf(headEnd, 0, 'latin1')
    while (end < 0) {
      if (this.rest.length > headBytesMax) throw wrong('the head of a part is too long')
      await this.more()
      end = this.rest.indexOf(headEnd, 0, 'latin1')
    }
    return this.take(end + headEnd.length).toString('utf8', 0, end)
  }

  /** Whether another part follows a boundary. */
  async goesOn(): Promise<boolean> {
    while (this.rest.length < 2) await this.more()
    const next = this.take(2).toString('latin1')
    if (next !== '--' && next !== lineEnd) throw wrong('a line begins like its boundary and goes on')
    return next === lineEnd
  }
}

export async function* formEvents(pieces: AsyncIterable<Buffer>, boundary: string): AsyncGenerator<FormEvent> {
  const delimiter = `${lineEnd}--${boundary}`
  // a form may begin with its boundary, which stands on a line of its own everywhere else
  const arrivals = new Arrivals(pieces, lineEnd)
  for await (const _ of arrivals.upTo(delimiter)) throw wrong('it does not begin with its boundary')
  for (let parts = 1; await arrivals.goesOn(); parts++) {
    if (parts > partsMax) throw wrong(`it has more than ${partsMax} parts`)
    const head = await arrivals.head()
    const mediaType = /^content-type:\s*([\w.+-]+\/[\w.+-]+)/im.exec(head)?.[1] ?? null
    yield { kind: 'part', ...headOf(head), mediaType }
    for await (const bytes of arrivals.upTo(delimiter)) yield { kind: 'bytes', bytes }
  }
}

const wrong = (why: string) => new MalformedBody('request', `The form cannot be read: ${why}.`)
