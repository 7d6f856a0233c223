/** What of a session's events the gateway must understand: when an answer begins and ends, and what was used for it. */
import {
  asCount,
  asNumber,
  asRecord,
  asText,
  estimatedUsage,
  isRecord,
  type Json,
  parseJson,
  type Usage,
} from '../dialects/index.ts'

export type Heard =
  | { kind: 'begins' }
  /** `usage`: null where its provider says nothing of it. */
  | { kind: 'ends'; usage: Usage | null; failed: boolean }
  /** What its caller said was written down, by a model beside the one that answers. */
  | { kind: 'written'; usage: Usage }

const begins = 'response.created'
const ends = 'response.done'
const written = 'conversation.item.input_audio_transcription.completed'

const texts: ReadonlySet<string> = new Set([
  ...['response.output_text.delta', 'response.text.delta', 'response.function_call_arguments.delta'],
  ...['response.output_audio_transcript.delta', 'response.audio_transcript.delta'],
])
const sounds: ReadonlySet<string> = new Set(['response.output_audio.delta', 'response.audio.delta'])

/** Of text, and of a sound of 24,000 samples of two bytes a second, of which a token is a twentieth. */
const bytesPerToken = 4
const soundBytesPerToken = 2_400

/** Follows what a provider says. */
export const createHearing = () => {
  let textBytes = 0
  let soundBytes = 0

  return {
    hear(data: Buffer): Heard | null {
      const type = typeOf(data)
      if (texts.has(type)) textBytes += deltaBytes(data)
      else if (sounds.has(type)) soundBytes += (deltaBytes(data) * 3) / 4
      else if (type === begins) {
        textBytes = 0
        soundBytes = 0
        return { kind: 'begins' }
      } else if (type === ends) return endOf(asRecord(parseJson(data.toString('utf8'))))
      else if (type === written) return writtenBy(asRecord(parseJson(data.toString('utf8'))))
      return null
    },
    /** What an answer used of which no report came. A sound comes with its words, which are no tokens of their own. */
    guess(inputTokens: number): Usage {
      const spoken = Math.ceil(soundBytes / soundBytesPerToken)
      const outputTokens = Math.max(spoken, Math.ceil(textBytes / bytesPerToken))
      return { ...estimatedUsage(inputTokens, outputTokens), ...(spoken > 0 && { audioOutputTokens: spoken }) }
    },
  }
}
export type Hearing = ReturnType<typeof createHearing>

/** Found without reading all of it: most events are pieces of a sound. */
export const typeOf = (data: Buffer): string => {
  const found = typeWord.exec(data.toString('latin1', 0, headBytes))?.[1]
  return found ?? asText(asRecord(parseJson(data.toString('utf8'))).type) ?? ''
}
/** The first field, as all who speak this language write it; elsewhere the word could stand in what is said. */
const typeWord = /^\s*\{\s*"type"\s*:\s*"([\w.]+)"/
const headBytes = 128

const deltaBytes = (data: Buffer): number =>
  Buffer.byteLength(asText(asRecord(parseJson(data.toString('utf8'))).delta) ?? '')

const endOf = ({ response }: Json): Heard => {
  const { usage, status } = asRecord(response)
  return { kind: 'ends', usage: usageOf(usage), failed: status === 'failed' }
}

const usageOf = (usage: unknown): Usage | null => {
  if (!isRecord(usage)) return null
  const input = asCount(usage.input_tokens)
  const output = asCount(usage.output_tokens)
  if (input === undefined && output === undefined) return null
  const heard = asRecord(usage.input_token_details)
  const said = asRecord(usage.output_token_details)
  const cached = Math.min(asCount(heard.cached_tokens) ?? 0, input ?? 0)
  const cachedSound = asCount(asRecord(heard.cached_tokens_details).audio_tokens) ?? 0
  const audioInputTokens = Math.max(0, (asCount(heard.audio_tokens) ?? 0) - cachedSound)
  const audioOutputTokens = asCount(said.audio_tokens) ?? 0
  return {
    inputTokens: (input ?? 0) - cached,
    cachedTokens: cached,
    cacheWriteTokens: 0,
    outputTokens: output ?? 0,
    reasoningTokens: 0,
    source: 'reported',
    ...(audioInputTokens > 0 && { audioInputTokens }),
    ...(audioOutputTokens > 0 && { audioOutputTokens }),
  }
}

/** Where it is told in seconds, they count as what so long a sound is in tokens: it is never given away. */
const writtenBy = ({ usage }: Json): Heard | null => {
  const told = usageOf(usage)
  if (told) return { kind: 'written', usage: told }
  const heard = Math.ceil((asNumber(asRecord(usage).seconds) ?? 0) * heardTokensPerSecond)
  return heard > 0 ? { kind: 'written', usage: { ...estimatedUsage(heard, 0), audioInputTokens: heard } } : null
}
const heardTokensPerSecond = 10
