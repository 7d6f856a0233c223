import type { CallRequest } from './exchange.ts'
import type { CallHead } from './head.ts'

/** One request on a connection of the lane. Its body is handed on as it comes and kept nowhere. */
export class LaneRequest implements CallRequest {
  readonly method = 'POST'
  readonly url: string
  readonly headers: Record<string, string>
  complete = false
  #take: (piece: Buffer) => void = nothing
  #ended: () => void = nothing
  #endedToo: () => void = nothing

  constructor({ url, headers }: CallHead) {
    this.url = url
    this.headers = headers
  }

  on(event: 'data' | 'end', listen: (piece: Buffer) => void): void {
    if (event === 'data') this.#take = listen
    else this.#ended = listen as () => void
  }

  once(_event: 'end', ended: () => void): void {
    this.#endedToo = ended
  }

  /** Its bytes never wait, whoever listens. */
  resume(): void {}

  push(piece: Buffer): void {
    this.#take(piece)
  }

  finish(): void {
    this.complete = true
    const [ended, endedToo] = [this.#ended, this.#endedToo]
    this.#take = nothing
    this.#ended = nothing
    this.#endedToo = nothing
    ended()
    endedToo()
  }
}

const nothing = () => {}
