import type { LedgerEntry } from '@cockpit/contract/budgets'
import { type Column, CreditsAmount, EmptyState, IdText, Link, ListPage, None, RelativeTime } from '@cockpit/ui'
import type { z } from 'zod'
import { useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { allNodes, useOverview } from './overview.ts'
import { budgetText, titleOf } from './strings.ts'
import { useBudgetTabs } from './tabs.ts'

const t = messages('ledgerPage', {
  noun: 'entries',
  about: 'Every move of credits, written twice: the entries of a transaction add up to zero.',
  when: 'When',
  kind: 'Kind',
  book: 'Book',
  amount: 'Amount',
  transaction: 'Transaction',
  reference: 'Reference',
  cycle: 'Cycle',
  issued: 'Issued',
  spent: 'Spent',
  expired: 'Expired',
  open: 'Open',
  none: 'No entries yet',
  noneText: 'Grants, allocations, requests and renewals write here.',
})

const kindLabels: Record<string, string> = messages('ledgerKinds', {
  grant: 'Granted',
  revoke: 'Grant revoked',
  lapse: 'Grant expired',
  carve: 'Allocated',
  uncarve: 'Taken back',
  settle: 'Spent by a request',
  expire: 'Expired with the cycle',
  rollover: 'Rolled over',
})

type Row = z.infer<typeof LedgerEntry> & { row: string }

export const LedgerPage = () => {
  const tabs = useBudgetTabs('ledger')
  const { search, setSearch } = useSearchState()
  const overview = useOverview()
  const { rows, ...list } = useLoadPages(['budgets', 'ledger', search.book], (api, after, signal) =>
    api.budgets.ledger({ query: { book: search.book, after, limit: 100 } }, { signal }),
  )
  const books = [
    { value: 'issued', label: t.issued },
    { value: 'spent', label: t.spent },
    { value: 'expired', label: t.expired },
    ...(overview.data ? allNodes(overview.data).map((node) => ({ value: node.id, label: titleOf(node) })) : []),
  ]
  return (
    <ListPage<Row>
      title={budgetText.title}
      description={t.about}
      tabs={tabs}
      noun={t.noun}
      columns={columns}
      {...list}
      rows={rows?.map((entry, index) => ({ ...entry, row: `${entry.transactionId} ${index}` }))}
      rowId={({ row }) => row}
      search={search}
      onSearchChange={setSearch}
      filters={[{ kind: 'select', key: 'book', label: t.book, options: books }]}
      empty={<EmptyState title={t.none} text={t.noneText} />}
    />
  )
}

/** The call, grant or cycle an entry comes from; several calls in one transaction are told as their number. */
const Reference = ({ to }: { to: string | null }) => {
  const { href, can } = useScope()
  if (!to) return <None />
  if (!/^[a-z]+_/.test(to)) return to
  const id = <IdText id={to} />
  return to.startsWith('req_') && can('usage.read') ? (
    <span className="ck-inline">
      {id}
      <Link href={href(`requests/${to}`)}>{t.open}</Link>
    </span>
  ) : (
    id
  )
}

const columns: Column<Row>[] = [
  { key: 'when', header: t.when, value: ({ at }) => at, render: ({ at }) => <RelativeTime at={at} /> },
  { key: 'kind', header: t.kind, primary: true, sortable: true, value: ({ kind }) => kindLabels[kind] ?? kind },
  { key: 'book', header: t.book, sortable: true, value: ({ bookName }) => bookName },
  {
    key: 'amount',
    header: t.amount,
    unit: budgetText.credits,
    numeric: true,
    sortable: true,
    value: ({ amount }) => amount,
    render: ({ amount }) => (
      <span className={amount.startsWith('-') ? undefined : 'ck-ink-green'}>
        {!amount.startsWith('-') && '+'}
        <CreditsAmount bare value={amount} />
      </span>
    ),
  },
  {
    key: 'transaction',
    header: t.transaction,
    value: ({ transactionId }) => transactionId,
    render: ({ transactionId }) => <IdText id={transactionId} />,
  },
  {
    key: 'reference',
    header: t.reference,
    value: ({ reference }) => reference,
    render: ({ reference }) => <Reference to={reference} />,
  },
  {
    key: 'cycle',
    header: t.cycle,
    hidden: true,
    value: ({ cycleId }) => cycleId,
    render: ({ cycleId }) => <IdText id={cycleId} />,
  },
]
