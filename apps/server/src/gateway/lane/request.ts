import type { CallRequest, KnownSecret } from './exchange.ts'
import type { CallHead } from './head.ts'

/** One request on a connection of the lane. Its body is handed on as it comes and kept nowhere. */
export class LaneRequest implements CallRequest {
  readonly method = 'POST'
  readonly url: string
  readonly headers: Record<string, string>
  readonly known: KnownSecret
  readonly socket: CallRequest['socket']
  complete = false
  #take: (piece: Buffer) => void = nothing
  #ended: () => void = nothing
  #endedToo: () => void = nothing
  /** What arrived while nobody may listen yet: at most what one read of the socket brought. */
  #held: Buffer[] | null = null
  #heldEnd = false
  readonly #flow: (flows: boolean) => void

  constructor(
    { url, headers }: CallHead,
    { known, socket }: Pick<LaneRequest, 'known' | 'socket'>,
    flow: (flows: boolean) => void,
  ) {
    this.socket = socket
    this.url = url
    this.headers = headers
    this.known = known
    this.#flow = flow
  }

  on(event: 'data' | 'end', listen: (piece: Buffer) => void): void {
    if (event === 'data') this.#take = listen
    else this.#ended = listen as () => void
    if (event === 'end') this.#release()
  }

  hold(): void {
    this.#held = []
    this.#flow(false)
  }

  #release(): void {
    const held = this.#held
    if (held === null) return
    this.#held = null
    this.#flow(true)
    for (const piece of held) this.#take(piece)
    if (this.#heldEnd) this.finish()
  }

  once(_event: 'end', ended: () => void): void {
    this.#endedToo = ended
  }

  /** Its bytes never wait for anybody, once they are not held. */
  resume(): void {
    this.#release()
  }

  push(piece: Buffer): void {
    if (this.#held) this.#held.push(piece)
    else this.#take(piece)
  }

  finish(): void {
    if (this.#held) {
      this.#heldEnd = true
      return
    }
    this.complete = true
    const ended = this.#ended
    const endedToo = this.#endedToo
    this.#take = nothing
    this.#ended = nothing
    this.#endedToo = nothing
    ended()
    endedToo()
  }
}

const nothing = () => {}
