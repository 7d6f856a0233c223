import type { ChatMessage, ChatUsage, GatewayFailure } from './gateway.ts'

/** One question and what came of it. */
export type Turn = {
  id: number
  question: string
  model: string
  answer: string
  state: 'running' | 'done' | 'stopped' | 'failed'
  /** Why the model ended, in OpenAI's words; `length` means that it hit the limit. */
  reason: string | null
  requestId: string | null
  usage: ChatUsage | null
  failure: GatewayFailure | Error | null
}

export const newTurn = (id: number, question: string, model: string): Turn => ({
  id,
  question,
  model,
  answer: '',
  state: 'running',
  reason: null,
  requestId: null,
  usage: null,
  failure: null,
})

/** What the model is sent: the system prompt, the turns that were answered, the new question. */
export const messagesOf = (system: string, turns: readonly Turn[], question: string): ChatMessage[] => [
  ...(system.trim() ? [{ role: 'system' as const, content: system.trim() }] : []),
  ...turns
    .filter((turn) => turn.answer !== '')
    .flatMap((turn) => [
      { role: 'user' as const, content: turn.question },
      { role: 'assistant' as const, content: turn.answer },
    ]),
  { role: 'user' as const, content: question },
]
