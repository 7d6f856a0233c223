/** The head of an answer: its status, its headers, and how its body will be framed. */
export type Framing =
  | { kind: 'none' }
  | { kind: 'length'; length: number }
  | { kind: 'chunked' }
  | { kind: 'until_close' }

export type Head = {
  status: number
  headers: Record<string, string>
  framing: Framing
  keepAlive: boolean
  /** What the server says about how long it keeps an idle connection. */
  keepAliveMs: number | null
}

/** Something that is not HTTP; the code is the one that Node's own parser would use. */
export class WireError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const statusLine = /^HTTP\/1\.([01]) (\d{3})(?: |$)/
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** `key` is null where it can be none. */
type Line = { readonly text: string; readonly key: string | null; readonly value: string }

/**
 * Reads the heads of one connection. A server says nearly the same in each of them: a line that stands where it stood in
 * the head before is known, and not taken apart again.
 */
export class HeadReader {
  #text = ''
  #lines: readonly Line[] = []
  #head: Head | null = null

  /** Reads a head without its empty line. */
  read(text: string): Head {
    if (this.#head !== null && text === this.#text) return this.#head
    const lines = linesOf(text, this.#lines)
    const head = headOf(lines)
    this.#text = text
    this.#lines = lines
    this.#head = head
    return head
  }
}

export const parseHead = (text: string): Head => headOf(linesOf(text, noLines))

const noLines: readonly Line[] = []
const lineEnd = '\r\n'

const linesOf = (text: string, before: readonly Line[]): Line[] => {
  const lines: Line[] = []
  for (let at = 0; at <= text.length; ) {
    const known = before[lines.length]
    const line = known !== undefined && standsAt(text, known.text, at) ? known : lineAt(text, at)
    lines.push(line)
    at += line.text.length + lineEnd.length
  }
  return lines
}

const standsAt = (text: string, line: string, at: number): boolean => {
  const end = at + line.length
  return text.startsWith(line, at) && (end === text.length || text.startsWith(lineEnd, end))
}

const lineAt = (whole: string, at: number): Line => {
  const end = whole.indexOf(lineEnd, at)
  const text = whole.slice(at, end < 0 ? whole.length : end)
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon))
  return { text, key: token.test(name) ? name.toLowerCase() : null, value: text.slice(colon + 1).trim() }
}

/** Strict: what is not plainly HTTP/1.1 is refused. */
const headOf = (lines: readonly Line[]): Head => {
  const [, minor, code] = statusLine.exec(lines[0]?.text ?? '') ?? []
  if (code === undefined)
    throw new WireError('HPE_INVALID_CONSTANT', 'The answer does not begin with an HTTP/1.1 status.')
  const headers: Record<string, string> = {}
  for (const line of lines.slice(1)) readHeader(line, headers)
  const status = Number(code)
  const connection = headers.connection?.toLowerCase() ?? ''
  const framing = framingOf(status, headers)
  return {
    status,
    headers,
    framing,
    keepAlive:
      framing.kind !== 'until_close' &&
      (minor === '1' ? !connection.includes('close') : connection.includes('keep-alive')),
    keepAliveMs: keepAliveOf(headers['keep-alive']),
  }
}

const readHeader = ({ key, value }: Line, headers: Record<string, string>) => {
  if (key === null) throw new WireError('HPE_INVALID_HEADER_TOKEN', 'The answer has a malformed header.')
  const before = headers[key]
  if (before === undefined) headers[key] = value
  else if (key === 'content-length') {
    // two lengths that differ would let two readers see two different answers
    if (before !== value) throw new WireError('HPE_UNEXPECTED_CONTENT_LENGTH', 'The answer states two lengths.')
  } else headers[key] = `${before}, ${value}`
}

const framingOf = (status: number, headers: Record<string, string>): Framing => {
  if (status < 200 || status === 204 || status === 304) return { kind: 'none' }
  const encoding = headers['transfer-encoding']
  const length = headers['content-length']
  if (encoding !== undefined) {
    if (length !== undefined || encoding.toLowerCase() !== 'chunked')
      throw new WireError('HPE_INVALID_TRANSFER_ENCODING', 'The answer is framed in a way that is not understood.')
    return { kind: 'chunked' }
  }
  if (length === undefined) return { kind: 'until_close' }
  if (!/^\d{1,15}$/.test(length))
    throw new WireError('HPE_INVALID_CONTENT_LENGTH', 'The answer states no valid length.')
  return Number(length) === 0 ? { kind: 'none' } : { kind: 'length', length: Number(length) }
}

const keepAliveOf = (value: string | undefined): number | null => {
  const seconds = /(?:^|[,;\s])timeout=(\d{1,6})/i.exec(value ?? '')?.[1]
  return seconds === undefined ? null : Number(seconds) * 1000
}
