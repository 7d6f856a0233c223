import type { AllocationInput, BudgetNode } from '@cockpit/contract/budgets'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useScope } from '../../app/scope.tsx'

/** What an allocation would be: the server computes it and keeps nothing. Asked when typing pauses. */
export const useAllocationPreview = (input: AllocationInput | null) => {
  const { api, accountId } = useScope()
  const settled = useSettled(JSON.stringify(input), 300)
  const query = useQuery({
    queryKey: [accountId, 'budget-preview', settled],
    queryFn: ({ signal }): Promise<BudgetNode> =>
      api.budgets.allocate({ body: JSON.parse(settled) as AllocationInput, query: { dry_run: '1' } }, { signal }),
    enabled: settled !== 'null',
    retry: false,
    gcTime: 0,
  })
  // an answer to what is no longer in the form says nothing
  const fresh = settled === JSON.stringify(input) && settled !== 'null'
  return { node: fresh ? query.data : undefined, error: fresh ? query.error : null }
}

export const useSettled = (value: string, ms: number): string => {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return settled
}
