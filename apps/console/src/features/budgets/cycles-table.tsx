import type { BudgetOverview } from '@cockpit/contract/budgets'
import { type Column, CreditsAmount, formatDay, None, StatusBadge, Table } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { budgetText } from './strings.ts'

const t = messages('cyclesTable', {
  from: 'From',
  to: 'To',
  state: 'Status',
  rolledIn: 'Rolled in',
  granted: 'Granted',
  rolledOut: 'Rolled out',
  expired: 'Expired',
  open: 'Open',
})

type Cycle = BudgetOverview['cycle']

export const CyclesTable = ({ cycles, label }: { cycles: readonly Cycle[]; label: string }) => (
  <Table label={label} columns={columns} rows={cycles} rowId={({ id }) => id} />
)

const amount = (key: 'rolledIn' | 'granted' | 'settled' | 'rolledOut' | 'expired', header: string): Column<Cycle> => ({
  key,
  header,
  unit: budgetText.credits,
  numeric: true,
  value: (cycle) => cycle[key],
  render: (cycle) => <CreditsAmount bare value={cycle[key]} />,
})

const day = (at: string | null) =>
  at === null ? (
    <None />
  ) : (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {formatDay(at)}
    </time>
  )

const columns: Column<Cycle>[] = [
  { key: 'from', header: t.from, value: ({ startsAt }) => startsAt, render: ({ startsAt }) => day(startsAt) },
  { key: 'to', header: t.to, value: ({ endsAt }) => endsAt, render: ({ endsAt }) => day(endsAt) },
  {
    key: 'state',
    header: t.state,
    value: ({ state }) => state,
    render: ({ state }) => <StatusBadge status={state} />,
  },
  amount('rolledIn', t.rolledIn),
  amount('granted', t.granted),
  amount('settled', budgetText.settled),
  amount('rolledOut', t.rolledOut),
  amount('expired', t.expired),
]
