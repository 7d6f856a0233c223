/** The languages the gateway speaks, as values, and the translation between them. Pure: bytes in, bytes out. */
export { anthropic } from './anthropic.ts'
export type { AnswerFacts, CallerDialectId, DialectId, StreamFacts, TranslatedRequest, Words } from './dialect.ts'
export { endOfString, setFields } from './edit.ts'
export {
  type ErrorAnswer,
  type GatewayError,
  gatewayErrorFrom,
  readUpstreamError,
  type UpstreamError,
} from './errors.ts'
export { type Fit, fitted } from './fit.ts'
export {
  createGeminiStream,
  hubToGeminiAnswer,
  hubToGeminiEmbedding,
} from './gemini/caller-answer.ts'
export { geminiToHubEmbedding, geminiToHubRequest } from './gemini/caller-request.ts'
export { errorInGoogles, gemini } from './gemini/words.ts'
export { type Continues, createRestText, type Joining, joinings, type Speech } from './joined/index.ts'
export { asCount, asList, asNumber, asRecord, asText, isRecord, type Json, parseJson, records } from './json.ts'
export { openai } from './openai.ts'
export { refuseUnaccepted } from './responses/accepted.ts'
export { nameOf as nameOfEvent } from './responses/reading.ts'
export { estimateInputTokens, limitFields, parseBody, type RequestScan, scanRequest } from './scan.ts'
export { dialects, wordsOf } from './spoken.ts'
export { createSseParser, encodeData, encodeEvent, type SseEvent, type SseParser } from './sse.ts'
export { countMessages, countTokens } from './tokens.ts'
export { type MessageIdentity, openaiToAnthropicAnswer } from './translate/answer-to-anthropic.ts'
export { type AnswerIdentity, anthropicToOpenaiAnswer, textOfAnswer } from './translate/answer-to-openai.ts'
export { createStreamTranslator, translateAnswer, translateRequest, type Way } from './translate/hub.ts'
export { openaiToAnthropicRequest, type ToAnthropicOptions } from './translate/request-to-anthropic.ts'
export { anthropicToOpenaiRequest, type ToOpenaiOptions } from './translate/request-to-openai.ts'
export { encodeStreamError, type StreamTranslator, streamErrorCode } from './translate/stream.ts'
export { type AnthropicStreamOptions, createAnthropicFromOpenaiStream } from './translate/stream-to-anthropic.ts'
export { createOpenaiFromAnthropicStream, type OpenaiStreamOptions } from './translate/stream-to-openai.ts'
export { MalformedBody, Untranslatable } from './untranslatable.ts'
export { estimatedUsage, type Usage, usageTogether } from './usage.ts'
export { withoutAskedUsage } from './usage-reader.ts'
