import type { Account } from '@cockpit/contract/accounts'
import type { AuditEvent } from '@cockpit/contract/audit'
import {
  Button,
  type Column,
  EmptyState,
  IconHistory,
  IdText,
  JsonBlock,
  Loaded,
  Properties,
  RelativeTime,
  Row,
  SidePanel,
  Stack,
  Table,
} from '@cockpit/ui'
import { apiFor } from '../../app/api.ts'
import { useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'

const t = messages('accountAudit', {
  title: 'Events of this account',
  event: 'Event',
  actor: 'By',
  subject: 'What',
  at: 'When',
  ip: 'Address',
  request: 'Request',
  before: 'Before',
  after: 'After',
  none: 'Nothing happened here yet',
  noneText: 'Every change in this account leaves an event with who, what, before and after.',
  more: 'Load more',
  count: (shown: number, total: number) => `${shown} of ${total} events`,
})

const columns: readonly Column<AuditEvent>[] = [
  {
    key: 'name',
    header: t.event,
    value: ({ name }) => name,
    render: ({ name }) => <span className="ck-mono">{name}</span>,
  },
  { key: 'subject', header: t.subject, value: ({ subject }) => subject.name ?? subject.id },
  { key: 'actor', header: t.actor, value: ({ actor }) => actor.name },
  { key: 'at', header: t.at, value: ({ at }) => at, render: ({ at }) => <RelativeTime at={at} /> },
]

export const AuditTab = ({ account }: { account: Account }) => {
  const { search, setSearch } = useSearchState()
  const from = apiFor(account.id)
  const list = useLoadPages(['audit', account.id], (_, after, signal) =>
    from.audit.list({ query: { after } }, { signal }),
  )
  const shown = list.rows?.find(({ id }) => id === search.event)
  return (
    <>
      <Loaded data={list.rows} error={list.error} retry={list.retry}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState icon={<IconHistory size={28} stroke={1.5} />} title={t.none} text={t.noneText} />
          ) : (
            <Stack gap={12}>
              <Table
                label={t.title}
                rows={rows}
                rowId={({ id }) => id}
                columns={columns}
                onRowClick={({ id }) => setSearch({ event: id })}
                activeId={search.event}
              />
              <Row justify="between">
                <span className="ck-help">{t.count(rows.length, list.total ?? rows.length)}</span>
                {list.hasNext && (
                  <Button loading={list.loadingNext} onClick={list.onNext}>
                    {t.more}
                  </Button>
                )}
              </Row>
            </Stack>
          )
        }
      </Loaded>
      <SidePanel
        opened={shown !== undefined}
        onClose={() => setSearch({ event: undefined })}
        title={shown?.name ?? ''}
        width={480}
      >
        {shown && <Event event={shown} />}
      </SidePanel>
    </>
  )
}

const Event = ({ event }: { event: AuditEvent }) => (
  <Stack>
    <Properties
      items={[
        { label: t.at, value: <RelativeTime at={event.at} /> },
        { label: t.actor, value: event.actor.name },
        { label: t.subject, value: event.subject.name ?? event.subject.id },
        { label: t.ip, value: event.ip },
        { label: t.request, value: <IdText id={event.requestId} /> },
      ]}
    />
    {event.before && (
      <section>
        <h3 className="ck-h3">{t.before}</h3>
        <JsonBlock label={t.before} value={event.before} />
      </section>
    )}
    {event.after && (
      <section>
        <h3 className="ck-h3">{t.after}</h3>
        <JsonBlock label={t.after} value={event.after} />
      </section>
    )}
  </Stack>
)
