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

/** Reads a head without its empty line. Strict: what is not plainly HTTP/1.1 is refused. */
export const parseHead = (text: string): Head => {
  const lines = text.split('\r\n')
  const [, minor, code] = statusLine.exec(lines[0] ?? '') ?? []
  if (code === undefined)
    throw new WireError('HPE_INVALID_CONSTANT', 'The answer does not begin with an HTTP/1.1 status.')
  const headers: Record<string, string> = {}
  for (let i = 1; i < lines.length; i++) readHeader(lines[i] ?? '', headers)
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

const readHeader = (line: string, headers: Record<string, string>) => {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon))
  if (!token.test(name)) throw new WireError('HPE_INVALID_HEADER_TOKEN', 'The answer has a malformed header.')
  const key = name.toLowerCase()
  const value = line.slice(colon + 1).trim()
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
