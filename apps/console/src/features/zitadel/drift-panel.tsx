import type { DriftFinding } from '@cockpit/contract/zitadel-shapes'
import { Alert, Button, type Column, None, Panel, ProblemAlert, StatusBadge, Table } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { t, wordOf } from './strings.ts'

const columns: readonly Column<DriftFinding>[] = [
  {
    key: 'kind',
    header: t.finding,
    value: ({ kind }) => kind,
    primary: true,
    render: ({ kind, severity }) => (
      <StatusBadge status={kind} tone={severity === 'critical' ? 'red' : 'amber'} label={wordOf(kind)} />
    ),
  },
  { key: 'subject', header: t.subject, value: ({ subject }) => subject },
  {
    key: 'there',
    header: t.there,
    value: ({ inZitadel }) => inZitadel,
    render: ({ inZitadel }) => inZitadel ?? <None />,
  },
  {
    key: 'here',
    header: t.here,
    value: ({ inCockpit }) => inCockpit,
    render: ({ inCockpit }) => inCockpit ?? <None />,
  },
  {
    key: 'advice',
    header: t.advice,
    value: ({ advice }) => advice,
    render: ({ advice }) => <span title={advice}>{advice}</span>,
  },
]

/** Where the two disagree now; asked of Zitadel, so only when somebody looks. */
export const DriftPanel = ({ accountId }: { accountId: string }) => {
  const { data, error, retry } = useLoad(['zitadel', 'drift', accountId], (api, signal) =>
    api.zitadel.drift({ params: { id: accountId } }, { signal }),
  )
  const findings = data?.findings ?? []
  return (
    <Panel
      title={t.drift}
      description={t.driftAbout}
      flush={findings.length > 0}
      actions={<Button onClick={retry}>{t.compare}</Button>}
    >
      {error ? <ProblemAlert error={error} /> : null}
      {data && findings.length === 0 && <Alert tone="green">{t.inSync}</Alert>}
      {findings.length > 0 && (
        <Table label={t.drift} rows={findings} rowId={({ kind, subject }) => `${kind} ${subject}`} columns={columns} />
      )}
    </Panel>
  )
}
