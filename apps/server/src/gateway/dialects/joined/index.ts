/** Answers that broke off and are gone on with, in the dialects whose providers take the beginning of an answer. */
import type { DialectId } from '../dialect.ts'
import { anthropicJoining } from './anthropic.ts'
import type { Joining } from './joining.ts'
import { openaiJoining } from './openai.ts'

export type { Continues, Joining, Speech } from './joining.ts'
export { createRestText } from './rest-text.ts'

export const joinings: Readonly<Partial<Record<DialectId, Joining>>> = {
  openai: openaiJoining,
  anthropic: anthropicJoining,
}
