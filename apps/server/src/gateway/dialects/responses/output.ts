/** The items an answer is made of, as they stand when they are done. */
import { type Json, present } from '../json.ts'

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** An id for each item, the same each time the same answer is read. */
export const itemId = (kind: 'msg' | 'rs' | 'fc', answer: string, at: number): string => `${kind}_${answer}_${at}`

export const textPart = (text: string): Json => ({ type: 'output_text', text, annotations: [], logprobs: [] })
export const refusalPart = (refusal: string): Json => ({ type: 'refusal', refusal })
export const summaryPart = (text: string): Json => ({ type: 'summary_text', text })

export const messageItem = (id: string, content: readonly Json[], status: ItemStatus): Json => ({
  id,
  type: 'message',
  status,
  role: 'assistant',
  content,
})

export const reasoningItem = (id: string, summary: readonly Json[], sealed?: string): Json =>
  present({ id, type: 'reasoning', summary, encrypted_content: sealed })

export type CalledFunction = { callId: string; name: string; args: string }

export const callItem = (id: string, { callId, name, args }: CalledFunction, status: ItemStatus): Json => ({
  id,
  type: 'function_call',
  status,
  call_id: callId,
  name,
  arguments: args,
})
