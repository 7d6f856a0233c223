import type { RequestRow } from '@cockpit/contract/usage'
import { type Column, CreditsAmount, formatCount, Money, None, RelativeTime, StatusBadge, Text } from '@cockpit/ui'
import { t } from './strings.ts'

/** Of the list of an account; the list of the platform names the account too. */
export const requestColumns = (everywhere: boolean): Column<RequestRow>[] => [
  { key: 'at', header: t.time, value: (row) => row.at, render: (row) => <RelativeTime at={row.at} />, sortable: true },
  { key: 'status', header: t.status, value: (row) => row.status, render: (row) => <StatusBadge status={row.status} /> },
  { key: 'model', header: t.model, value: (row) => row.model, sortable: true, primary: true },
  ...(everywhere ? [{ key: 'account', header: t.account, value: (row: RequestRow) => row.account.name }] : []),
  { key: 'key', header: t.key, value: (row) => row.key.name, sortable: true },
  { key: 'user', header: t.user, value: (row) => row.user?.name, sortable: true },
  { key: 'team', header: t.team, value: (row) => row.team?.name, hidden: true, sortable: true },
  { key: 'org', header: t.org, value: (row) => row.org?.name, hidden: true },
  { key: 'connection', header: t.connection, value: (row) => row.connection?.name, hidden: true },
  {
    key: 'error',
    header: t.errorCode,
    value: (row) => row.errorCode,
    render: (row) => (row.errorCode ? <Text mono>{row.errorCode}</Text> : <None />),
  },
  ...figures,
  { key: 'http', header: t.http, numeric: true, value: (row) => row.httpStatus, hidden: true },
  {
    key: 'stream',
    header: t.stream,
    value: (row) => row.stream,
    render: (row) => (row.stream ? t.streamed : t.inOnePiece),
    hidden: true,
  },
  { key: 'operation', header: t.operation, value: (row) => row.operation, render: operation, hidden: true },
  { key: 'dialect', header: t.dialect, value: (row) => row.dialect, hidden: true },
  { key: 'attempts', header: t.attempts, numeric: true, value: (row) => row.attempts, hidden: true },
  { key: 'id', header: t.id, value: (row) => row.id, render: (row) => <Text mono>{row.id}</Text>, hidden: true },
]

export const inputOf = ({ tokens }: RequestRow): number => tokens.input + tokens.cachedInput + tokens.cacheWrite

const operation = (row: RequestRow) => t[row.operation]

const milliseconds = (ms: number | null) =>
  ms === null ? <None /> : <span title={`${ms} ms`}>{ms < 10 ? ms.toFixed(1) : formatCount(ms)}</span>

const figures: Column<RequestRow>[] = [
  {
    key: 'input',
    header: t.inShort,
    unit: t.tokens,
    numeric: true,
    value: inputOf,
    render: (row) => formatCount(inputOf(row)),
    sortable: true,
  },
  {
    key: 'output',
    header: t.outShort,
    unit: t.tokens,
    numeric: true,
    value: (row) => row.tokens.output,
    render: (row) => formatCount(row.tokens.output),
    sortable: true,
  },
  {
    key: 'cost',
    header: t.cost,
    unit: t.usd,
    numeric: true,
    value: (row) => row.cost.amount,
    render: (row) => <Money value={row.cost} />,
    sortable: true,
  },
  {
    key: 'credits',
    header: t.credits,
    unit: t.cr,
    numeric: true,
    value: (row) => row.credits,
    render: (row) => <CreditsAmount value={row.credits} bare />,
    sortable: true,
  },
  {
    key: 'ttft',
    header: t.ttftShort,
    unit: t.ms,
    numeric: true,
    value: (row) => row.ttftMs,
    render: (row) => milliseconds(row.ttftMs),
    sortable: true,
  },
  {
    key: 'duration',
    header: t.duration,
    unit: t.ms,
    numeric: true,
    value: (row) => row.durationMs,
    render: (row) => milliseconds(row.durationMs),
    sortable: true,
  },
]
