/** Answers on their way back to a caller who speaks another dialect than the provider. */
import type { Call } from './call.ts'
import {
  createStreamTranslator,
  type DialectId,
  type StreamTranslator,
  translateAnswer,
  type UpstreamError,
  type Usage,
} from './dialects/index.ts'

export const streamTranslator = (
  call: Call,
  provider: DialectId,
  tell: (error: UpstreamError) => UpstreamError,
): StreamTranslator | null =>
  createStreamTranslator(
    { caller: call.dialect, provider, operation: call.operation },
    {
      ...factsOf(call),
      includeUsage: call.scan?.includeUsage ?? false,
      inputTokens: call.inputTokens,
      requestId: call.id,
      tell,
    },
  )

export const translatedAnswer = (call: Call, provider: DialectId, body: Buffer, usage: Usage): Buffer => {
  const { inputTokens, outputTokens } = usage
  const { dialect: caller, operation } = call
  const facts = { ...factsOf(call), estimate: { inputTokens, outputTokens }, base64: asksForBase64(call) }
  const answer = JSON.parse(body.toString('utf8'))
  return Buffer.from(JSON.stringify(translateAnswer({ caller, provider, operation }, answer, facts)))
}

const factsOf = (call: Call) => ({
  model: call.model,
  id: call.id.slice(call.id.indexOf('_') + 1),
  created: Math.floor(call.at / 1000),
  ...(repeatsRequest(call) && call.scan && { request: call.scan.body }),
})

const repeatsRequest = ({ dialect }: Call): boolean => dialect === 'completions' || dialect === 'responses'

const asksForBase64 = ({ operation, scan }: Call): boolean =>
  operation === 'embeddings' && scan?.body.encoding_format === 'base64'
