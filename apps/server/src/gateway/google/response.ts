/** An answer on its way to a caller of Gemini's API: written as the hub's, sent as Gemini's. */
import {
  createGeminiStream,
  createSseParser,
  errorInGoogles,
  hubToGeminiAnswer,
  hubToGeminiEmbedding,
} from '../dialects/index.ts'
import type { CallResponse } from '../lane/index.ts'
import { WrappedResponse } from '../wrapped-response.ts'
import type { GoogleAddress } from './address.ts'

type Facts = GoogleAddress & { id: string }
type Head = { status: number; headers: string[] }

/** A class, because it lives as long as the response it stands for. */
export class GoogleResponse extends WrappedResponse implements CallResponse {
  readonly #facts: Facts
  /** Held back until the body is there, whose length it must name. */
  #head: Head | null = null
  #pieces: Buffer[] = []
  #stream: ReturnType<typeof createGeminiStream> | null = null
  readonly #parser = createSseParser()

  constructor(inner: CallResponse, facts: Facts) {
    super(inner)
    this.#facts = facts
  }

  get headersSent(): boolean {
    return this.#head !== null || this.inner.headersSent
  }

  writeHead(status: number, headers: string[]): void {
    const type = headers[headers.indexOf('content-type') + 1] ?? ''
    if (!type.startsWith('text/event-stream')) {
      this.#head = { status, headers }
      return
    }
    this.#stream = createGeminiStream(this.#facts)
    this.inner.writeHead(status, headers)
  }

  write(bytes: Buffer | string): boolean {
    if (this.#stream === null) {
      this.#pieces.push(Buffer.from(bytes))
      return true
    }
    const text = this.#translated(bytes)
    return text === '' || this.inner.write(text)
  }

  end(bytes?: Buffer | string): void {
    if (this.#stream) {
      const text = bytes === undefined ? '' : this.#translated(bytes)
      let rest = ''
      for (const event of this.#parser.end()) rest += this.#stream.push(event)
      this.inner.end(text + rest + this.#stream.end())
      return
    }
    if (bytes !== undefined) this.#pieces.push(Buffer.from(bytes))
    const { status, headers } = this.#head ?? { status: 500, headers: [] }
    const body = this.#whole(status, Buffer.concat(this.#pieces).toString('utf8'))
    const kept = headers.filter((_, at) => {
      const name = headers[at - (at % 2)]
      return name !== 'content-length' && name !== 'content-type'
    })
    const own = ['content-type', 'application/json; charset=utf-8', 'content-length', String(Buffer.byteLength(body))]
    this.inner.writeHead(status, [...own, ...kept])
    this.inner.end(body)
  }

  #translated(bytes: Buffer | string): string {
    let out = ''
    for (const event of this.#parser.push(Buffer.from(bytes))) out += this.#stream?.push(event) ?? ''
    return out
  }

  #whole(status: number, text: string): string {
    const { method, id } = this.#facts
    if (status > 299) return errorInGoogles(status, text, id)
    const answer = JSON.parse(text)
    if (method === 'countTokens') return JSON.stringify({ totalTokens: answer.input_tokens })
    if (method === 'generateContent' || method === 'streamGenerateContent')
      return JSON.stringify(hubToGeminiAnswer(answer, this.#facts))
    return JSON.stringify(hubToGeminiEmbedding(answer, method === 'embedContent'))
  }
}
