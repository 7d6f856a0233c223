import type { ExplainStep } from '@cockpit/contract/explain'
import type { WhyStep } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import type { Scope } from '../../app/scope.tsx'

const t = messages('explain', {
  principal: 'Who calls',
  account: 'Account',
  key: 'Key',
  model_catalog: 'Catalog',
  model_eligible: 'Eligible models',
  model_selected: 'Selected models',
  key_models: 'Models of the key',
  model_capabilities: 'What the model can do',
  mcp_server: 'MCP server',
  mcp_tool: 'Tool',
  guardrail: 'Guardrails',
  rate: 'Rate limits',
  budget: 'Budget',
  route: 'Route to a provider',
})

/** The steps of an explanation as `Why` and `WhySteps` show them; the one that refused is marked as deciding. */
export const whyStepsOf = (steps: readonly ExplainStep[], { can, href }: Pick<Scope, 'can' | 'href'>): WhyStep[] =>
  steps.map((step) => {
    const change = changedAt(step, can)
    return {
      ...step,
      layer: t[step.layer],
      binding: step.verdict === 'deny',
      ...(change ? { href: href(change) } : {}),
    }
  })

/** The page where the rule is set, for whoever may set it. */
const changedAt = ({ layer, source }: ExplainStep, can: Scope['can']): string | null => {
  const id = /\b(key|usr)_[0-9a-z]+\b/.exec(source)
  if (id?.[1] === 'key') return can('key.write_own') ? `keys/${id[0]}` : null
  if (id?.[1] === 'usr') return can('directory.write') ? `people/${id[0]}` : null
  if (layer.startsWith('model_')) return can('model.select') ? 'models' : null
  if (layer === 'budget') return can('budget.write') ? 'budgets' : null
  if (layer === 'guardrail') return can('guardrail.read') ? guardrailPage(source) : null
  if (layer === 'route') return can('provider.write') ? 'providers' : null
  return null
}

const guardrailPage = (source: string): string => {
  const id = /\bgrd_[0-9a-z]+\b/.exec(source)?.[0]
  return id ? `guardrails/${id}` : 'guardrails'
}
