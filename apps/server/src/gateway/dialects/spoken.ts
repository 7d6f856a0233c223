/** Every dialect as a value. Another one joins by standing here. */
import { anthropic } from './anthropic.ts'
import { bedrockDialect } from './bedrock/index.ts'
import { completionsDialect } from './completions/index.ts'
import type { CallerDialectId, Dialect, DialectId, Words } from './dialect.ts'
import { readStreamError } from './errors.ts'
import { geminiDialect } from './gemini/index.ts'
import { openai } from './openai.ts'
import { responsesDialect, responsesWords } from './responses/index.ts'
import { createSseParser, type SseEvent } from './sse.ts'
import { openaiToAnthropicAnswer } from './translate/answer-to-anthropic.ts'
import { anthropicToOpenaiAnswer } from './translate/answer-to-openai.ts'
import { openaiToAnthropicRequest } from './translate/request-to-anthropic.ts'
import { anthropicToOpenaiRequest } from './translate/request-to-openai.ts'
import { createAnthropicFromOpenaiStream } from './translate/stream-to-anthropic.ts'
import { createOpenaiFromAnthropicStream } from './translate/stream-to-openai.ts'
import { createUsageReader, usageOfAnswer } from './usage-reader.ts'

/** Streams of server-sent events, whose failures are events with an `error`. */
const eventStream = {
  streamType: 'text/event-stream',
  createParser: () => createSseParser(),
  readStreamError: ({ event, data }: SseEvent) => readStreamError(event, data),
}

const openaiDialect: Dialect = {
  id: 'openai',
  caller: null,
  provider: null,
  reading: {
    ...eventStream,
    usageOfAnswer: (body) => usageOfAnswer('openai', body),
    createUsageReader: () => createUsageReader('openai'),
    isLast: ({ data }) => data === '[DONE]',
    // many servers close the connection instead
    finishes: ({ data }, usage) => usage !== null || data.includes('"finish_reason":"'),
  },
}

const chatId = (id: string) => `chatcmpl-${id}`
const messageId = (id: string) => `msg_${id}`

const anthropicDialect: Dialect = {
  id: 'anthropic',
  caller: {
    requestToHub: (request, { model, maxTokensField, reasoning, keepsAll }) =>
      anthropicToOpenaiRequest(request, {
        model,
        ...(maxTokensField !== undefined && { maxTokensField }),
        ...(reasoning !== undefined && { reasoning }),
        ...(keepsAll !== undefined && { keepsAll }),
      }),
    answerFromHub: (answer, facts) => openaiToAnthropicAnswer(answer, { ...facts, id: messageId(facts.id) }),
    streamFromHub: (facts) => createAnthropicFromOpenaiStream({ ...facts, id: messageId(facts.id) }),
  },
  provider: {
    requestFromHub: (request, { model, outputTokensMax }) =>
      openaiToAnthropicRequest(request, { model, outputTokensMax }),
    answerToHub: (answer, facts) => anthropicToOpenaiAnswer(answer, { ...facts, id: chatId(facts.id) }),
    streamToHub: (facts) => createOpenaiFromAnthropicStream({ ...facts, id: chatId(facts.id) }),
  },
  reading: {
    ...eventStream,
    usageOfAnswer: (body) => usageOfAnswer('anthropic', body),
    createUsageReader: () => createUsageReader('anthropic'),
    isLast: ({ event }) => event === 'message_stop',
    finishes: null,
  },
}

export const dialects: Readonly<Record<DialectId, Dialect>> = {
  openai: openaiDialect,
  anthropic: anthropicDialect,
  completions: completionsDialect,
  responses: responsesDialect,
  gemini: geminiDialect,
  bedrock: bedrockDialect,
}

export const wordsOf: Readonly<Record<CallerDialectId, Words>> = {
  openai,
  anthropic,
  completions: { ...openai, id: 'completions' },
  responses: responsesWords,
}
