/** OpenAI's Responses dialect. A language of callers; providers that have it take it as it is. */
import type { Dialect } from '../dialect.ts'
import { responsesFromHub } from './answer.ts'
import { responsesReading } from './reading.ts'
import { responsesToHub } from './request.ts'
import { responsesStreamFromHub } from './stream.ts'

export { responsesWords } from './words.ts'

export const responsesDialect: Dialect = {
  id: 'responses',
  caller: {
    requestToHub: responsesToHub,
    answerFromHub: responsesFromHub,
    streamFromHub: responsesStreamFromHub,
  },
  provider: null,
  reading: responsesReading,
}
