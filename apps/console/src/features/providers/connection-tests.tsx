import type { AuditEvent } from '@cockpit/contract/audit'
import type { ProviderConnection } from '@cockpit/contract/providers'
import {
  Alert,
  Button,
  type Column,
  Duration,
  Heading,
  IconPlugConnected,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Table,
} from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { providerText } from './strings.ts'
import { TestOutcome, useTestRun } from './test-run.tsx'
import { hostOf, testMostMs } from './values.tsx'

const t = messages('connectionTests', {
  title: 'Live test',
  history: 'Last tests',
  result: 'Result',
  when: 'When',
  latency: 'Answered in',
  by: 'By',
  reason: 'Reason of failure',
  demo: 'the built-in demo',
  never: 'Not tested yet',
  neverText: 'A test asks the provider for its models, with the stored key. It costs nothing.',
  failed: 'The last test failed',
})

/** Tests the saved connection, and what the last tests said: they stand in the audit trail. */
export const ConnectionTests = ({
  connection,
  history = false,
}: {
  connection: ProviderConnection
  history?: boolean
}) => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const test = useTestRun()
  const run = async () => {
    await test.start((signal) => api.providers.test({ params: { id: connection.id } }, { signal }))
    await refresh('providers')
  }
  const { lastTest } = connection
  return (
    <Stack gap={12}>
      <Row justify="between">
        <Heading>{t.title}</Heading>
        {can('provider.write') && (
          <Button
            icon={<IconPlugConnected size={14} aria-hidden />}
            loading={test.run.state === 'running'}
            onClick={() => void run()}
          >
            {providerText.test}
          </Button>
        )}
      </Row>
      {test.run.state === 'idle' && !lastTest && <Alert title={t.never}>{t.neverText}</Alert>}
      {test.run.state === 'idle' && lastTest && !lastTest.ok && (
        <Alert tone="red" title={t.failed}>
          {lastTest.reason} <RelativeTime at={lastTest.at} />
        </Alert>
      )}
      {test.run.state === 'idle' && lastTest?.ok && (
        <Row>
          <StatusBadge status="ok" label={providerText.works} />
          <Duration ms={lastTest.latencyMs} />
          <span className="ck-muted">
            <RelativeTime at={lastTest.at} />
          </span>
        </Row>
      )}
      <TestOutcome
        run={test.run}
        host={connection.kind === 'demo' ? t.demo : hostOf(connection.baseUrl)}
        mostMs={testMostMs}
        onCancel={test.cancel}
      />
      {history && can('audit.read') && <History id={connection.id} />}
    </Stack>
  )
}

const History = ({ id }: { id: string }) => {
  const events = useLoad(['providers', id, 'tests'], (api, signal) =>
    api.audit.list({ query: { subjectId: id, name: 'provider_connection.tested', limit: 20 } }, { signal }),
  )
  const rows = events.data?.items ?? []
  if (rows.length === 0) return null
  return (
    <Stack gap={8}>
      <Heading>{t.history}</Heading>
      <Table label={t.history} columns={columns} rows={rows} rowId={(row) => row.id} />
    </Stack>
  )
}

const columns: Column<AuditEvent>[] = [
  {
    key: 'ok',
    header: t.result,
    value: (row) => row.after?.ok === true,
    render: (row) =>
      row.after?.ok === true ? (
        <StatusBadge status="ok" label={providerText.works} />
      ) : (
        <StatusBadge status="failed" label={providerText.fails} />
      ),
  },
  { key: 'at', header: t.when, value: (row) => row.at, render: (row) => <RelativeTime at={row.at} /> },
  {
    key: 'latency',
    header: t.latency,
    numeric: true,
    value: (row) => (typeof row.after?.latencyMs === 'number' ? row.after.latencyMs : null),
    render: (row) => <Duration ms={typeof row.after?.latencyMs === 'number' ? row.after.latencyMs : null} />,
  },
  { key: 'by', header: t.by, value: (row) => row.actor.name },
  {
    key: 'reason',
    header: t.reason,
    value: (row) => (typeof row.after?.reason === 'string' ? row.after.reason : null),
    render: (row) =>
      typeof row.after?.reason === 'string' ? <span title={row.after.reason}>{row.after.reason}</span> : '—',
  },
]
