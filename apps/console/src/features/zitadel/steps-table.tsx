import type { ZitadelPlanStep, ZitadelRunStep } from '@cockpit/contract/zitadel-shapes'
import { type Column, None, StatusBadge, Table } from '@cockpit/ui'
import { t, wordOf } from './strings.ts'

type AnyStep = ZitadelPlanStep | ZitadelRunStep

const tones: Record<AnyStep['status'], 'neutral' | 'green' | 'amber' | 'red' | 'blue'> = {
  exists: 'green',
  create: 'blue',
  update: 'blue',
  skipped: 'neutral',
  conflict: 'amber',
  pending: 'neutral',
  running: 'blue',
  created: 'green',
  updated: 'green',
  verified: 'green',
  failed: 'red',
}

export const StepState = ({ status }: Pick<AnyStep, 'status'>) => (
  <StatusBadge status={status} tone={tones[status]} label={wordOf(status)} />
)

const columns: readonly Column<AnyStep>[] = [
  { key: 'target', header: t.step, value: ({ target }) => target, primary: true },
  { key: 'kind', header: t.kind, value: ({ kind }) => kind, render: ({ kind }) => wordOf(kind) },
  { key: 'status', header: t.status, value: ({ status }) => status, render: StepState },
  {
    key: 'roleKeys',
    header: t.roleKeys,
    value: ({ roleKeys }) => roleKeys.join(', '),
    render: ({ roleKeys }) =>
      roleKeys.length > 0 ? (
        <span className="ck-mono" title={roleKeys.join(', ')}>
          {roleKeys.join(', ')}
        </span>
      ) : (
        <None />
      ),
  },
  {
    key: 'note',
    header: t.note,
    value: ({ message }) => message,
    render: ({ message }) => (message ? <span title={message}>{message}</span> : <None />),
  },
]

export const StepsTable = ({ label, steps }: { label: string; steps: readonly AnyStep[] }) => (
  <Table label={label} rows={steps} rowId={({ key }) => key} columns={columns} />
)
