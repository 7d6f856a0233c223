import type { RequestRow } from '@cockpit/contract/usage'
import { Button, type Column, Loaded, None, Panel, RelativeTime, StatusBadge, Table, Text } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import type { Range } from './range.ts'
import { t } from './strings.ts'

const shownMax = 8

/** The newest calls that failed or were refused, each leading to its reason. */
export const Failures = ({ range }: { range: Range }) => {
  const { accountId, href } = useScope()
  const failures = useLoad(
    ['requests', 'failures', range.link],
    (api, signal) =>
      api.usage
        .list({ query: { status: 'failed', ...range.span(), limit: shownMax } }, { signal })
        .then(({ items }) => items),
    { everyMs: 15_000 },
  )
  return (
    <Panel
      title={t.recent}
      description={range.label}
      actions={
        failures.data &&
        failures.data.length > 0 && (
          <Button href={href(`requests?${[range.link, 'status=failed'].filter(Boolean).join('&')}`)}>{t.all}</Button>
        )
      }
      flush={Boolean(failures.data && failures.data.length > 0)}
    >
      <Loaded {...failures}>
        {(rows) =>
          rows.length === 0 ? (
            <Text muted>{t.none}</Text>
          ) : (
            <Table
              label={t.recent}
              rows={rows}
              rowId={(row) => row.id}
              rowHref={(row) => href(`requests/${row.id}`)}
              columns={accountId === null ? [...columns, accountColumn] : columns}
            />
          )
        }
      </Loaded>
    </Panel>
  )
}

const columns: Column<RequestRow>[] = [
  { key: 'at', header: t.time, value: (row) => row.at, render: (row) => <RelativeTime at={row.at} />, width: 140 },
  { key: 'status', header: t.status, value: (row) => row.status, render: (row) => <StatusBadge status={row.status} /> },
  {
    key: 'code',
    header: t.code,
    value: (row) => row.errorCode,
    render: (row) => (row.errorCode ? <Text mono>{row.errorCode}</Text> : <None />),
    primary: true,
  },
  { key: 'model', header: t.model, value: (row) => row.model },
  { key: 'key', header: t.key, value: (row) => row.key.name },
]
const accountColumn: Column<RequestRow> = { key: 'account', header: t.account, value: (row) => row.account.name }
