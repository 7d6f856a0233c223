/** How answers and streams of Bedrock's Converse are read without being translated. */
import type { Reading } from '../dialect.ts'
import { readStreamError } from '../errors.ts'
import { asRecord, asText, parseJson } from '../json.ts'
import type { Usage } from '../usage.ts'
import type { UsageReader } from '../usage-reader.ts'
import { createEventStreamParser } from './event-stream.ts'
import { usageFromBedrock } from './usage.ts'

export const bedrockReading: Reading = {
  usageOfAnswer: (body) => usageFromBedrock(asRecord(parseJson(body.toString('utf8'))).usage),
  createUsageReader,
  streamType: 'application/vnd.amazon.eventstream',
  createParser: () => createEventStreamParser(),
  readStreamError: ({ event, data }) => (event === 'error' ? readStreamError(event, data) : undefined),
  // the count comes behind the end of the message: without it the answer is not whole
  isLast: ({ event }) => event === 'metadata',
  finishes: null,
}

function createUsageReader(): UsageReader {
  let usage: Usage | null = null
  let bytes = 0
  return {
    read({ event, data }) {
      if (event === 'metadata') usage = usageFromBedrock(asRecord(parseJson(data)).usage) ?? usage
      if (event === 'contentBlockDelta') bytes += generatedIn(asRecord(asRecord(parseJson(data)).delta))
    },
    usage: () => usage,
    generatedBytes: () => bytes,
  }
}

const generatedIn = ({ text, toolUse, reasoningContent }: Record<string, unknown>): number =>
  [text, asRecord(toolUse).input, asRecord(reasoningContent).text].reduce<number>(
    (sum, said) => sum + Buffer.byteLength(asText(said) ?? ''),
    0,
  )
