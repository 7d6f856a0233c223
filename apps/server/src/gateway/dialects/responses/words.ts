/** How callers of the Responses dialect are told of failures, and how its events are written. */
import type { Words } from '../dialect.ts'
import type { GatewayError } from '../errors.ts'
import { type Json, parseJson } from '../json.ts'
import { openai } from '../openai.ts'
import { encodeEvent } from '../sse.ts'

export const numberedEvent = (type: string, sequence: number, fields: Json): string =>
  encodeEvent(type, JSON.stringify({ type, sequence_number: sequence, ...fields }))

/** The fields stand beside the error as the reference has them, and in it as the service sends them: clients read either. */
export function errorEventOf(error: GatewayError): string {
  const said = parseJson(openai.errorBody(error).body)
  const fields = { code: error.code, message: error.message, param: error.param ?? null }
  return numberedEvent('error', error.sequence ?? 0, { ...fields, ...(said as Json) })
}

export const responsesWords: Words = {
  ...openai,
  id: 'responses',
  /** Its streams end with an event of their own. */
  doneBytes: '',
  errorEvent: errorEventOf,
}
