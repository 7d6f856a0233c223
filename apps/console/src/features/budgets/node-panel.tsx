import type { BudgetNode } from '@cockpit/contract/budgets'
import {
  CreditsAmount,
  formatCredits,
  Heading,
  ProgressBar,
  Properties,
  type Property,
  SidePanel,
  Stack,
  WhySteps,
} from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { isZero } from './amounts.ts'
import { chainOf } from './chain.ts'
import { NodeActs } from './node-acts.tsx'
import { modeText, scopeLabels, sourceLabels, budgetText as t, titleOf } from './strings.ts'
import type { TreeAct } from './tree-page.tsx'
import { chainSteps } from './why-limit.tsx'

const words = messages('nodePanel', {
  used: 'Spent in this cycle',
  of: (spent: string, limit: string) => `${spent} of ${limit} credits`,
  chain: 'All of these must have room',
  kind: 'Kind',
  overdraftHelp: 'Requests that ended after the limit was reached; the next cycle is not charged for them.',
})

/** One allocation beside the tree; also the content of its page. */
export const NodePanel = ({
  node,
  nodes,
  onAct,
  onClose,
}: {
  node: BudgetNode | undefined
  nodes: readonly BudgetNode[]
  onAct: (act: TreeAct) => void
  onClose: () => void
}) => {
  const { href } = useScope()
  return (
    <SidePanel
      opened={node !== undefined}
      onClose={onClose}
      title={node ? titleOf(node) : ''}
      {...(node ? { pageHref: href(`budgets/${node.id}`), actions: <NodeActs node={node} onAct={onAct} /> } : {})}
    >
      {node && (
        <Stack gap={24}>
          <NodeChain node={node} nodes={nodes} />
          <div className="ck-facts">
            <Properties items={nodeFacts(node)} />
          </div>
        </Stack>
      )}
    </SidePanel>
  )
}

export const NodeChain = ({ node, nodes }: { node: BudgetNode; nodes: readonly BudgetNode[] }) => {
  const { href } = useScope()
  return (
    <Stack gap={12}>
      <ProgressBar
        label={words.used}
        value={Number(node.settled)}
        reserved={Number(node.held)}
        limit={Number(node.limit)}
        text={words.of(formatCredits(node.settled), formatCredits(node.limit))}
      />
      <Heading>{words.chain}</Heading>
      <WhySteps steps={chainSteps(chainOf(nodes, node.id), (id) => href(`budgets/${id}`))} />
    </Stack>
  )
}

export const nodeFacts = (node: BudgetNode): Property[] => [
  { label: words.kind, value: scopeLabels[node.scope.type] },
  {
    label: t.mode,
    value: (
      <>
        {modeText[node.mode]}{' '}
        <span className="ck-help">{node.mode === 'carve' ? modeText.carveHelp : modeText.capHelp}</span>
      </>
    ),
  },
  { label: t.source, value: sourceLabels[node.source] },
  { label: t.limit, value: <CreditsAmount value={node.limit} /> },
  { label: t.settled, value: <CreditsAmount value={node.settled} /> },
  { label: t.held, value: <CreditsAmount value={node.held} /> },
  { label: t.remaining, value: <CreditsAmount value={node.remaining} /> },
  ...(node.mode === 'carve'
    ? [
        { label: t.carved, value: <CreditsAmount value={node.carved} /> },
        { label: t.unallocated, value: <CreditsAmount value={node.unallocated} /> },
      ]
    : []),
  ...(isZero(node.overdraft)
    ? []
    : [
        {
          label: t.overdraft,
          value: (
            <>
              <CreditsAmount value={node.overdraft} /> <span className="ck-help">{words.overdraftHelp}</span>
            </>
          ),
        },
      ]),
]
