/** Which guardrails hold for a call. */
import type { SliceGuardrail } from '@cockpit/contract/snapshot'

type About = {
  keyId: string | null
  teamId: string | null
  orgId: string | null
  model: string
}

/** In the order in which they look. */
export const guardrailsFor = (all: readonly SliceGuardrail[] | undefined, about: About): readonly SliceGuardrail[] => {
  if (!all || all.length === 0) return none
  const here = all.filter(({ scope }) => holds(scope, about))
  return here.length === 0 ? none : here.sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1))
}

const none: readonly SliceGuardrail[] = []

const holds = (scope: SliceGuardrail['scope'], { keyId, teamId, orgId, model }: About): boolean => {
  if (scope.type === 'account') return true
  if (scope.type === 'model') return scope.model === model
  if (scope.type === 'key') return scope.id === keyId
  return scope.id === (scope.type === 'team' ? teamId : orgId)
}
