import type { Account } from '@cockpit/contract/accounts'
import { Button, EmptyState, IconHistory, Loaded, Row, Stack, Table } from '@cockpit/ui'
import { apiFor } from '../../app/api.ts'
import { useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { auditColumns } from '../audit/columns.tsx'
import { EventPanel } from '../audit/event-page.tsx'

const t = messages('accountAudit', {
  title: 'Events of this account',
  none: 'Nothing happened here yet',
  noneText: 'Every change in this account leaves an event with who, what, before and after.',
  more: 'Load more',
  count: (shown: number, total: number) => `${shown} of ${total} events`,
})

const columns = auditColumns(null).filter(({ hidden }) => !hidden)

export const AuditTab = ({ account }: { account: Account }) => {
  const { search, setSearch } = useSearchState()
  const from = apiFor(account.id)
  const list = useLoadPages(['audit', 'account', account.id], (_, after, signal) =>
    from.audit.list({ query: { after } }, { signal }),
  )
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
                rowHref={({ id }) => `/platform/audit/${id}`}
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
      <EventPanel id={search.event ?? ''} onClose={() => setSearch({ event: undefined })} />
    </>
  )
}
