/** Thought signatures of Gemini on their way through the hub and back: on the call they belong to, and as signed thinking. */
import { asRecord, filled, type Json, records } from '../json.ts'

/** Marks a signature as Gemini's, so that none of another model is ever sent to it. */
const mark = 'gemini:'
/** What Gemini takes for a call it did not make itself, as when another model began the conversation. */
const unsigned = 'skip_thought_signature_validator'

/** The field by which Google's own servers of OpenAI's dialect carry it. */
export const signedCall = (signature: string): Json => ({ extra_content: { google: { thought_signature: signature } } })

/** For callers whose language knows signed thinking only. */
export const signedThinking = (thinking: string, signature: string): Json => ({
  type: 'thinking',
  thinking,
  signature: mark + signature,
})

/** Thinking that Gemini signed means nothing to another model, and may be refused by it. */
export const isOfGemini = (block: Json): boolean => filled(block.signature)?.startsWith(mark) === true

/** The signatures a message brings back, for each of its calls; the first call must have one. */
export function signaturesOf(message: Json, calls: Json[]): (string | undefined)[] {
  const thought = records(message.thinking_blocks)
    .flatMap((block) => filled(block.signature) ?? [])
    .findLast((signature) => signature.startsWith(mark))
    ?.slice(mark.length)
  return calls.map((call, at) => {
    const own = filled(asRecord(asRecord(call.extra_content).google).thought_signature)
    return own ?? (at === 0 ? (thought ?? unsigned) : undefined)
  })
}
