/** Answers on their way back to a caller who speaks the other dialect than the provider. */
import type { Call } from './call.ts'
import {
  anthropicToOpenaiAnswer,
  createAnthropicFromOpenaiStream,
  createOpenaiFromAnthropicStream,
  openaiToAnthropicAnswer,
  type StreamTranslator,
  type UpstreamError,
  type Usage,
} from './dialects/index.ts'

export const streamTranslator = (call: Call, tell: (error: UpstreamError) => UpstreamError): StreamTranslator =>
  call.dialect === 'openai'
    ? createOpenaiFromAnthropicStream({
        ...openaiIdentity(call),
        includeUsage: call.scan?.includeUsage ?? false,
        requestId: call.id,
        tell,
      })
    : createAnthropicFromOpenaiStream({
        ...anthropicIdentity(call),
        inputTokens: call.inputTokens,
        requestId: call.id,
        tell,
      })

export const translatedAnswer = (call: Call, body: Buffer, usage: Usage): Buffer => {
  const answer = JSON.parse(body.toString('utf8'))
  const { inputTokens, outputTokens } = usage
  const translated =
    call.dialect === 'openai'
      ? anthropicToOpenaiAnswer(answer, openaiIdentity(call))
      : openaiToAnthropicAnswer(answer, { ...anthropicIdentity(call), estimate: { inputTokens, outputTokens } })
  return Buffer.from(JSON.stringify(translated))
}

const openaiIdentity = (call: Call) => ({
  model: call.model,
  id: `chatcmpl-${unprefixed(call.id)}`,
  created: Math.floor(call.at / 1000),
})
const anthropicIdentity = (call: Call) => ({ model: call.model, id: `msg_${unprefixed(call.id)}` })
const unprefixed = (id: string) => id.slice(id.indexOf('_') + 1)
