import type { AuditEvent } from '@cockpit/contract/audit'
import {
  DetailPage,
  formatCount,
  formatExact,
  IdText,
  Link,
  Loaded,
  None,
  Properties,
  type Property,
  SidePanel,
  Stack,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { stringifySearch, useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { OutcomeBadge, subjectName } from './columns.tsx'
import { EventView } from './event-view.tsx'
import { t } from './strings.ts'
import { useAccountName } from './use-account-name.ts'

const useEvent = (id: string) =>
  useLoad(['audit', 'one', id], (api, signal) => api.audit.get({ params: { id } }, { signal }), { enabled: id !== '' })

/** One event as a page of its own. */
export const EventPage = () => {
  const id = useParam('eventId')
  const { href } = useScope()
  const { data: event, error, retry } = useEvent(id)
  const properties = useProperties(event)
  return (
    <DetailPage
      title={event?.name ?? t.eventTitle}
      id={id}
      back={{ href: href('audit'), label: t.back }}
      loading={!event}
      error={event ? null : error}
      retry={retry}
      {...(event ? { properties } : {})}
    >
      {event && <EventView event={event} />}
    </DetailPage>
  )
}

/** The same beside the list. */
export const EventPanel = ({ id, onClose }: { id: string; onClose: () => void }) => {
  const { href } = useScope()
  const loaded = useEvent(id)
  const properties = useProperties(loaded.data)
  return (
    <SidePanel
      opened={id !== ''}
      onClose={onClose}
      width={720}
      title={loaded.data?.name ?? t.eventTitle}
      pageHref={href(`audit/${id}`)}
    >
      <Loaded {...loaded}>
        {(event) => (
          <Stack>
            <Properties beside items={properties} />
            <EventView event={event} />
          </Stack>
        )}
      </Loaded>
    </SidePanel>
  )
}

const useProperties = (event: AuditEvent | undefined): Property[] => {
  const { accountId, href } = useScope()
  const nameOf = useAccountName()
  if (!event) return []
  const only = (filter: Record<string, string>) => href(`audit${stringifySearch(filter)}`)
  const kind = event.name.split('.')[0] ?? event.name
  return [
    { label: t.time, value: formatExact(event.at) },
    {
      label: t.actor,
      value: (
        <Stack gap={0}>
          <span>
            {event.actor.name} <span className="ck-muted">{event.actor.kind.replaceAll('_', ' ')}</span>
          </span>
          <Link href={only({ actorId: event.actor.id })} className="ck-size-xs">
            {t.onlyActor}
          </Link>
        </Stack>
      ),
    },
    {
      label: t.subject,
      value: (
        <Stack gap={0}>
          <span>
            {subjectName(event)} <span className="ck-muted">{event.subject.type.replaceAll('_', ' ')}</span>
          </span>
          <Link href={only({ subjectId: event.subject.id })} className="ck-size-xs">
            {t.onlySubject}
          </Link>
        </Stack>
      ),
    },
    {
      label: t.event,
      value: (
        <Stack gap={0}>
          <code className="ck-mono">{event.name}</code>
          <Link href={only({ name: `${kind}.*` })} className="ck-size-xs">
            {t.allOf(kind.replaceAll('_', ' '))}
          </Link>
        </Stack>
      ),
    },
    ...(accountId === null ? [{ label: t.account, value: nameOf(event.accountId) }] : []),
    { label: t.outcome, value: <OutcomeBadge outcome={event.outcome} /> },
    ...(event.onBehalfOf ? [{ label: t.onBehalfOf, value: event.onBehalfOf.name }] : []),
    ...(event.reason ? [{ label: t.reason, value: event.reason }] : []),
    { label: t.ip, value: event.ip ?? <None /> },
    {
      label: t.session,
      value: event.sessionId ? (
        <Stack gap={0}>
          <IdText id={event.sessionId} />
          <Link href={only({ sessionId: event.sessionId })} className="ck-size-xs">
            {t.onlySession}
          </Link>
        </Stack>
      ) : (
        <None />
      ),
    },
    { label: t.userAgent, value: event.userAgent ?? <None /> },
    { label: t.request, value: event.requestId ? <IdText id={event.requestId} /> : <None /> },
    { label: t.place, value: formatCount(event.seq) },
    { label: t.hash, value: <IdText id={event.hash} /> },
    {
      label: t.policyVersion,
      value: event.policyVersion ? <code className="ck-mono">{event.policyVersion}</code> : <None />,
    },
  ]
}
