import type { ConnectionHealth as Health, ProviderConnection } from '@cockpit/contract/providers'
import {
  Alert,
  type Column,
  Duration,
  formatPercent,
  Heading,
  Loaded,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Table,
  UptimeBar,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { providerText } from './strings.ts'

const t = messages('connectionHealth', {
  title: 'Health checks',
  every: (seconds: number) => `Every ${seconds} s`,
  uptime: 'Checks that succeeded within 24 hours',
  share: (share: string) => `${share} of the checks of the last 24 hours succeeded.`,
  none: 'No check yet',
  noneText: 'The first one runs within seconds.',
  down: 'This connection is down',
  downText: 'Requests go to other deployments where there are any, until a check succeeds.',
  last: 'Last checks',
  result: 'Result',
  when: 'When',
  latency: 'Answered in',
  reason: 'Reason of failure',
})

const everyMs = 10_000
const periodMs = 30 * 60_000
const periodsShown = 48
const rowsShown = 8

/** How a connection fared within the last day, as its own checks saw it; nothing where nobody looks. */
export const ConnectionHealth = ({
  connection: { id, healthCheck, downSince },
}: {
  connection: ProviderConnection
}) => {
  const health = useLoad(
    ['providers', id, 'health'],
    (api, signal) => api.providers.health({ params: { id } }, { signal }),
    { enabled: healthCheck !== null, everyMs },
  )
  if (healthCheck === null) return null
  return (
    <Stack gap={12}>
      <Row justify="between">
        <Heading>{t.title}</Heading>
        <span className="ck-muted">{t.every(healthCheck.everySeconds)}</span>
      </Row>
      {downSince && (
        <Alert tone="red" title={t.down}>
          {t.downText} <RelativeTime at={downSince} />
        </Alert>
      )}
      <Loaded {...health}>{(found) => <History health={found} />}</Loaded>
    </Stack>
  )
}

const History = ({ health: { periods, recent } }: { health: Health }) => {
  const [newest] = recent
  if (!newest) return <Alert title={t.none}>{t.noneText}</Alert>
  const checks = periods.reduce((sum, one) => sum + one.checks, 0)
  const failed = periods.reduce((sum, one) => sum + one.failed, 0)
  return (
    <Stack gap={12}>
      <UptimeBar label={t.uptime} periods={wholeDay(periods, newest.at)} />
      <span className="ck-muted ck-number">{t.share(formatPercent((checks - failed) / Math.max(checks, 1)))}</span>
      <Table label={t.last} columns={columns} rows={recent.slice(0, rowsShown)} rowId={({ at }) => at} />
    </Stack>
  )
}

/** A place for each half hour up to the newest check. */
const wholeDay = (periods: Health['periods'], newest: string) => {
  const last = Math.floor(new Date(newest).getTime() / periodMs)
  return Array.from({ length: periodsShown }, (_, place) => {
    const from = new Date((last - periodsShown + 1 + place) * periodMs).toISOString()
    return periods.find((one) => one.from === from) ?? { from, checks: 0, failed: 0 }
  })
}

const columns: Column<Health['recent'][number]>[] = [
  {
    key: 'ok',
    header: t.result,
    value: ({ ok }) => ok,
    render: ({ ok }) => (
      <StatusBadge status={ok ? 'ok' : 'failed'} label={ok ? providerText.works : providerText.fails} />
    ),
  },
  { key: 'at', header: t.when, value: ({ at }) => at, render: ({ at }) => <RelativeTime at={at} /> },
  {
    key: 'latency',
    header: t.latency,
    numeric: true,
    value: ({ latencyMs }) => latencyMs,
    render: ({ latencyMs }) => <Duration ms={latencyMs} />,
  },
  {
    key: 'reason',
    header: t.reason,
    value: ({ reason }) => reason,
    render: ({ reason }) => (reason === null ? '—' : <span title={reason}>{reason}</span>),
  },
]
