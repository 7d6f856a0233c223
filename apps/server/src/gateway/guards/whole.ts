/** Requests and whole answers: each text is looked through, and those that must be masked are replaced in the bytes. */
import type { Look } from '@cockpit/policy'
import { decoded, textsIn } from './texts.ts'

/** The same buffer when nothing had to be changed. */
export const inspectBody = (body: Buffer, of: 'request' | 'answer', inspection: Look): Buffer => {
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
