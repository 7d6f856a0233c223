/** Why a model stopped, in both dialects' words. */
const finishOfStop: Record<string, string> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter',
}

export const finishReasonOf = (stopReason: string): string => finishOfStop[stopReason] ?? 'stop'

const stopOfFinish: Record<string, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  model_length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
}

/** Many servers say `stop` although they call tools, so the calls decide; `matched` is the stop sequence where a server names it. */
export function stopReasonOf(finish: string, seen: { toolCalls: boolean; refusal: boolean; matched: unknown }) {
  const matched = typeof seen.matched === 'string' && finish === 'stop' ? seen.matched : null
  if (seen.refusal) return { stop_reason: 'refusal', stop_sequence: null }
  if (seen.toolCalls && finish === 'stop') return { stop_reason: 'tool_use', stop_sequence: null }
  if (matched !== null) return { stop_reason: 'stop_sequence', stop_sequence: matched }
  return { stop_reason: stopOfFinish[finish] ?? 'end_turn', stop_sequence: null }
}
