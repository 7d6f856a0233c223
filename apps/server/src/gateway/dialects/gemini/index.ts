/** The dialect of Google's Gemini, in front of its models at Google AI and at Vertex AI. */
import type { Dialect } from '../dialect.ts'
import { geminiToHubAnswer, geminiToHubEmbeddings } from './answer.ts'
import { geminiReading } from './reading.ts'
import { hubToGeminiEmbeddings, hubToGeminiRequest } from './request.ts'
import { createHubFromGeminiStream } from './stream.ts'

export const geminiDialect: Dialect = {
  id: 'gemini',
  caller: null,
  provider: {
    requestFromHub: hubToGeminiRequest,
    answerToHub: geminiToHubAnswer,
    streamToHub: createHubFromGeminiStream,
    embeddings: { requestFromHub: hubToGeminiEmbeddings, answerToHub: geminiToHubEmbeddings },
  },
  reading: geminiReading,
}
