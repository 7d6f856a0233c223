import type { AuditEvent } from '@cockpit/contract/audit'
import { Badge, type Column, None, RelativeTime, Text } from '@cockpit/ui'
import { diffOf } from './diff.ts'
import { t } from './strings.ts'

/** `accountName` on the platform's page, where events of all accounts stand together. */
export const auditColumns = (accountName: ((id: string) => string) | null): Column<AuditEvent>[] => [
  {
    key: 'at',
    header: t.time,
    value: (event) => event.at,
    render: (event) => <RelativeTime at={event.at} />,
    sortable: true,
  },
  {
    key: 'name',
    header: t.event,
    value: (event) => event.name,
    render: (event) => <Text mono>{event.name}</Text>,
    sortable: true,
    primary: true,
  },
  {
    key: 'outcome',
    header: t.outcome,
    value: (event) => outcomeText[event.outcome],
    render: ({ outcome }) => <OutcomeBadge outcome={outcome} />,
  },
  { key: 'actor', header: t.actor, value: (event) => event.actor.name, sortable: true },
  { key: 'subject', header: t.subject, value: subjectName, sortable: true },
  { key: 'type', header: t.subjectType, value: (event) => event.subject.type.replaceAll('_', ' ') },
  ...(accountName
    ? [
        {
          key: 'account',
          header: t.account,
          value: (event: AuditEvent) => accountName(event.accountId),
          sortable: true,
        },
      ]
    : []),
  {
    key: 'changes',
    header: t.changes,
    value: (event) => changedFields(event),
    render: (event) => {
      const fields = changedFields(event)
      return fields ? (
        <Text muted truncate title={fields}>
          {fields.length > 40 ? `${fields.slice(0, 40)}…` : fields}
        </Text>
      ) : (
        <None />
      )
    },
  },
  { key: 'ip', header: t.ip, value: (event) => event.ip, render: (event) => event.ip ?? <None />, hidden: true },
  {
    key: 'request',
    header: t.request,
    value: (event) => event.requestId,
    render: (event) => <Text mono>{event.requestId}</Text>,
    hidden: true,
  },
]

const outcomeText = { done: t.outcomeDone, read: t.outcomeRead, denied: t.outcomeDenied }

export const OutcomeBadge = ({ outcome }: Pick<AuditEvent, 'outcome'>) => (
  <Badge tone={outcome === 'denied' ? 'red' : outcome === 'read' ? 'blue' : 'neutral'}>{outcomeText[outcome]}</Badge>
)

export const subjectName = ({ subject }: AuditEvent): string => subject.name ?? subject.id

const changedFields = ({ before, after }: AuditEvent): string =>
  diffOf(before, after)
    .filter(({ kind }) => kind !== 'same')
    .map(({ field }) => field)
    .join(', ')
