import type { DenyRule } from '@cockpit/contract/roles'
import type { HeldPermission, PermissionSource } from '@cockpit/contract/user-permissions'
import {
  Alert,
  Button,
  Heading,
  IconPlayerPlay,
  Link,
  None,
  Properties,
  type Property,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Text,
} from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const words = messages('permissionWhy', {
  permission: 'Permission',
  simulate: 'Simulate',
  taken: (reason: string) => `A rule takes it: ${reason}`,
  rule: 'Show the rule',
  concerns: (who: string) => `The rule concerns ${who}.`,
  everyone: 'everyone',
  until: 'It ends',
  given: 'What gives it',
  where: 'Where',
  since: 'From',
  ends: 'Until',
  forEver: 'No end',
  by: 'Given by',
  unknown: 'Not in the audit log any more',
  reason: 'Reason',
  membership: 'Role of the membership',
  assignment: 'Role assignment',
  why: 'How',
  event: 'Show the event',
  assignments: 'Show their assignments',
})

/** Why somebody may do something, or may not: the rule that takes it, and every role that gives it. */
export const PermissionWhy = ({
  held: { permission, allowed, sources, deniedBy },
  userId,
  simulateHref,
}: {
  held: HeldPermission
  userId: string
  simulateHref: string
}) => (
  <Stack>
    <Row justify="between">
      <Row>
        <StatusBadge status={allowed ? 'allow' : 'deny'} />
        <Text mono muted>
          {permission}
        </Text>
      </Row>
      <Button icon={<IconPlayerPlay size={14} />} href={simulateHref}>
        {words.simulate}
      </Button>
    </Row>
    {deniedBy && <Taken rule={deniedBy} />}
    <Heading level={3}>{words.given}</Heading>
    <SourceList sources={sources} userId={userId} />
  </Stack>
)

const Taken = ({ rule: { id, subject, reason, expiresAt } }: { rule: DenyRule }) => {
  const { href } = useScope()
  return (
    <Alert tone="red" title={words.taken(reason)}>
      <Row>
        <span>{words.concerns(subject.kind === 'everyone' ? words.everyone : subject.name)}</span>
        {expiresAt && (
          <span>
            {words.until} <RelativeTime at={expiresAt} />.
          </span>
        )}
        <Link href={href(`access/rules?q=${id}`)}>{words.rule}</Link>
      </Row>
    </Alert>
  )
}

/** Roles with where they count, since when, until when and by whom. */
export const SourceList = ({ sources, userId }: { sources: readonly PermissionSource[]; userId: string }) => (
  <Stack gap={12}>
    {sources.map((source) => (
      <Source key={source.id ?? source.role.id} source={source} userId={userId} />
    ))}
  </Stack>
)

const Source = ({ source, userId }: { source: PermissionSource; userId: string }) => {
  const { href, can } = useScope()
  const { via, role, scope, since, expiresAt, by, reason, eventId } = source
  const items: Property[] = [
    { label: words.why, value: words[via] },
    { label: words.where, value: scope.name },
    { label: words.since, value: <RelativeTime at={since} /> },
    { label: words.ends, value: <RelativeTime at={expiresAt} none={words.forEver} /> },
    { label: words.by, value: by ?? <None label={words.unknown} /> },
    ...(reason ? [{ label: words.reason, value: reason }] : []),
  ]
  return (
    <Stack gap={4}>
      <Row justify="between">
        <Link href={href(`access?open=${role.id}`)}>{role.name}</Link>
        {via === 'assignment' && (
          <Link href={href(`access/assignments?principalId=${userId}`)}>{words.assignments}</Link>
        )}
        {eventId && can('audit.read') && <Link href={href(`audit/${eventId}`)}>{words.event}</Link>}
      </Row>
      <Properties beside items={items} />
    </Stack>
  )
}
