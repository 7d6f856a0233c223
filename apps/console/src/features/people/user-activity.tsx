import { Button, EmptyState, IconHistory, Loaded, Panel, Row, Stack, Table } from '@cockpit/ui'
import { useLoadPages } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { auditColumns } from '../audit/columns.tsx'

const words = messages('userActivity', {
  did: 'What they did',
  didText: 'Changes this person made in this account.',
  happened: 'What was done about them',
  happenedText: 'Changes of their membership, role, teams and status.',
  none: 'Nothing yet',
  noneText: 'Changes appear here as they happen.',
  more: 'Load more',
})

/** What a person changed, and what was changed about them, from the audit log. */
export const UserActivity = ({ userId }: { userId: string }) => (
  <Stack gap={24}>
    <Events title={words.did} about={words.didText} of={{ actorId: userId }} />
    <Events title={words.happened} about={words.happenedText} of={{ subjectId: userId }} />
  </Stack>
)

const Events = ({
  title,
  about,
  of,
}: {
  title: string
  about: string
  of: { actorId?: string; subjectId?: string }
}) => {
  const { href } = useScope()
  const list = useLoadPages(['audit', 'person', of], (api, after, signal) =>
    api.audit.list({ query: { ...of, limit: 20, after } }, { signal }),
  )
  return (
    <Panel title={title} description={about}>
      <Loaded data={list.rows} error={list.error} retry={list.retry}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState icon={<IconHistory size={28} stroke={1.5} />} title={words.none} text={words.noneText} />
          ) : (
            <Table
              label={title}
              columns={auditColumns(null)}
              rows={rows}
              rowId={({ id }) => id}
              rowHref={({ id }) => href(`audit/${id}`)}
            />
          )
        }
      </Loaded>
      {list.hasNext && (
        <Row justify="end">
          <Button loading={list.loadingNext} onClick={list.onNext}>
            {words.more}
          </Button>
        </Row>
      )}
    </Panel>
  )
}
