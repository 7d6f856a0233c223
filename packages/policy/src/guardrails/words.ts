/** What guardrails said, in sentences that name what was found and never repeat it. */
import type { ExplainStep } from '@cockpit/contract/explain'
import type { GuardrailDirection, GuardrailVerdict } from '@cockpit/contract/guardrail-checks'
import type { Block } from './inspection.ts'

const where: Readonly<Record<GuardrailDirection, string>> = {
  input: 'the request',
  tool_results: 'a tool result in the request',
  output: 'the answer',
  tool_calls: 'a tool call in the answer',
}

const spoken = (kind: string) => kind.replaceAll('_', ' ')

export const blockInWords = ({ guardrail, kind, direction, unchecked }: Block): string =>
  unchecked
    ? `Guardrail '${guardrail.name}' could not check ${where[direction]}, and lets nothing pass unchecked.`
    : `Guardrail '${guardrail.name}' does not let ${where[direction]} pass: ${spoken(kind)}.`

const did: Readonly<Record<GuardrailVerdict['action'], string>> = {
  block: 'blocked',
  mask: 'masked',
  flag: 'flagged',
  log: 'noticed',
  refused: 'refused unchecked',
  let_pass: 'let pass unchecked',
}

/** The step of an explanation that tells a verdict. */
export const verdictStep = ({
  guardrailId,
  guardrail,
  check,
  direction,
  action,
  found,
}: GuardrailVerdict): ExplainStep => {
  const what = Object.entries(found).map(([kind, times]) => (times > 1 ? `${times} × ${spoken(kind)}` : spoken(kind)))
  return {
    layer: 'guardrail',
    rule: `guardrail.${check}`,
    source: `guardrail ${guardrailId}`,
    value: `'${guardrail}' ${did[action]}${what.length > 0 ? ` ${what.join(', ')}` : ''} in ${where[direction]}`,
    verdict: action === 'block' || action === 'refused' ? 'deny' : 'allow',
  }
}
