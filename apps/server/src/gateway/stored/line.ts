/** Calls that nobody waits for on a connection: made for whoever handed them in, like any other, and answered in one piece. */

import type { HolderRef, LineAnswer, LineCall } from '@cockpit/contract/stored-calls'
import { type World, wayInDenial } from '@cockpit/policy'
import { sendRefusal } from '../answer.ts'
import type { Caller } from '../authenticate.ts'
import { Call } from '../call.ts'
import { asRecord, parseJson } from '../dialects/index.ts'
import { endpoints } from '../endpoints.ts'
import type { CallRequest, CallResponse } from '../lane/index.ts'
import type { Pipeline } from '../pipeline.ts'
import { refusal } from '../refusal.ts'

type Deps = { pipeline: Pick<Pipeline, 'startFor'>; world: () => World }

export const createLineCalls =
  ({ pipeline, world }: Deps) =>
  (line: LineCall): Promise<LineAnswer> =>
    new Promise((resolve) => {
      const { id, endpoint, reruns } = line
      const answer = new CollectedAnswer(resolve)
      const { operation = 'chat', dialect = 'openai' } = endpoints.get(endpoint) ?? {}
      const req = new HandedIn(endpoint)
      const call = new Call({ id, req, res: answer, operation, dialect, search: '', at: line.at.getTime() })
      call.reruns = reruns
      call.isKept = true
      const caller = callerOf(world(), line.accountId, line.holder)
      if (!caller)
        return sendRefusal(
          call,
          refusal('auth.failed', 'Whoever handed this in may call no more, or is not here any more.'),
        )
      if (asRecord(parseJson(line.body)).stream === true)
        return sendRefusal(call, refusal('input.invalid', 'A call of a batch is answered in one piece.', 'stream'))
      line.signal?.addEventListener('abort', () => answer.hangUp(), { once: true })
      pipeline.startFor(call, caller, Buffer.from(line.body))
    })

/** Who handed a call in, if they may still call. */
export const callerOf = (world: World, accountId: string, ref: HolderRef): Caller | null => {
  const account = world.accounts.get(accountId)
  if (!account) return null
  if (ref.kind === 'key') {
    const key = account.slice.keys.find(({ id }) => id === ref.id)
    return key ? { account, holder: key } : null
  }
  const user = account.users.get(ref.id)
  const isOfAccount = ref.isOfAccount ?? false
  if (!user || wayInDenial(account, isOfAccount)) return null
  return { account, holder: { user, id: ref.client, issuedAt: ref.issuedAt, isOfAccount } }
}

export class HandedIn implements CallRequest {
  readonly method = 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly socket = {}
  readonly complete = true

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.url = url
    this.headers = { ...headers, 'content-type': 'application/json' }
  }

  on(): void {}
  once(): void {}
  resume(): void {}
}

/** An answer nobody reads; tells when it is over. */
export class Unread implements CallResponse {
  headersSent = false
  destroyed = false
  readonly #over: () => void

  constructor(over: () => void) {
    this.#over = over
  }

  writeHead(): void {
    this.headersSent = true
  }

  write(): boolean {
    return true
  }

  end(): void {
    this.destroy()
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.#over()
  }

  on(): void {}
  once(): void {}
}

/** Tells the whole answer when it is there. */
export class CollectedAnswer implements CallResponse {
  headersSent = false
  destroyed = false
  readonly #told: (answer: LineAnswer) => void
  readonly #pieces: Buffer[] = []
  #status = 500
  #headers: readonly string[] = []
  #closed: () => void = () => {}

  constructor(told: (answer: LineAnswer) => void) {
    this.#told = told
  }

  writeHead(status: number, headers: string[]): void {
    this.headersSent = true
    this.#status = status
    this.#headers = headers
  }

  write(bytes: Buffer | string): boolean {
    this.#pieces.push(Buffer.from(bytes))
    return true
  }

  end(bytes: Buffer | string = ''): void {
    this.write(bytes)
    const [status, should] = [this.#status, this.#header('x-should-retry')]
    this.#told({
      status,
      body: Buffer.concat(this.#pieces).toString('utf8'),
      isRetryable: should === undefined ? status === 429 || status >= 500 : should === 'true',
      retryAfterMs: Math.max(0, Number(this.#header('retry-after') ?? 0) || 0) * 1_000,
    })
  }

  /** Cut off, as a process that ends does: it is made again. */
  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.#told({ status: 503, body: '{}', isRetryable: true, retryAfterMs: 0 })
  }

  /** As its caller would, had it one. */
  hangUp(): void {
    if (this.destroyed) return
    this.destroy()
    this.#closed()
  }

  on(_event: 'close', closed: () => void): void {
    this.#closed = closed
  }

  once(): void {}

  #header(name: string): string | undefined {
    const at = this.#headers.findIndex((word, place) => place % 2 === 0 && word === name)
    return at < 0 ? undefined : this.#headers[at + 1]
  }
}
