/**
 * What a Claude model of a given name takes. Newer ones think adaptively and refuse sampling parameters, older ones want a budget;
 * a name that is no Claude belongs to some compatible server and gets what has always worked.
 */
export type ClaudeAbilities = {
  thinking: 'adaptive' | 'budget'
  sampling: boolean
  structuredOutput: boolean
  prefill: boolean
  xhighEffort: boolean
}

const compatible: ClaudeAbilities = {
  thinking: 'budget',
  sampling: true,
  structuredOutput: false,
  prefill: true,
  xhighEffort: false,
}

export function claudeAbilities(model: string): ClaudeAbilities {
  if (!model.includes('claude')) return compatible
  const version = versionOf(model)
  return {
    thinking: version >= 4.6 ? 'adaptive' : 'budget',
    sampling: version < 4.7,
    structuredOutput: version >= 4.5,
    prefill: version < 4.6,
    xhighEffort: version >= 4.7,
  }
}

/** `claude-3-5-sonnet-20241022` is 3.5, `claude-opus-4-20250514` is 4, `claude-haiku-4-5` is 4.5; a name without a number is new. */
function versionOf(model: string): number {
  const found = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?(?!\d)/.exec(model)
  return found ? Number(found[1]) + Number(found[2] ?? 0) / 10 : Number.POSITIVE_INFINITY
}

/** OpenAI's older models refuse to be asked for reasoning; other servers ignore what they do not know. */
export const refusesReasoning = (model: string): boolean => /^(?:openai\/)?(?:gpt-[34]|chatgpt)/.test(model)

/** OpenAI models that reason take only their own temperature. */
export const isOpenaiReasoner = (model: string): boolean => /^(?:openai\/)?(?:o\d|gpt-[5-9])/.test(model)
