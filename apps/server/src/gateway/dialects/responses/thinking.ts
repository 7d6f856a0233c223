/**
 * Signed thinking of other dialects, sealed into the field that the Responses dialect has for it, so that callers bring it
 * back unread and it reaches the model that thought it.
 */
import { filled, type Json, parseJson, records } from '../json.ts'
import { isReplayable } from '../translate/reasoning.ts'

const mark = 'thinking.'

export function sealedThinking(blocks: readonly Json[]): string | undefined {
  const signed = blocks.filter(isReplayable)
  return signed.length === 0 ? undefined : mark + Buffer.from(JSON.stringify(signed)).toString('base64url')
}

/** Nothing for what another server has sealed. */
export function openedThinking(sealed: unknown): Json[] {
  const text = filled(sealed)
  if (!text?.startsWith(mark)) return []
  return records(parseJson(Buffer.from(text.slice(mark.length), 'base64url').toString('utf8'))).filter(isReplayable)
}
