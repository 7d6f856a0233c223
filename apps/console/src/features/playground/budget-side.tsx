import type { EffectiveAllocation } from '@cockpit/contract/budgets'
import { Alert, formatCredits, formatExact, ProgressBar, Stack, Why, type WhyStep } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('playgroundBudget', {
  pays: (name: string) => `Paid by ${name}`,
  used: (used: string, limit: string) => `${used} of ${limit} credits used`,
  nobody: 'No budget pays for your requests',
  why: 'Who pays for my requests, and how much is left?',
  renews: (at: string) => `The budget renews ${at}.`,
  node: (settled: string, held: string, limit: string) => `${settled} of ${limit} credits used, ${held} reserved`,
})

/** Who pays and what is left, with the way to it. */
export const BudgetSide = ({ budget }: { budget: EffectiveAllocation }) => {
  const { can, href } = useScope()
  const { payer, limit, remaining, chain, cycle, source } = budget
  if (!payer || limit === null || remaining === null)
    return (
      <Alert tone="amber" title={t.nobody}>
        {source}
      </Alert>
    )
  const steps = chain.map(
    (node): WhyStep => ({
      layer: node.scope.name,
      rule: node.mode,
      source: `${node.scope.type} ${node.scope.id}`,
      value: t.node(formatCredits(node.settled), formatCredits(node.held), formatCredits(node.limit)),
      verdict: Number(node.remaining) > 0 ? 'allow' : 'deny',
      binding: node.binding,
      ...(can('budget.write') ? { href: href('budgets') } : {}),
    }),
  )
  // the scope that runs out first is the one to watch
  const tightest = chain.find(({ binding }) => binding) ?? chain.at(-1)
  const { settled = '0', held = '0', limit: ceiling = limit } = tightest ?? {}
  return (
    <Stack gap={4}>
      <ProgressBar
        label={t.pays(payer.name)}
        value={Number(settled)}
        reserved={Number(held)}
        limit={Number(ceiling)}
        text={t.used(formatCredits(settled), formatCredits(ceiling))}
      />
      <div>
        <Why title={t.why} summary={summaryOf(source, cycle?.endsAt ?? null)} steps={steps} />
      </div>
    </Stack>
  )
}

const summaryOf = (source: string, endsAt: string | null) =>
  endsAt ? `${source.replace(/\.?$/, '.')} ${t.renews(formatExact(endsAt))}` : source
