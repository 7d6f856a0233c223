/** What a guardrail would have said about a call that is over, by the code that looks at those that are not. */
import type { GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import type { SliceGuardrail } from '@cockpit/contract/snapshot'
import { guardOf, Inspection } from '@cockpit/policy'
import type { CallerDialectId } from '../dialects/index.ts'
import { createStreamGuard } from './stream.ts'
import { inspectBody } from './whole.ts'

const spoken: readonly CallerDialectId[] = ['anthropic', 'completions', 'responses']

type Kept = { dialect: string; stream: boolean; request: string; response: string }

export const inspectKept = (
  guardrail: SliceGuardrail,
  { dialect, stream, request, response }: Kept,
): readonly GuardrailVerdict[] => {
  const guard = guardOf([guardrail])
  if (!guard) return []
  const inspection = new Inspection(guard, { cutAtBlock: false })
  inspectBody(Buffer.from(request), 'request', inspection)
  // what is refused has no answer
  if (inspection.blockedBy || response === '') return inspection.verdicts
  if (!stream || !response.includes('data:')) {
    inspectBody(Buffer.from(response), 'answer', inspection)
    return inspection.verdicts
  }
  const streamed = createStreamGuard(guard, spoken.find((known) => known === dialect) ?? 'openai')
  streamed.push(Buffer.from(response))
  streamed.end()
  return [...inspection.verdicts, ...streamed.inspection.verdicts]
}
