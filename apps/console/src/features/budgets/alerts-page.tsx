import type { BudgetAlert } from '@cockpit/contract/budgets'
import { Badge, type Column, CreditsAmount, EmptyState, IconCircleCheck, ListPage, RelativeTime } from '@cockpit/ui'
import type { z } from 'zod'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { budgetText, scopeLabels } from './strings.ts'
import { useBudgetTabs } from './tabs.ts'

const t = messages('budgetAlerts', {
  noun: 'alerts',
  scope: 'Scope',
  kind: 'Kind',
  threshold: 'Reached',
  when: 'When',
  none: 'Nothing has reached a threshold in this cycle',
  noneText:
    'An alert comes once when a scope has spent 50, 80, 90 and 100 % of its limit, and again when the limit changes or the cycle renews.',
  exhausted: 'Requests are refused from here on',
})

type Row = z.infer<typeof BudgetAlert>

/** Thresholds reached in the open cycle, newest first. */
export const AlertsPage = () => {
  const tabs = useBudgetTabs('alerts')
  const { href } = useScope()
  const { search, setSearch } = useSearchState()
  const { data, error, retry } = useLoad(['budgets', 'alerts'], (api, signal) => api.budgets.alerts({}, { signal }), {
    everyMs: 30_000,
  })
  return (
    <ListPage<Row>
      title={budgetText.title}
      description={budgetText.about}
      tabs={tabs}
      noun={t.noun}
      columns={columns}
      rows={data?.items.filter(({ threshold }) => !search.threshold || String(threshold) === search.threshold)}
      error={error}
      retry={retry}
      rowId={({ id }) => id}
      rowHref={({ nodeId }) => href(`budgets/${nodeId}`)}
      search={search}
      onSearchChange={setSearch}
      filters={[
        {
          kind: 'select',
          key: 'threshold',
          label: t.threshold,
          options: ['50', '80', '90', '100'].map((value) => ({ value, label: `${value} %` })),
        },
      ]}
      empty={<EmptyState icon={<IconCircleCheck size={28} stroke={1.5} />} title={t.none} text={t.noneText} />}
    />
  )
}

const tones: Record<number, 'blue' | 'amber' | 'red'> = { 50: 'blue', 80: 'amber', 90: 'amber', 100: 'red' }

const columns: Column<Row>[] = [
  { key: 'scope', header: t.scope, sortable: true, value: ({ scope }) => scope.name },
  { key: 'kind', header: t.kind, sortable: true, value: ({ scope }) => scopeLabels[scope.type] },
  {
    key: 'threshold',
    header: t.threshold,
    unit: '%',
    numeric: true,
    sortable: true,
    value: ({ threshold }) => threshold,
    render: ({ threshold }) => (
      <span title={threshold >= 100 ? t.exhausted : undefined}>
        <Badge tone={tones[threshold] ?? 'neutral'}>{threshold}</Badge>
      </span>
    ),
  },
  {
    key: 'settled',
    header: budgetText.settled,
    unit: budgetText.credits,
    numeric: true,
    sortable: true,
    value: ({ settled }) => settled,
    render: ({ settled }) => <CreditsAmount bare value={settled} />,
  },
  {
    key: 'limit',
    header: budgetText.limit,
    unit: budgetText.credits,
    numeric: true,
    sortable: true,
    value: ({ limit }) => limit,
    render: ({ limit }) => <CreditsAmount bare value={limit} />,
  },
  { key: 'when', header: t.when, sortable: true, value: ({ at }) => at, render: ({ at }) => <RelativeTime at={at} /> },
]
