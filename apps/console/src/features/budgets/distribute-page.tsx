import type { BudgetNode, DistributionInput, DistributionResult } from '@cockpit/contract/budgets'
import { Alert, Button, EmptyState, ErrorState, formatCredits, Loaded, Page, problemOf, Stack } from '@cockpit/ui'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { isAmount } from './amounts.ts'
import { type Candidate, candidatesOf } from './candidates.ts'
import { amongOf, DistributeFields } from './distribute-fields.tsx'
import { allNodes, useOverview } from './overview.ts'
import { useSettled } from './preview.ts'
import { type Share, SharesTable } from './shares-table.tsx'
import { budgetText, titleOf } from './strings.ts'
import { useBudgetTabs } from './tabs.ts'

const t = messages('distribute', {
  submit: (credits: string, members: number) => `Give ${credits} credits to ${members}`,
  done: (credits: string, members: number) => `${credits} credits divided among ${members}`,
  doneText: 'Limits apply to requests within a second.',
  problem: 'This cannot be divided',
  after: (credits: string, name: string) => `${credits} credits stay unallocated in ${name}.`,
  idle: 'Distribute',
  empty: 'Nobody to share among',
  emptyText: 'Nothing of this kind lies in there, or everything has an allocation under another one.',
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
  const among = amongOf(search.among)
  const candidates = useLoad(
    ['distribution', 'candidates', parent?.id, among],
    async (from, signal) => (parent ? candidatesOf(from, parent.scope, among, signal) : []),
    { enabled: parent !== undefined },
  )
  const rows = candidates.data && rowsOf(candidates.data, nodes, parent)
  const ids = rows?.flatMap(({ scope }) => (left.has(scope.id) ? [] : [scope.id])) ?? []
  const input = parent && ids.length > 0 ? inputOf(search, parent, ids.length === rows?.length ? null : ids) : null
  const preview = usePreview(input)
  const again = (change: () => void) => {
    setOutcome({})
    change()
  }
  const run = async () => {
    if (!input) return
    setOutcome({ busy: true })
    try {
      const done = await api.budgets.distribute({ body: input })
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
        onChange={(patch) => again(() => setSearch(patch))}
        parent={parent}
        parents={parents}
        onAmong={() => setLeft(new Set())}
      />
      {outcome.done && <Done result={outcome.done} />}
      {Boolean(outcome.error) && <ErrorState error={outcome.error} />}
      <Loaded {...candidates}>
        {() =>
          rows && rows.length > 0 ? (
            <>
              <SharesTable
                candidates={rows}
                shares={preview.data?.shares ?? []}
                left={left}
                onLeft={(next) => again(() => setLeft(next))}
              />
              {Boolean(preview.error) && <Refused error={preview.error} />}
              {ids.length === 0 && <Alert tone="amber">{t.nobody}</Alert>}
              <div className="ck-act-row">
                <span className="ck-muted">
                  {preview.data && parent && t.after(formatCredits(preview.data.unallocatedAfter), titleOf(parent))}
                </span>
                <Button
                  kind="primary"
                  loading={outcome.busy === true}
                  disabled={!preview.data}
                  onClick={() => void run()}
                >
                  {preview.data ? t.submit(formatCredits(preview.data.total), ids.length) : t.idle}
                </Button>
              </div>
            </>
          ) : (
            <EmptyState title={t.empty} text={t.emptyText} />
          )
        }
      </Loaded>
    </Stack>
  )
}

/** Whoever has an allocation under another node cannot get a second one here. */
const rowsOf = (
  candidates: readonly Candidate[],
  nodes: readonly BudgetNode[],
  parent: BudgetNode | undefined,
): Share[] =>
  candidates.flatMap((scope) => {
    const node = nodes.find((one) => one.scope.type === scope.type && one.scope.id === scope.id)
    if (node && node.parentId !== parent?.id) return []
    return [{ scope, before: node?.limit ?? null, override: node?.source === 'override' }]
  })

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
  parent: BudgetNode,
  ids: string[] | null,
): DistributionInput => ({
  parentId: parent.id,
  among: amongOf(search.among),
  mode: search.mode === 'cap' ? 'cap' : 'carve',
  ...(search.total && isAmount(search.total) && Number(search.total) > 0 ? { total: search.total } : {}),
  ...(ids ? { ids } : {}),
})

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
