import type { BudgetNode } from '@cockpit/contract/budgets'
import { Alert, formatCredits, problemOf } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { minus } from './amounts.ts'
import { titleOf } from './strings.ts'

const t = messages('allocationPreview', {
  title: 'What this does',
  fresh: (name: string, limit: string, parent: string) => `${name} gets ${limit} credits, under ${parent}.`,
  changed: (name: string, before: string, after: string) => `${name}: limit ${before} → ${after} credits.`,
  left: (name: string, before: string, after: string) => `${name}: unallocated ${before} → ${after} credits.`,
  spendable: (name: string, left: string) => `${name} then has ${left} credits left in this cycle.`,
})

/** The effect in sentences, or why it will be refused. */
export const AllocationPreview = ({
  node,
  error,
  nodes,
}: {
  node: BudgetNode | undefined
  error: unknown
  nodes: readonly BudgetNode[]
}) => {
  if (error) {
    const problem = problemOf(error)
    return (
      <Alert tone="amber" title={problem.title}>
        {problem.detail} <code className="ck-mono ck-size-xs">{problem.code}</code>
      </Alert>
    )
  }
  if (!node) return null
  const before = nodes.find(({ id }) => id === node.id)
  const parent = nodes.find(({ id }) => id === node.parentId)
  const owned = (one: BudgetNode | undefined) => (one?.mode === 'carve' ? one.limit : '0')
  const taken = minus(owned(node), owned(before))
  const name = titleOf(node)
  return (
    <Alert title={t.title}>
      <ul className="ck-effects">
        <li>
          {before
            ? t.changed(name, formatCredits(before.limit), formatCredits(node.limit))
            : t.fresh(name, formatCredits(node.limit), parent ? titleOf(parent) : '')}
        </li>
        {parent && taken !== '0' && parent.mode === 'carve' && (
          <li>
            {t.left(
              titleOf(parent),
              formatCredits(parent.unallocated),
              formatCredits(minus(parent.unallocated, taken)),
            )}
          </li>
        )}
        <li>{t.spendable(name, formatCredits(node.remaining))}</li>
      </ul>
    </Alert>
  )
}
