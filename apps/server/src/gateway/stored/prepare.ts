import type { Call } from '../call.ts'
import type { Refusal } from '../refusal.ts'
import type { Answered } from './background.ts'
import type { createReferences } from './references.ts'
import type { Turns } from './turns.ts'

type Deps = { turns: Turns; references: ReturnType<typeof createReferences> }

/** The body of a call with all that is kept here and that it only names. Most name nothing, and go on as they came. */
export const createPrepare =
  ({ turns, references }: Deps) =>
  (call: Call, body: Buffer): Buffer | Promise<Buffer | Refusal | Answered> => {
    const whole = call.dialect === 'responses' ? turns.prepare(call, body) : body
    if (Buffer.isBuffer(whole)) return references.prepare(call, whole)
    return whole.then((known) => (Buffer.isBuffer(known) ? references.prepare(call, known) : known))
  }
export type Prepare = ReturnType<typeof createPrepare>
