/** How a prompt begins, as a provider's prompt cache sees it: the same for all calls of a conversation. */
import { isRecord } from '../dialects/index.ts'

/** So much of it counts: texts that are alike for longer have the same work before them. */
const lettersMax = 1_024
/** Clients move these from message to message while the prompt stays what it is. */
const marks: ReadonlySet<string> = new Set(['cache_control', 'id'])

type Body = Readonly<Record<string, unknown>>

/** Tools and instructions come first in a cache, then the messages up to the first of the user. No more is read than counts. */
export const beginningOf = ({ tools, system, instructions, messages, input, prompt }: Body): string => {
  let text = ''
  const take = (value: unknown): void => {
    if (text.length >= lettersMax || value == null) return
    if (Array.isArray(value)) for (const one of value) take(one)
    else if (isRecord(value)) {
      for (const key in value) if (!marks.has(key)) take(value[key])
    } else text += `${String(value).slice(0, lettersMax - text.length)}\n`
  }
  for (const part of [tools, system, instructions, opening(messages), opening(input), prompt]) take(part)
  return text
}

/** What stands before an answer; where nobody asks, only the first. */
const opening = (said: unknown): unknown => {
  if (!Array.isArray(said)) return said
  const asked = said.findIndex((one) => isRecord(one) && one.role === 'user')
  return said.slice(0, Math.max(asked, 0) + 1)
}
