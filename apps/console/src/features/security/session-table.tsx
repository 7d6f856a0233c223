import type { Session } from '@cockpit/contract/identity'
import { Badge, Button, RelativeTime, Row, Table } from '@cockpit/ui'
import { methodsText, t } from './strings.ts'

/** Where somebody is signed in; the session that asks is not ended from here. */
const networkText = (ip: string | null, place: Session['place']) =>
  [place && t[place], ip].filter((one) => one !== null).join(' · ')

export const SessionTable = ({
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
        key: 'network',
        header: t.network,
        value: ({ ip }: Session) => ip,
        render: ({ ip, place }: Session) => networkText(ip, place),
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
