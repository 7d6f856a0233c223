/** How answers and streams of Gemini are read without being translated. */
import type { Reading } from '../dialect.ts'
import { readStreamError } from '../errors.ts'
import { asRecord, asText, parseJson, records } from '../json.ts'
import { createSseParser } from '../sse.ts'
import type { Usage } from '../usage.ts'
import type { UsageReader } from '../usage-reader.ts'
import { usageFromGemini } from './usage.ts'

export const geminiReading: Reading = {
  usageOfAnswer: (body) => usageFromGemini(asRecord(parseJson(body.toString('utf8'))).usageMetadata),
  createUsageReader,
  streamType: 'text/event-stream',
  createParser: () => createSseParser(),
  readStreamError: ({ event, data }) => readStreamError(event, data),
  // the connection closes behind the chunk that names a reason
  isLast: () => false,
  finishes: ({ data }) => data.includes('"finishReason"') || data.includes('"blockReason"'),
}

function createUsageReader(): UsageReader {
  let usage: Usage | null = null
  let bytes = 0
  return {
    read({ data }) {
      const chunk = asRecord(parseJson(data))
      usage = usageFromGemini(chunk.usageMetadata, usage)
      for (const candidate of records(chunk.candidates))
        for (const part of records(asRecord(candidate.content).parts)) bytes += generatedIn(part)
    },
    usage: () => usage,
    generatedBytes: () => bytes,
  }
}

const generatedIn = (part: Record<string, unknown>): number => {
  const text = asText(part.text)
  if (text !== undefined) return Buffer.byteLength(text)
  return part.functionCall === undefined ? 0 : Buffer.byteLength(JSON.stringify(part.functionCall))
}
