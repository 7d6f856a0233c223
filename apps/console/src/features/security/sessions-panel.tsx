import type { Session } from '@cockpit/contract/identity'
import { Badge, Button, ConfirmDialog, Loaded, Panel, ProblemAlert, RelativeTime, Row, Table, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { methodsText, t } from './strings.ts'

/** Where the reader is signed in, and the way to end it. */
export const SessionsPanel = () => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [failure, setFailure] = useState<unknown>(null)
  const [asking, setAsking] = useState(false)
  const sessions = useLoad(['own-sessions'], (from, signal) => from.identity.sessions({}, { signal }))
  const end = async ({ id }: Session) => {
    setFailure(null)
    await api.identity.endSession({ params: { id } }).catch(setFailure)
    await refresh('own-sessions')
  }
  const endOthers = async () => {
    const { ended } = await api.identity.endOtherSessions()
    toast.success(t.ended(ended))
    await refresh('own-sessions')
  }
  return (
    <Panel
      title={t.sessions}
      description={t.sessionsAbout}
      flush
      actions={(sessions.data?.items.length ?? 0) > 1 && <Button onClick={() => setAsking(true)}>{t.endOthers}</Button>}
    >
      <ProblemAlert error={failure} />
      <Loaded {...sessions}>{({ items }) => <SessionTable sessions={items} onEnd={end} />}</Loaded>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t.endOthersTitle}
        confirmLabel={t.endOthers}
        onConfirm={endOthers}
      >
        {t.endOthersText}
      </ConfirmDialog>
    </Panel>
  )
}

const SessionTable = ({
  sessions,
  onEnd,
}: {
  sessions: readonly Session[]
  onEnd: (session: Session) => Promise<void>
}) => (
  <Table
    label={t.sessions}
    rows={sessions}
    rowId={({ id }: Session) => id}
    columns={[
      {
        key: 'device',
        header: t.device,
        value: ({ device }: Session) => device,
        render: ({ device, userAgent, current }: Session) => (
          <Row wrap={false}>
            <span title={userAgent ?? ''}>{device ?? t.unknown}</span>
            {current && <Badge tone="accent">{t.current}</Badge>}
          </Row>
        ),
      },
      {
        key: 'place',
        header: t.place,
        value: ({ ip }: Session) => ip,
        render: ({ ip, place }: Session) => <span title={ip ?? ''}>{place ? t[place] : ip}</span>,
      },
      {
        key: 'method',
        header: t.method,
        value: ({ methods, provider }: Session) => methodsText(methods, provider),
      },
      {
        key: 'seen',
        header: t.seen,
        value: ({ lastSeenAt }: Session) => lastSeenAt,
        render: ({ lastSeenAt }: Session) => <RelativeTime at={lastSeenAt} />,
      },
      {
        key: 'started',
        header: t.started,
        value: ({ createdAt }: Session) => createdAt,
        render: ({ createdAt }: Session) => <RelativeTime at={createdAt} />,
      },
    ]}
    rowActions={(session: Session) =>
      session.current ? null : (
        <Button kind="quiet" onClick={() => void onEnd(session)}>
          {t.end}
        </Button>
      )
    }
  />
)
