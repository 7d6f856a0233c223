/** OpenAI's older dialect, in which a model continues a text. A language of callers; providers that have it take it as it is. */
import type { Dialect } from '../dialect.ts'
import { readStreamError } from '../errors.ts'
import { createSseParser } from '../sse.ts'
import { createUsageReader, usageOfAnswer } from '../usage-reader.ts'
import { completionsFromHub } from './answer.ts'
import { completionsToHub } from './request.ts'
import { completionsStreamFromHub } from './stream.ts'

export const completionsDialect: Dialect = {
  id: 'completions',
  caller: {
    requestToHub: completionsToHub,
    answerFromHub: completionsFromHub,
    streamFromHub: completionsStreamFromHub,
  },
  provider: null,
  reading: {
    streamType: 'text/event-stream',
    createParser: () => createSseParser(),
    readStreamError: ({ event, data }) => readStreamError(event, data),
    usageOfAnswer: (body) => usageOfAnswer('openai', body),
    createUsageReader: () => createUsageReader('completions'),
    isLast: ({ data }) => data === '[DONE]',
    finishes: ({ data }, usage) => usage !== null || data.includes('"finish_reason":"'),
  },
}
