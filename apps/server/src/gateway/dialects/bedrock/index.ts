/** The dialect of Amazon Bedrock: Converse and ConverseStream, for every model it hosts. */
import type { Dialect } from '../dialect.ts'
import { converseToHubAnswer } from './answer.ts'
import { bedrockReading } from './reading.ts'
import { hubToConverseRequest } from './request.ts'
import { createHubFromConverseStream } from './stream.ts'

export const bedrockDialect: Dialect = {
  id: 'bedrock',
  caller: null,
  provider: {
    requestFromHub: hubToConverseRequest,
    answerToHub: converseToHubAnswer,
    streamToHub: createHubFromConverseStream,
  },
  reading: bedrockReading,
}
