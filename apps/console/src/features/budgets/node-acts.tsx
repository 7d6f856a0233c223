import type { BudgetNode } from '@cockpit/contract/budgets'
import { IconArrowRight, IconPencil, IconPlus, IconScale, IconTrash, Menu } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { budgetText as t, titleOf } from './strings.ts'
import type { TreeAct } from './tree-page.tsx'

const words = messages('nodeActs', {
  acts: (name: string) => `Acts on ${name}`,
  below: 'Allocate from here',
  distribute: 'Distribute equally',
})

export const NodeActs = ({ node, onAct }: { node: BudgetNode; onAct: (act: TreeAct) => void }) => {
  const { can, href } = useScope()
  if (!can('budget.write')) return null
  const isPool = node.parentId === null
  return (
    <Menu
      label={words.acts(titleOf(node))}
      items={[
        ...(isPool
          ? []
          : [{ label: t.change, icon: <IconPencil size={14} />, onClick: () => onAct({ act: 'change', node }) }]),
        ...(node.scope.type === 'user'
          ? []
          : [
              {
                label: words.below,
                icon: <IconPlus size={14} />,
                onClick: () => onAct({ act: 'allocate', parentId: node.id }),
              },
              {
                label: words.distribute,
                icon: <IconScale size={14} />,
                href: href(`budgets/distribute?parent=${node.id}`),
              },
            ]),
        ...(node.mode === 'carve'
          ? [
              {
                label: t.move,
                icon: <IconArrowRight size={14} />,
                onClick: () => onAct({ act: 'move', from: node.id, to: null }),
              },
            ]
          : []),
        ...(isPool
          ? []
          : [
              {
                label: t.remove,
                icon: <IconTrash size={14} />,
                danger: true,
                onClick: () => onAct({ act: 'remove', node }),
              },
            ]),
      ]}
    />
  )
}
