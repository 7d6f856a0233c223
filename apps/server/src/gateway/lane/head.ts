/** The head of a plain call. */
export type CallHead = {
  url: string
  headers: Record<string, string>
  /** Bytes of the body. */
  length: number
  keepAlive: boolean
}

/** The whole head at once: one known method and version, header lines without folding, nothing but printable ASCII. */
const plainHead = /^POST (\/[!-~]*) HTTP\/1\.1((?:\r\n[A-Za-z0-9-]+:[\t -~]*)+)$/
const plainLength = /^\d{1,10}$/

/** Headers that change how a message is framed or answered. */
const unusual = new Set(['transfer-encoding', 'expect', 'upgrade', 'http2-settings', 'trailer'])

/**
 * Reads a head without its empty line; null for whatever is not plain. Strict on purpose: two readers of one request must
 * not see two different ones, so what could be read in two ways is left to a complete parser.
 */
export const readHead = (text: string): CallHead | null => {
  const parts = plainHead.exec(text)
  const [, url, lines] = parts ?? []
  if (url === undefined || lines === undefined) return null
  const headers: Record<string, string> = {}
  for (let from = 2; from < lines.length; ) {
    const next = lines.indexOf('\r\n', from)
    const to = next < 0 ? lines.length : next
    const colon = lines.indexOf(':', from)
    const name = lines.slice(from, colon).toLowerCase()
    if (headers[name] !== undefined || unusual.has(name)) return null
    headers[name] = lines.slice(colon + 1, to).trim()
    from = to + 2
  }
  const { host, connection = 'keep-alive', 'content-length': length = '' } = headers
  if (!host || !plainLength.test(length)) return null
  const ending = connection.toLowerCase()
  if (ending !== 'keep-alive' && ending !== 'close') return null
  return { url, headers, length: Number(length), keepAlive: ending === 'keep-alive' }
}

const lengthLine = /\r\ncontent-length:[\t ]*(\d+)/i
const headEnd = Buffer.from('\r\n\r\n')
/** What is longer is refused, and by a server that knows how. */
const headBytesMax = 32 << 10
const lengthDigitsMax = 10
const ZERO = 48

/**
 * Reads the heads of one connection. A client says the same in each of them, except for how long its body is: what stands
 * around the length is compared then, byte by byte, and not read again. Its calls follow each other, so they can share one
 * set of headers.
 */
export class HeadReader {
  /** Where the body begins, behind the head that was read last. */
  end = 0
  #before = none
  #behind = none
  #head: CallHead | null = null

  /** The head at the start of the bytes; null where it is not plain or not complete. */
  read(bytes: Buffer): CallHead | null {
    return this.#again(bytes) ?? this.#anew(bytes)
  }

  #again(bytes: Buffer): CallHead | null {
    const head = this.#head
    const from = this.#before.length
    if (head === null || !standsAt(bytes, this.#before, 0)) return null
    let at = from
    let length = 0
    for (; at < from + lengthDigitsMax; at++) {
      const digit = (bytes[at] ?? 0) - ZERO
      if (!(digit >= 0 && digit <= 9)) break
      length = length * 10 + digit
    }
    // none at all, or one that is not written as it would be told on
    if (at === from || (bytes[from] === ZERO && at > from + 1)) return null
    if (!standsAt(bytes, this.#behind, at)) return null
    this.end = at + this.#behind.length
    if (length === head.length) return head
    head.length = length
    head.headers['content-length'] = String(length)
    return head
  }

  #anew(bytes: Buffer): CallHead | null {
    const end = bytes.indexOf(headEnd)
    if (end < 0 || end > headBytesMax) return null
    const text = bytes.toString('latin1', 0, end)
    const head = readHead(text)
    const found = head && lengthLine.exec(text)
    this.end = end + headEnd.length
    this.#head = null
    if (!found) return head
    const [line, length = ''] = found
    if (String(Number(length)) === length) this.#head = head
    const from = found.index + line.length - length.length
    this.#before = Buffer.from(bytes.subarray(0, from))
    this.#behind = Buffer.from(bytes.subarray(from + length.length, this.end))
    return head
  }
}

const none = Buffer.alloc(0)

const standsAt = (bytes: Buffer, part: Buffer, at: number): boolean =>
  bytes.length >= at + part.length && bytes.compare(part, 0, part.length, at, at + part.length) === 0
