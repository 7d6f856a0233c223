/**
 * A multipart form, found in its bytes: where each part stands and what its head says. Whatever two readers could
 * understand in two ways is refused, for what is decided here over one model must not be answered by another.
 */
import { MalformedBody } from '../dialects/index.ts'

export type FormPart = {
  readonly name: string
  /** Null for a plain field. */
  readonly filename: string | null
  /** Its content, in the bytes of the form. */
  readonly from: number
  readonly to: number
}
export type Form = { readonly bytes: Buffer; readonly parts: readonly FormPart[] }

const partsMax = 200
const headBytesMax = 4_096
const lineEnd = '\r\n'
const headEnd = '\r\n\r\n'

/** The boundary a content type names; null when it is no form, or a boundary nobody may choose. */
export const boundaryOf = (contentType: string): string | null => {
  const found = /^multipart\/form-data\s*;(?:[^"]*;)?\s*boundary=(?:"([^"]+)"|([^\s;"]+))\s*(?:;|$)/i.exec(contentType)
  const boundary = found?.[1] ?? found?.[2]
  return boundary !== undefined && /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary)
    ? boundary
    : null
}

export const readForm = (bytes: Buffer, boundary: string): Form => {
  const delimiter = `--${boundary}`
  if (bytes.toString('latin1', 0, delimiter.length) !== delimiter) throw wrong('it does not begin with its boundary')
  const parts: FormPart[] = []
  let at = delimiter.length
  for (;;) {
    const next = bytes.toString('latin1', at, at + 2)
    if (next === '--') return ended(bytes, at + 2, parts)
    if (next !== lineEnd) throw wrong('a line begins like its boundary and goes on')
    const from = at + lineEnd.length
    const end = bytes.indexOf(lineEnd + delimiter, at, 'latin1')
    const head = bytes.indexOf(headEnd, at, 'latin1')
    if (end < 0) throw wrong('it ends before its last boundary')
    // what ends the head cannot begin the boundary too: to some readers that part has a head, to others it has none
    if (head < 0 || head + headEnd.length > end) throw wrong('a part has no head')
    if (head - from > headBytesMax) throw wrong('the head of a part is too long')
    if (parts.length === partsMax) throw wrong(`it has more than ${partsMax} parts`)
    parts.push({ ...headOf(bytes.toString('utf8', from, head)), from: head + headEnd.length, to: end })
    at = end + lineEnd.length + delimiter.length
  }
}

/** The fields of a form, by name: one that is there twice is refused, unless it holds files or is a list. */
export const fieldsOf = ({ bytes, parts }: Form): Record<string, string> => {
  const fields: Record<string, string> = Object.create(null)
  for (const { name, filename, from, to } of parts) {
    if (filename !== null || name.endsWith('[]')) continue
    if (name in fields) throw wrong(`'${name}' stands twice in it`)
    fields[name] = bytes.toString('utf8', from, to)
  }
  return { ...fields }
}

/** The form with other texts in these fields; they must be there. */
export const withFields = ({ bytes, parts }: Form, fields: Readonly<Record<string, string>>): Buffer => {
  const pieces: Buffer[] = []
  let copied = 0
  for (const { name, filename, from, to } of parts) {
    const text = filename === null && Object.hasOwn(fields, name) ? fields[name] : undefined
    if (text === undefined) continue
    pieces.push(bytes.subarray(copied, from), Buffer.from(text))
    copied = to
  }
  return Buffer.concat([...pieces, bytes.subarray(copied)])
}

const ended = (bytes: Buffer, at: number, parts: readonly FormPart[]): Form => {
  // what follows is to be ignored, so it had better be nothing
  if (bytes.toString('latin1', at).trim() !== '') throw wrong('something follows its last boundary')
  return { bytes, parts }
}

const isPlainName = /^[A-Za-z0-9_.-]+(?:\[\w*\])*$/

/** Name and file name of a part. */
export const headOf = (head: string): Pick<FormPart, 'name' | 'filename'> => {
  let said: Pick<FormPart, 'name' | 'filename'> | null = null
  for (const line of head.split(lineEnd)) {
    const colon = line.indexOf(':')
    const word = line.slice(0, colon).toLowerCase()
    if (colon < 1 || !/^[\w-]+$/.test(word) || /[\r\n\0]/.test(line)) throw wrong('the head of a part cannot be read')
    if (word === 'content-transfer-encoding' && !/^\s*(?:7bit|8bit|binary)\s*$/i.test(line.slice(colon + 1)))
      throw wrong('a part is encoded')
    if (word !== 'content-disposition') continue
    if (said !== null) throw wrong('a part says twice what it is')
    said = dispositionOf(line.slice(colon + 1))
  }
  if (said === null) throw wrong('a part does not say what it is')
  return said
}

const dispositionOf = (text: string): Pick<FormPart, 'name' | 'filename'> => {
  const found = /^\s*form-data((?:\s*;\s*[\w-]+\*?=(?:"(?:[^"\\]|\\.)*"|[^\s;"]+))+)\s*;?\s*$/i.exec(text)
  if (!found) throw wrong('a part does not say what it is')
  const words = [...(found[1] ?? '').matchAll(/;\s*([\w-]+\*?)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g)]
  const all = (word: string) => words.filter(([, key]) => key?.toLowerCase() === word)
  const [name, ...others] = all('name')
  const value = name?.[2] ?? name?.[3] ?? ''
  if (others.length > 0 || all('name*').length > 0 || !isPlainName.test(value))
    throw wrong('a part has a name that cannot be read in one way')
  const [file] = [...all('filename'), ...all('filename*')]
  return { name: value, filename: file === undefined ? null : (file[2] ?? file[3] ?? '') }
}

const wrong = (why: string) => new MalformedBody('request', `The form cannot be read: ${why}.`)
