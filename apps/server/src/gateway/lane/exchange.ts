import type { IncomingHttpHeaders } from 'node:http'

/** The last secret that came over a connection, with its hash. */
export type KnownSecret = { secret: string; digest: string }

/** What the gateway needs of a request; node:http's fits, and so does the lane's. */
export type CallRequest = {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
  /** Its connection; asked for the address only where that matters, for asking costs a system call. */
  readonly socket: { readonly remoteAddress?: string | undefined }
  /** Absent where every request has to be looked at anew. */
  readonly known?: KnownSecret
  /** The body has arrived whole. */
  readonly complete: boolean
  on(event: 'data', take: (piece: Buffer) => void): unknown
  on(event: 'end', ended: () => void): unknown
  once(event: 'end', ended: () => void): unknown
  resume(): unknown
  /** Lets the body wait until somebody listens. Absent where it waits anyway. */
  hold?(): void
  /** Its body piece by piece, each when it is asked for. Absent in the lane, which reads ahead. */
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterable<Buffer>
}

/** What the gateway needs of a response. `close` without an end before means that the caller is gone. */
export type CallResponse = {
  readonly headersSent: boolean
  readonly destroyed: boolean
  writeHead(status: number, headers: string[]): unknown
  write(bytes: Buffer | string): boolean
  end(bytes?: Buffer | string): unknown
  destroy(): unknown
  on(event: 'close', closed: () => void): unknown
  once(event: 'drain', drained: () => void): unknown
}
