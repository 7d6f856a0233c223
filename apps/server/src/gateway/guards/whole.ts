/** Requests and whole answers: each text is looked through, and those that must be masked are replaced in the bytes. */
import type { Look } from '@cockpit/policy'
import { decoded, textsIn } from './texts.ts'

const directions = {
  request: ['input', 'tool_results'],
  answer: ['output', 'tool_calls', 'tool_results'],
} as const

/** Most bodies hold nothing that any check could find, and a look at them as a whole says so at a quarter of the cost. */
const passes = (body: Buffer, of: 'request' | 'answer', inspection: Look): boolean => {
  const json = body.toString('latin1')
  // what could be written plainly is found in no other form
  if (json.includes('\\u') || json.includes('\\/')) return false
  return directions[of].every((direction) => inspection.passes(direction, json))
}

/** The same buffer when nothing had to be changed. */
export const inspectBody = (body: Buffer, of: 'request' | 'answer', inspection: Look): Buffer => {
  if (passes(body, of, inspection)) return body
  const parts: Buffer[] = []
  let copied = 0
  for (const { from, to, direction, isJson } of textsIn(body, of)) {
    if (!inspection.looksAt(direction)) continue
    const text = decoded(body, from, to)
    const after = inspection.text(direction, text, isJson)
    if (after === text) continue
    parts.push(body.subarray(copied, from), Buffer.from(JSON.stringify(after)))
    copied = to
  }
  return parts.length === 0 ? body : Buffer.concat([...parts, body.subarray(copied)])
}
