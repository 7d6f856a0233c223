/** Where the texts of a request or an answer stand, whoever looks at them, and what a caller is told who may not go on. */
import { type Block, blockInWords, type Look } from '@cockpit/policy'
import type { Call } from '../call.ts'
import { scanRequest } from '../dialects/index.ts'
import { boundaryOf, fieldsOf, mayBeText, readForm, scanForm, withFields } from '../media/index.ts'
import { type Refusal, refusal } from '../refusal.ts'
import { inspectBody } from './whole.ts'

export const blockedRefusal = (block: Block): Refusal =>
  refusal(block.unchecked ? 'guardrail.unavailable' : 'guardrail.blocked', blockInWords(block))

/** The same bytes where nothing changes. The fields of a form are its texts. */
export const lookThroughRequest = (call: Call, bytes: Buffer, look: Look): Buffer => {
  const { form } = call
  if (!form) return inspectBody(bytes, 'request', look)
  const written = Buffer.from(JSON.stringify(fieldsOf(form)))
  const body = inspectBody(written, 'request', look)
  if (body === written) return bytes
  const boundary = boundaryOf(call.req.headers['content-type'] ?? '') ?? ''
  return readForm(withFields(form, JSON.parse(body.toString('utf8'))), boundary).bytes
}

/** Takes the place of what came. */
export const replaceRequest = (call: Call, body: Buffer): void => {
  call.bytes = body
  if (call.form) {
    call.form = readForm(body, boundaryOf(call.req.headers['content-type'] ?? '') ?? '')
    call.scan = scanForm(call.form)
  } else call.scan = scanRequest(body, call.dialect)
}

/** The same bytes where nothing changes. */
export const lookThroughAnswer = ({ operation }: Call, body: Buffer, look: Look): Buffer =>
  mayBeText(operation) && body[0] !== OPEN_BRACE ? inspectText(body, look) : inspectBody(body, 'answer', look)

const OPEN_BRACE = 0x7b

/** A transcript may come as nothing but its text. */
const inspectText = (body: Buffer, inspection: Look): Buffer => {
  const text = body.toString('utf8')
  const after = inspection.text('output', text, false)
  return after === text ? body : Buffer.from(after)
}
