import type { SecurityEvent, SecurityEventName } from '@cockpit/contract/security-events'
import { Badge, EmptyState, IconHistory, Loaded, None, Panel, RelativeTime, Row, Table } from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'

const t = messages('ownSecurityEvents', {
  title: 'Recent changes',
  about:
    'What you and others changed about your sign-in. If something was neither you nor expected, tell an administrator.',
  none: 'Nothing changed',
  noneText: 'New passwords, factors and ended sessions appear here.',
  what: 'What',
  by: 'By',
  you: 'You',
  somebody: 'Somebody else',
  link: 'With a link, or by Cockpit itself',
  why: 'Why',
  from: 'From',
  at: 'Time',
})

const names = messages('ownSecurityEventNames', {
  'session.ended': 'A session of yours was ended',
  'user.factors_reset': 'Your second factors were removed',
  'user.passkey_added': 'A passkey was added',
  'user.passkey_removed': 'A passkey was removed',
  'user.password_changed': 'The password was changed',
  'user.password_reset_issued': 'A link for a new password was made',
  'user.recovery_codes_renewed': 'Recovery codes were made anew',
  'user.totp_added': 'An authenticator app was added',
  'user.totp_removed': 'The authenticator app was removed',
  'user.locked': 'Too many failures locked your sign-in for a while',
  'user.unlocked': 'A lock on your sign-in was released',
  'user.ways_in_closed': 'Every other way in was closed',
}) satisfies Record<SecurityEventName, string>

/** What happened to the reader's own sign-in, so that they find what was not them. */
export const EventsPanel = () => {
  const events = useLoad(['own-security', 'events'], (api, signal) => api.securityEvents.list({}, { signal }))
  return (
    <Panel title={t.title} description={t.about} flush>
      <Loaded {...events}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={<IconHistory size={28} stroke={1.5} />} title={t.none} text={t.noneText} />
          ) : (
            <EventTable events={items} />
          )
        }
      </Loaded>
    </Panel>
  )
}

const EventTable = ({ events }: { events: readonly SecurityEvent[] }) => (
  <Table
    label={t.title}
    rows={events}
    rowId={({ id }: SecurityEvent) => id}
    columns={[
      { key: 'what', header: t.what, value: ({ name }: SecurityEvent) => names[name], primary: true },
      {
        key: 'by',
        header: t.by,
        value: ({ by }: SecurityEvent) => by?.name ?? t.link,
        render: ({ by }: SecurityEvent) => {
          if (!by) return t.link
          if (by.isYou) return t.you
          return (
            <Row wrap={false}>
              {by.name}
              <Badge tone="amber">{t.somebody}</Badge>
            </Row>
          )
        },
      },
      {
        key: 'why',
        header: t.why,
        value: ({ reason }: SecurityEvent) => reason,
        render: ({ reason }: SecurityEvent) => reason ?? <None />,
      },
      {
        key: 'from',
        header: t.from,
        value: ({ ip }: SecurityEvent) => ip,
        render: ({ ip }: SecurityEvent) => ip ?? <None />,
      },
      {
        key: 'at',
        header: t.at,
        value: ({ at }: SecurityEvent) => at,
        render: ({ at }: SecurityEvent) => <RelativeTime at={at} />,
      },
    ]}
  />
)
