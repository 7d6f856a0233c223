import type { BudgetNode, BudgetOverview } from '@cockpit/contract/budgets'
import {
  Badge,
  CreditsAmount,
  IconBuilding,
  IconCircleDashed,
  IconUser,
  IconUsersGroup,
  IconWallet,
  Tree,
  type TreeColumn,
  type TreeNode,
  treeOf,
  UsageBar,
} from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { minus } from './amounts.ts'
import { NodeActs } from './node-acts.tsx'
import { allNodes } from './overview.ts'
import { type OwnUse, ownUseOf } from './own-use.ts'
import { modeText, sourceLabels, budgetText as t, titleOf } from './strings.ts'
import type { TreeAct } from './tree-page.tsx'
import { WhyLimit } from './why-limit.tsx'

const words = messages('budgetTreeTable', {
  label: 'Pool and allocations',
  scope: 'Scope',
  use: 'Use',
  inCredits: (name: string) => `${name} (credits)`,
  acts: 'Acts',
  why: 'Why',
})

const icons = { account: IconWallet, org: IconBuilding, team: IconUsersGroup, user: IconUser } as const
// what of the pool nobody was given has a row of its own, which credits can be dragged from and to
type Row = { node: BudgetNode; part: 'whole' } | { node: BudgetNode; part: 'unallocated'; use: OwnUse }

export const BudgetTree = ({
  overview,
  selectedId,
  onOpen,
  onAct,
}: {
  overview: BudgetOverview
  selectedId: string | undefined
  onOpen: (node: BudgetNode) => void
  onAct: (act: TreeAct) => void
}) => {
  const { can } = useScope()
  const nodes = allNodes(overview)
  const writable = can('budget.write')
  return (
    <Tree<Row>
      label={words.label}
      nodes={rowsOf(overview)}
      header={words.scope}
      render={(row) => <Name row={row} />}
      columns={columnsOf(nodes, onAct)}
      onOpen={({ node }) => onOpen(node)}
      {...(selectedId ? { selectedId } : {})}
      {...(writable
        ? {
            onMove: (from: Row, onto: Row) => {
              if (from.node !== onto.node) onAct({ act: 'move', from: from.node.id, to: onto.node.id })
            },
          }
        : {})}
    />
  )
}

const rowsOf = (overview: BudgetOverview): TreeNode<Row>[] => {
  const { pool } = overview
  const whole = (branch: TreeNode<BudgetNode>): TreeNode<Row> => ({
    id: branch.id,
    data: { node: branch.data, part: 'whole' },
    children: (branch.children ?? []).map(whole),
  })
  const own: Row = { node: pool, part: 'unallocated', use: ownUseOf(overview) }
  const tree = treeOf(allNodes(overview), ({ id }) => id, ({ parentId }) => parentId) // biome-ignore format: one call
  return tree.map(whole).map((root) => ({
    ...root,
    children: [{ id: `${pool.id} unallocated`, data: own }, ...(root.children ?? [])],
  }))
}

const Name = ({ row: { node, part } }: { row: Row }) => {
  const Icon = part === 'unallocated' ? IconCircleDashed : icons[node.scope.type]
  return (
    <>
      <Icon size={16} aria-hidden className="ck-tree-icon" />
      <span className="ck-truncate">{part === 'unallocated' ? t.unallocated : titleOf(node)}</span>
      {part === 'whole' && node.mode === 'cap' && <Badge>{modeText.cap}</Badge>}
      {part === 'whole' && node.source === 'override' && <Badge tone="accent">{sourceLabels.override}</Badge>}
    </>
  )
}

// of the pool's own row: what is not allocated is its limit, what is left of that is still free
const limitOf = ({ node, part }: Row) => (part === 'whole' ? node.limit : minus(node.limit, node.carved))
const leftOf = (row: Row) => (row.part === 'whole' ? row.node.remaining : row.use.left)
const spentOf = (row: Row) => (row.part === 'whole' ? row.node : row.use).settled
const heldOf = (row: Row) => (row.part === 'whole' ? row.node : row.use).held

const amount = (key: string, header: string, of: (row: Row) => string | null, wide = false): TreeColumn<Row> => ({
  key,
  header: words.inCredits(header),
  align: 'right',
  wide,
  render: (row) => <CreditsAmount bare value={of(row)} />,
})

const columnsOf = (nodes: readonly BudgetNode[], onAct: (act: TreeAct) => void): TreeColumn<Row>[] => [
  {
    key: 'use',
    header: words.use,
    width: 180,
    wide: true,
    render: (row) => (
      <UsageBar
        label={`${row.part === 'whole' ? titleOf(row.node) : t.unallocated}, ${t.settled}`}
        spent={Number(spentOf(row))}
        held={Number(heldOf(row))}
        limit={Number(limitOf(row))}
      />
    ),
  },
  amount('limit', t.limit, limitOf, true),
  amount('settled', t.settled, spentOf, true),
  amount('held', t.held, heldOf, true),
  amount('left', t.remaining, leftOf),
  amount(
    'unallocated',
    t.unallocated,
    ({ node, part }) => (part === 'whole' && node.mode === 'carve' ? node.unallocated : null),
    true,
  ),
  {
    key: 'why',
    header: words.why,
    hideHeader: true,
    // the opened row says why on a phone
    wide: true,
    width: 80,
    render: ({ node, part }) => part === 'whole' && <WhyLimit nodes={nodes} node={node} />,
  },
  {
    key: 'acts',
    header: words.acts,
    hideHeader: true,
    width: 44,
    render: ({ node, part }) => part === 'whole' && <NodeActs node={node} onAct={onAct} />,
  },
]
