import type { BatchErrors } from '@cockpit/contract/stored'
import { z } from 'zod'

export const batchLinesMax = 50_000
const lineBytesMax = 32 << 20
const errorsMax = 100

export type InputLine = { customId: string; request: string }

/** The lines of a text that comes in pieces, each with its number. */
async function* textLines(pieces: AsyncIterable<Buffer>): AsyncGenerator<{ text: string | null; line: number }> {
  let rest: Buffer[] = []
  let size = 0
  let line = 1
  const take = (last: Buffer) => {
    const whole = size + last.length > lineBytesMax ? null : Buffer.concat([...rest, last]).toString('utf8')
    rest = []
    size = 0
    return { text: whole, line: line++ }
  }
  for await (const piece of pieces) {
    let from = 0
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      yield take(piece.subarray(from, end))
      from = end + 1
    }
    size += piece.length - from
    if (size <= lineBytesMax) rest.push(piece.subarray(from))
  }
  if (size > 0) yield take(Buffer.alloc(0))
}

const Line = z.object({
  custom_id: z.string().min(1).max(512),
  method: z.literal('POST'),
  url: z.string(),
  body: z.record(z.string(), z.unknown()),
})

/** Reads the calls of a file: each to `take`, or what is wrong with the file. A file with one bad line is no batch. */
export const readInput = async (
  pieces: AsyncIterable<Buffer>,
  endpoint: string,
  take: (line: InputLine) => Promise<void>,
): Promise<BatchErrors> => {
  const errors: BatchErrors = []
  const seen = new Set<string>()
  for await (const { text, line } of textLines(pieces)) {
    if (text !== null && text.trim() === '') continue
    const found = lineOf(text, endpoint, seen)
    if ('code' in found) errors.push({ ...found, line })
    else if (seen.size > batchLinesMax)
      errors.push({ ...wrong('too_many_lines', `A batch has at most ${batchLinesMax} calls.`), line })
    else if (errors.length === 0) await take(found)
    if (errors.length >= errorsMax || seen.size > batchLinesMax) break
  }
  if (errors.length === 0 && seen.size === 0) return [{ ...wrong('empty_file', 'The file holds no call.'), line: null }]
  return errors
}

const lineOf = (text: string | null, endpoint: string, seen: Set<string>) => {
  if (text === null) return wrong('line_too_long', `A line has at most ${lineBytesMax >> 20} MiB.`)
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    return wrong('invalid_json_line', 'This line is not JSON.')
  }
  const parsed = Line.safeParse(said)
  if (!parsed.success) {
    const param = parsed.error.issues[0]?.path.map(String).join('.') || null
    return wrong(
      'invalid_line',
      `Each line is {"custom_id", "method": "POST", "url", "body"}; look at ${param}.`,
      param,
    )
  }
  const { custom_id: customId, url, body } = parsed.data
  if (url !== endpoint) return wrong('mismatched_endpoint', `This batch is for ${endpoint}, not for ${url}.`, 'url')
  if (seen.has(customId)) return wrong('duplicate_custom_id', `'${customId}' is there twice.`, 'custom_id')
  seen.add(customId)
  return { customId, request: JSON.stringify(body) }
}

const wrong = (code: string, message: string, param: string | null = null) => ({ code, message, param })
