/** OpenAI's Responses dialect: of callers, and of providers, some of which know no other. */
import type { Dialect } from '../dialect.ts'
import { responsesFromHub } from './answer.ts'
import { responsesReading } from './reading.ts'
import { responsesToHub } from './request.ts'
import { responsesStreamFromHub } from './stream.ts'
import { responsesToHubAnswer } from './toward/answer.ts'
import { hubToResponsesRequest } from './toward/request.ts'
import { createHubFromResponsesStream } from './toward/stream.ts'

export { responsesWords } from './words.ts'

export const responsesDialect: Dialect = {
  id: 'responses',
  caller: {
    requestToHub: responsesToHub,
    answerFromHub: responsesFromHub,
    streamFromHub: responsesStreamFromHub,
  },
  provider: {
    requestFromHub: hubToResponsesRequest,
    answerToHub: responsesToHubAnswer,
    streamToHub: createHubFromResponsesStream,
  },
  reading: responsesReading,
}
