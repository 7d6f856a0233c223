import type { BudgetNode, DistributionInput, DistributionResult } from '@cockpit/contract/budgets'
import { Alert, Button, ErrorState, formatCredits, Loaded, Page, problemOf, Skeleton, Stack } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { isAmount } from './amounts.ts'
import { amongOf, DistributeFields } from './distribute-fields.tsx'
import { allNodes, useOverview } from './overview.ts'
import { useSettled } from './preview.ts'
import { SharesTable } from './shares-table.tsx'
import { budgetText, titleOf } from './strings.ts'
import { useBudgetTabs } from './tabs.ts'

const t = messages('distribute', {
  submit: (credits: string, members: number) => `Give ${credits} credits to ${members}`,
  done: (credits: string, members: number) => `${credits} credits divided among ${members}`,
  doneText: 'Limits apply to calls within a second.',
  problem: 'This cannot be divided',
  after: (credits: string, name: string) => `${credits} credits stay unallocated in ${name}.`,
  nobody: 'Choose at least one member.',
  toTree: 'Open the tree',
})

export const DistributePage = () => {
  const overview = useOverview()
  const tabs = useBudgetTabs('distribute')
  return (
    <Page title={budgetText.title} description={budgetText.about} tabs={tabs}>
      <Loaded {...overview}>{(found) => <Distribute nodes={allNodes(found)} />}</Loaded>
    </Page>
  )
}

const Distribute = ({ nodes }: { nodes: readonly BudgetNode[] }) => {
  const { api } = useScope()
  const { search, setSearch } = useSearchState()
  const refresh = useRefresh()
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [outcome, setOutcome] = useState<{ error?: unknown; done?: DistributionResult; busy?: boolean }>({})
  const parents = nodes.filter(({ scope }) => scope.type !== 'user')
  const parent = parents.find(({ id }) => id === search.parent) ?? parents[0]
  const input = inputOf(search, parent)
  const all = usePreview(input)
  const members = all.data?.shares.filter(({ scope }) => !left.has(scope.id)) ?? []
  const chosen = members.length === all.data?.shares.length
  const ids = members.map(({ scope }) => scope.id)
  const some = usePreview(input && !chosen && ids.length > 0 ? { ...input, ids } : null)
  const preview = chosen ? all : some
  const change = (patch: Record<string, string | undefined>) => {
    setOutcome({})
    setSearch(patch)
  }
  const run = async () => {
    if (!input) return
    setOutcome({ busy: true })
    try {
      const done = await api.budgets.distribute({ body: chosen ? input : { ...input, ids } })
      await refresh('budgets', 'distribution')
      setOutcome({ done })
    } catch (error) {
      setOutcome({ error })
    }
  }
  return (
    <Stack>
      <DistributeFields
        search={search}
        onChange={change}
        parent={parent}
        parents={parents}
        onAmong={() => setLeft(new Set())}
      />
      {outcome.done && <Done result={outcome.done} />}
      {Boolean(outcome.error) && <ErrorState error={outcome.error} />}
      {Boolean(all.error) && <Refused error={all.error} />}
      {!all.data && !all.error && <Skeleton rows={4} height={24} />}
      {all.data && (
        <>
          <SharesTable
            candidates={all.data.shares}
            shares={preview.data?.shares ?? []}
            left={left}
            onLeft={(next) => {
              setOutcome({})
              setLeft(next)
            }}
          />
          {!chosen && Boolean(some.error) && <Refused error={some.error} />}
          {ids.length === 0 && <Alert tone="amber">{t.nobody}</Alert>}
          <div className="ck-act-row">
            <span className="ck-muted">
              {preview.data && parent && t.after(formatCredits(preview.data.unallocatedAfter), titleOf(parent))}
            </span>
            <Button
              kind="primary"
              loading={outcome.busy === true}
              disabled={!preview.data || ids.length === 0}
              onClick={() => void run()}
            >
              {t.submit(formatCredits(preview.data?.total ?? '0'), ids.length)}
            </Button>
          </div>
        </>
      )}
    </Stack>
  )
}

const Done = ({ result }: { result: DistributionResult }) => {
  const { href } = useScope()
  return (
    <Alert
      tone="green"
      title={t.done(formatCredits(result.total), result.shares.length)}
      action={<Button href={href('budgets')}>{t.toTree}</Button>}
    >
      {t.doneText}
    </Alert>
  )
}

const Refused = ({ error }: { error: unknown }) => {
  const { detail, code } = problemOf(error)
  return (
    <Alert tone="amber" title={t.problem}>
      {detail} <code className="ck-mono ck-size-xs">{code}</code>
    </Alert>
  )
}

const inputOf = (
  search: Record<string, string | undefined>,
  parent: BudgetNode | undefined,
): DistributionInput | null =>
  parent
    ? {
        parentId: parent.id,
        among: amongOf(search.among),
        mode: search.mode === 'cap' ? 'cap' : 'carve',
        ...(search.total && isAmount(search.total) && Number(search.total) > 0 ? { total: search.total } : {}),
      }
    : null

/** The whole distribution, computed by the server and not kept. */
const usePreview = (input: DistributionInput | null) => {
  const { api, accountId } = useScope()
  const settled = useSettled(JSON.stringify(input), 250)
  return useQuery({
    queryKey: [accountId, 'distribution', settled],
    queryFn: ({ signal }) =>
      api.budgets.distribute({ body: JSON.parse(settled) as DistributionInput, query: { dry_run: '1' } }, { signal }),
    enabled: settled !== 'null',
    retry: false,
    gcTime: 0,
  })
}
