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

/**
 * Reads the heads of one connection. A client says the same in each of them, except for how long its body is: what stands
 * around the length is compared then and not read again. Its calls follow each other, so they can share one set of headers.
 */
export class HeadReader {
  #before = ''
  #behind = ''
  #head: CallHead | null = null

  read(text: string): CallHead | null {
    return this.#again(text) ?? this.#anew(text)
  }

  #again(text: string): CallHead | null {
    const head = this.#head
    if (head === null || !text.startsWith(this.#before) || !text.endsWith(this.#behind)) return null
    const length = text.slice(this.#before.length, text.length - this.#behind.length)
    if (!plainLength.test(length)) return null
    head.length = Number(length)
    head.headers['content-length'] = length
    return head
  }

  #anew(text: string): CallHead | null {
    const head = readHead(text)
    const found = head && lengthLine.exec(text)
    this.#head = head
    if (!found) return head
    const [line, length = ''] = found
    this.#before = text.slice(0, found.index + line.length - length.length)
    this.#behind = text.slice(found.index + line.length)
    return head
  }
}
