import type { Account } from '@cockpit/contract/accounts'
import { type Column, CreditsAmount, formatCount, IdText, None, RelativeTime, StatusBadge } from '@cockpit/ui'
import { t } from './strings.ts'

export const limitText = (value: number | null) => (value === null ? t.unlimited : formatCount(value))

export const accountColumns: readonly Column<Account>[] = [
  { key: 'name', header: t.name, value: ({ name }) => name, sortable: true, primary: true },
  {
    key: 'alias',
    header: t.alias,
    value: ({ alias }) => alias,
    render: ({ alias }) => alias ?? <None />,
    hidden: true,
  },
  { key: 'domain', header: t.domain, value: ({ domain }) => domain, render: ({ domain }) => domain ?? <None /> },
  {
    key: 'status',
    header: t.status,
    value: ({ status }) => status,
    render: ({ status }) => <StatusBadge status={status} />,
    sortable: true,
  },
  { key: 'users', header: t.users, numeric: true, value: ({ users }) => users, sortable: true },
  { key: 'keys', header: t.keys, numeric: true, value: ({ keys }) => keys, sortable: true },
  {
    key: 'spent',
    header: t.spent,
    unit: t.credits,
    numeric: true,
    value: ({ creditsSpent }) => creditsSpent,
    render: ({ creditsSpent }) => <CreditsAmount value={creditsSpent} bare />,
    sortable: true,
  },
  { key: 'factor', header: t.factor, numeric: true, value: ({ creditsFactor }) => creditsFactor, hidden: true },
  {
    key: 'rpm',
    header: t.rpm,
    numeric: true,
    value: ({ limits }) => limits.rpm,
    render: ({ limits }) => limitText(limits.rpm),
    hidden: true,
  },
  { key: 'timezone', header: t.timezone, value: ({ timezone }) => timezone },
  {
    key: 'created',
    header: t.created,
    value: ({ createdAt }) => createdAt,
    render: ({ createdAt }) => <RelativeTime at={createdAt} />,
    sortable: true,
  },
  { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <IdText id={id} />, hidden: true },
]
