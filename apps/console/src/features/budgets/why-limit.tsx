import type { BudgetNode } from '@cockpit/contract/budgets'
import { formatCredits, Why, type WhyStep } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { isZero } from './amounts.ts'
import { type ChainLink, chainOf } from './chain.ts'
import { modeText, scopeLabels, sourceLabels, titleOf } from './strings.ts'

const t = messages('whyLimit', {
  title: (name: string) => `What may ${name} spend now?`,
  summary: (left: string, binding: string) => `${left} credits: ${binding} runs out first.`,
  saw: (limit: string, settled: string, held: string, left: string) =>
    `Limit ${limit}, spent ${settled}, held ${held}: ${left} left.`,
  below: (carved: string) => `${carved} of it is allocated below.`,
  set: (mode: string, source: string) => `${mode}, set ${source.toLowerCase()}`,
  granted: 'granted by the platform',
})

/** The scopes on the way from the pool to a node as steps; all must have room. */
export const chainSteps = (chain: readonly ChainLink[], hrefOf: (id: string) => string): WhyStep[] =>
  chain.map(({ node, left, binding }) => ({
    layer: `${scopeLabels[node.scope.type]} ${titleOf(node)}`,
    rule: `budget.${node.mode}`,
    source: node.parentId === null ? t.granted : t.set(modeText[node.mode], sourceLabels[node.source]),
    value: [
      t.saw(formatCredits(node.limit), formatCredits(node.settled), formatCredits(node.held), formatCredits(left)),
      // what makes the part it pays with smaller than what is left of its limit
      left === node.remaining ? '' : t.below(formatCredits(node.carved)),
    ]
      .join(' ')
      .trim(),
    verdict: isZero(left) ? 'deny' : 'allow',
    binding,
    href: hrefOf(node.id),
  }))

export const WhyLimit = ({ nodes, node }: { nodes: readonly BudgetNode[]; node: BudgetNode }) => {
  const { href } = useScope()
  const chain = chainOf(nodes, node.id)
  const binding = chain.find((link) => link.binding)
  return (
    <Why
      title={t.title(titleOf(node))}
      {...(binding ? { summary: t.summary(formatCredits(binding.left), titleOf(binding.node)) } : {})}
      steps={chainSteps(chain, (id) => href(`budgets/${id}`))}
    />
  )
}
