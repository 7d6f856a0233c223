import type { Session } from '@cockpit/contract/identity'
import { Badge, Button, Loaded, Modal, ProblemAlert, RelativeTime, Row, Stack, Table } from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('sessions', {
  title: 'Sessions',
  device: 'Device',
  address: 'Address',
  seen: 'Last seen',
  started: 'Started',
  current: 'This one',
  end: 'End',
  unknown: 'Unknown device',
})

/** Where this person is signed in. */
export const SessionsModal = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => (
  <Modal opened={opened} onClose={onClose} title={t.title} size="lg">
    <List />
  </Modal>
)

const List = () => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [failure, setFailure] = useState<unknown>(null)
  const sessions = useLoad(['own-sessions'], (from, signal) => from.identity.sessions({}, { signal }))
  const end = async (session: Session) => {
    setFailure(null)
    await api.identity.endSession({ params: { id: session.id } }).catch(setFailure)
    await refresh('own-sessions')
  }
  return (
    <Stack>
      <ProblemAlert error={failure} />
      <Loaded {...sessions}>
        {({ items }) => (
          <Table
            label={t.title}
            rows={items}
            rowId={(session) => session.id}
            columns={[
              {
                key: 'device',
                header: t.device,
                value: (session) => session.userAgent,
                render: (session) => (
                  <Row wrap={false}>
                    <span title={session.userAgent ?? ''}>{deviceOf(session.userAgent)}</span>
                    {session.current && <Badge tone="accent">{t.current}</Badge>}
                  </Row>
                ),
              },
              { key: 'ip', header: t.address, value: (session) => session.ip },
              {
                key: 'seen',
                header: t.seen,
                value: (session) => session.lastSeenAt,
                render: (session) => <RelativeTime at={session.lastSeenAt} />,
              },
              {
                key: 'started',
                header: t.started,
                value: (session) => session.createdAt,
                render: (session) => <RelativeTime at={session.createdAt} />,
              },
            ]}
            rowActions={(session) =>
              session.current ? null : (
                <Button kind="quiet" onClick={() => void end(session)}>
                  {t.end}
                </Button>
              )
            }
          />
        )}
      </Loaded>
    </Stack>
  )
}

const browsers: readonly [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/curl\//, 'curl'],
]
const systems: readonly [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]
const deviceOf = (agent: string | null): string => {
  const parts = [browsers, systems]
    .map((list) => list.find(([pattern]) => agent && pattern.test(agent))?.[1])
    .filter(Boolean)
  return parts.length > 0 ? parts.join(' · ') : t.unknown
}
