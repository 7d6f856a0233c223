/** What a call asks for, read from its body. */
import type { Call } from './call.ts'
import {
  estimateInputTokens,
  type RequestScan,
  refuseUnaccepted,
  scanRequest,
  Untranslatable,
} from './dialects/index.ts'
import { formOf, streamsMedia, takesForm } from './media/index.ts'
import { type Refusal, refusal } from './refusal.ts'

export const readRequest = (call: Call, sent: Buffer): Refusal | null => {
  try {
    const body = asCalled(call, sent)
    const scan = takesForm(call.operation) ? formOf(call, body) : scanRequest(body, call.dialect)
    if (call.operation === 'moderations') scan.model ??= moderationModel
    const wrong = wrongIn(call, scan)
    if (wrong) return wrong
    call.bytes = body
    call.scan = scan
    call.service = scan.service
    call.model = scan.model ?? ''
    call.stream = scan.stream && (call.operation === 'chat' || streamsMedia(call.operation))
    call.inputTokens = estimateInputTokens(scan) + call.talkTokens
    return null
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    return refusal(error.param === undefined ? 'input.malformed' : 'input.invalid', error.message, error.param)
  }
}

/** What decides about a call and is missing, or cannot be what it must. */
const wrongIn = ({ dialect, operation }: Call, scan: RequestScan): Refusal | null => {
  if (scan.model === undefined || scan.model === '')
    return refusal(
      'input.invalid',
      operation === 'realtime' ? 'Name the model in the address: `?model=…`.' : 'Name the model: `"model": "…"`.',
      'model',
    )
  if (scan.model.length > modelCharsMax)
    return refusal('input.invalid', `A model name has at most ${modelCharsMax} characters.`, 'model')
  if (scan.wrong) return refusal('input.invalid', scan.wrong.why, scan.wrong.field)
  if (dialect === 'responses') refuseUnaccepted(scan.body)
  if (scan.choices > choicesMax) return refusal('input.invalid', `'n' asks for at most ${choicesMax} answers.`, 'n')
  return null
}

/** What a caller of another language says, in the dialect the call is made in. */
const asCalled = (call: Call, sent: Buffer): Buffer => {
  if (call.surface === null) return sent
  const { body, dropped } = call.surface.request(sent)
  call.unsaid = dropped
  return body
}

/** Callers may leave it out, and their clients do. */
const moderationModel = 'omni-moderation-latest'
const modelCharsMax = 120

/** What OpenAI allows. */
const choicesMax = 128
