import type { BudgetNode } from '@cockpit/contract/budgets'
import { ConfirmDialog, formatCredits } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { allocationOf } from './allocation.ts'
import { budgetText, titleOf } from './strings.ts'
import type { Done } from './tree-page.tsx'

const t = messages('removeAllocation', {
  title: (name: string) => `Remove the allocation of ${name}?`,
  returns: (credits: string, parent: string) => `${credits} unspent credits return to ${parent}.`,
  cap: (parent: string) => `Its ceiling is gone; it draws from ${parent} as before.`,
  pays: (parent: string) => `From now on its requests are paid by the next allocation around it, at last ${parent}.`,
  spent: 'What was spent in this cycle stays spent.',
  children: (names: string) => `Allocations stand under it. Remove them first: ${names}.`,
  done: (name: string) => `The allocation of ${name} is removed`,
})

export const RemoveDialog = ({
  node,
  nodes,
  onClose,
  onDone,
}: {
  node: BudgetNode | null
  nodes: readonly BudgetNode[]
  onClose: () => void
  onDone: (done: Done) => Promise<void>
}) => {
  const { api } = useScope()
  if (!node) return null
  const parent = nodes.find(({ id }) => id === node.parentId)
  const parentName = parent ? titleOf(parent) : ''
  const children = nodes.filter(({ parentId }) => parentId === node.id)
  const effects =
    children.length > 0
      ? [t.children(children.map(titleOf).join(', '))]
      : [
          node.mode === 'carve' ? t.returns(formatCredits(node.unallocated), parentName) : t.cap(parentName),
          t.pays(parentName),
          t.spent,
        ]
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={t.title(titleOf(node))}
      effects={effects}
      confirmLabel={budgetText.remove}
      onConfirm={async () => {
        await api.budgets.removeAllocation({ params: { id: node.id } })
        await onDone({
          text: t.done(titleOf(node)),
          undo: () => api.budgets.allocate({ body: { ...allocationOf(node), parentId: node.parentId ?? undefined } }),
        })
      }}
    />
  )
}
