import { asList, asNumber, type Json } from '../json.ts'
import { refuse } from '../untranslatable.ts'

/** What no dialect can say that gives one answer in words to a chat. */
export function refuseUnsupported(request: Json): void {
  const n = asNumber(request.n)
  if (n !== undefined && n > 1) refuse('n', 'This model gives one answer a call; ask n times instead of setting n.')
  if (asList(request.functions).length > 0) refuse('functions', 'functions are deprecated; use tools.')
  if (asList(request.modalities).includes('audio')) refuse('modalities', 'This model cannot answer with sound.')
  if (!Array.isArray(request.messages)) refuse('messages', 'messages must be a list.')
}
