/** The path of a call through what services outside say: its request, its answer whole or as a stream. */
import type { Block, Look } from '@cockpit/policy'
import type { Call } from '../call.ts'
import type { Refusal } from '../refusal.ts'
import { blockedRefusal, lookThroughAnswer, lookThroughRequest, replaceRequest } from './look.ts'
import { createHeldLook } from './outside/held.ts'
import type { Outside } from './outside/index.ts'
import { createStreamEdit } from './stream.ts'

type Passed<T> = { passed: T; by: Block | null }

/** `pass` shows the texts of what `came` to what it is given, and returns it as that says. */
export const askAbout = async <T>(
  call: Call,
  outside: Outside,
  came: T,
  pass: (look: Look) => T,
): Promise<Passed<T>> => {
  const first = createHeldLook(outside.looksAt)
  pass(first)
  if (first.texts.length === 0) return { passed: came, by: null }
  const { inspection, after, asked } = await outside.judge(first.texts, () => call.elapsedMs())
  call.inspections = [...(call.inspections ?? []), inspection]
  for (const { service, fromMs, untilMs, ok } of asked) call.span('guardrail service', fromMs, service, ok, untilMs)
  // what nobody could judge now must be judged when it is given again
  if (inspection.verdicts.some(({ action }) => action === 'let_pass')) call.keepAs = null
  return { passed: after.size === 0 ? came : pass(createHeldLook(outside.looksAt, after)), by: inspection.blockedBy }
}

/** Why the request goes no further; masked, it takes the place of what came, also where it is blocked. */
export const askAboutRequest = async (call: Call, outside: Outside): Promise<Refusal | null> => {
  const { bytes } = call
  if (bytes === null) return null
  const { passed, by } = await askAbout(call, outside, bytes, (look) => lookThroughRequest(call, bytes, look))
  if (passed !== bytes) replaceRequest(call, passed)
  return by && blockedRefusal(by)
}

export const askAboutAnswer = async (call: Call, outside: Outside, body: Buffer): Promise<Buffer | Refusal> => {
  const { passed, by } = await askAbout(call, outside, body, (look) => lookThroughAnswer(call, body, look))
  return by ? blockedRefusal(by) : passed
}

/** A stream is asked about when it is complete. */
export type HeldStream = {
  /** Nothing of it goes on before it was judged. */
  readonly holds: boolean
  /** False when it is longer than can be judged. */
  push(bytes: Buffer): boolean
  end(): Promise<Passed<Buffer>>
}

const heldBytesMax = 32 << 20

export const holdStream = (call: Call): HeldStream | null => {
  const outside = outsideOfAnswers(call)
  if (!outside) return null
  const pieces: Buffer[] = []
  let size = 0
  return {
    holds: outside.holdsAnswers,
    push(bytes) {
      size += bytes.length
      if (size > heldBytesMax) return false
      pieces.push(Buffer.from(bytes))
      return true
    },
    end() {
      const whole = Buffer.concat(pieces, size)
      return askAbout(call, outside, whole, (look) => {
        const edit = createStreamEdit(look, call.dialect)
        return Buffer.concat([edit.push(whole), edit.end()])
      })
    },
  }
}

/** Whoever must be asked about an answer; null where nobody is. */
export const outsideOfAnswers = ({ entry }: Call): Outside | null =>
  entry?.outside && answerDirections.some((direction) => entry.outside?.looksAt(direction)) ? entry.outside : null

const answerDirections = ['output', 'tool_calls', 'tool_results'] as const
