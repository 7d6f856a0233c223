import type { RequestRow } from '@cockpit/contract/usage'
import {
  type Column,
  CreditsAmount,
  Duration,
  EmptyState,
  formatCount,
  IconActivity,
  Link,
  Loaded,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Table,
  Tokens,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { monthAgo } from '../../app/periods.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('recentRequests', {
  title: 'Latest requests',
  at: 'When',
  status: 'Status',
  model: 'Model',
  tokens: 'Tokens',
  credits: 'Credits',
  took: 'Took',
  none: 'No requests in the last 30 days',
  noneText: 'They appear here the moment the gateway answers one.',
  all: 'All requests',
  count: (shown: string, total: string) => `${shown} of ${total} requests of the last 30 days`,
})

const columns: readonly Column<RequestRow>[] = [
  { key: 'at', header: t.at, value: ({ at }) => at, render: ({ at }) => <RelativeTime at={at} /> },
  { key: 'model', header: t.model, value: ({ model }) => model, primary: true },
  {
    key: 'status',
    header: t.status,
    value: ({ status }) => status,
    render: ({ status, errorCode }) => (
      <span title={errorCode ?? undefined}>
        <StatusBadge status={status} />
      </span>
    ),
  },
  {
    key: 'tokens',
    header: t.tokens,
    numeric: true,
    value: ({ tokens }) => tokens.input + tokens.cachedInput + tokens.cacheWrite + tokens.output,
    render: ({ tokens }) => (
      <Tokens value={tokens.input + tokens.cachedInput + tokens.cacheWrite + tokens.output} bare />
    ),
  },
  {
    key: 'credits',
    header: t.credits,
    numeric: true,
    value: ({ credits }) => credits,
    render: ({ credits }) => <CreditsAmount value={credits} bare />,
  },
  {
    key: 'took',
    header: t.took,
    numeric: true,
    value: ({ durationMs }) => durationMs,
    render: ({ durationMs }) => <Duration ms={durationMs} />,
  },
]

/** The newest calls of one key or one person. */
export const RecentRequests = ({ of, limit }: { of: { keyId: string } | { userId: string }; limit: number }) => {
  const { href } = useScope()
  const from = monthAgo()
  const list = useLoad(
    ['requests', 'recent', of, limit, from],
    (api, signal) => api.usage.list({ query: { ...of, limit, from } }, { signal }),
    { everyMs: 10_000 },
  )
  const filter = new URLSearchParams({ ...of, range: '30d' }).toString()
  return (
    <Loaded {...list}>
      {({ items, total }) =>
        items.length === 0 ? (
          <EmptyState icon={<IconActivity size={28} stroke={1.5} />} title={t.none} text={t.noneText} />
        ) : (
          <Stack gap={8}>
            <Table
              label={t.title}
              rows={items}
              rowId={({ id }) => id}
              columns={columns}
              rowHref={({ id }) => href(`requests/${id}`)}
            />
            <Row justify="between">
              <span className="ck-help">{t.count(formatCount(items.length), formatCount(total))}</span>
              <Link href={href(`requests?${filter}`)}>{t.all}</Link>
            </Row>
          </Stack>
        )
      }
    </Loaded>
  )
}
