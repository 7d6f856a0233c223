import type { User } from '@cockpit/contract/directory'
import {
  Heading,
  IdText,
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
import { type Scope, useScope } from '../../app/scope.tsx'
import { ActAs } from '../access/act-as.tsx'
import { RecentRequests } from '../keys/recent-requests.tsx'
import { EffectiveAllocationView } from './effective-allocation.tsx'
import { limitText } from './limit-fields.tsx'
import { provenBy, sourceName } from './source.ts'
import { t } from './strings.ts'
import { UserActs } from './user-acts.tsx'
import { RoleBadge } from './user-columns.tsx'

/** Whether the reader sees the keys of this person: of everybody, their own, or of people in a team they lead. */
export const seesKeys = ({ can, canIn, me }: Scope, user: User | undefined): boolean =>
  can('key.read') || user?.id === me.principal.id || Boolean(user?.teams.some(({ id }) => canIn('key.read', id)))

export const useUserProperties = (user: User | undefined): Property[] => {
  const scope = useScope()
  const { href } = scope
  if (!user) return []
  return [
    { label: t.email, value: user.email },
    { label: t.role, value: <RoleBadge role={user.role} /> },
    {
      label: t.teamList,
      value:
        user.teams.length === 0 ? (
          <None />
        ) : (
          <Stack gap={4}>
            {user.teams.map(({ id, name }, index) => (
              <span key={id}>
                <Link href={href(`people/teams/${id}`)}>{name}</Link>
                {index === 0 && user.teams.length > 1 && <span className="ck-muted"> {t.primary}</span>}
              </span>
            ))}
          </Stack>
        ),
    },
    { label: t.source, value: sourceName(user.source) },
    ...(user.provenance ? [{ label: t.provenance, value: <ProvenBy provenance={user.provenance} /> }] : []),
    { label: t.rpm, value: limitText(user.limits.rpm) },
    { label: t.tpm, value: limitText(user.limits.tpm) },
    {
      label: t.keys,
      value: user.keys,
      ...(seesKeys(scope, user) ? { href: href(`keys?ownerId=${user.id}`) } : {}),
    },
    ...(user.secondFactor === null ? [] : [{ label: t.factor, value: user.secondFactor ? t.yes : t.no }]),
    { label: t.lastSeen, value: <RelativeTime at={user.lastSeenAt} /> },
    { label: t.joined, value: <RelativeTime at={user.createdAt} /> },
  ]
}

const words = messages('userSummary', { budget: 'Effective allocation', requests: 'Latest requests' })

/** The person beside the list. */
export const UserSummary = ({ user }: { user: User }) => {
  const { can, me } = useScope()
  const properties = useUserProperties(user)
  return (
    <Stack>
      <Row>
        <UserActs user={user} />
        <ActAs user={user} />
      </Row>
      <Properties
        beside
        items={[
          { label: t.id, value: <IdText id={user.id} /> },
          { label: t.status, value: <StatusBadge status={user.status} /> },
          ...properties,
        ]}
      />
      {can('budget.read') && (
        <>
          <Heading level={3}>{words.budget}</Heading>
          <EffectiveAllocationView of={{ userId: user.id }} />
        </>
      )}
      {(can('usage.read') || me.principal.id === user.id) && (
        <>
          <Heading level={3}>{words.requests}</Heading>
          <RecentRequests of={{ userId: user.id }} limit={5} />
        </>
      )}
    </Stack>
  )
}

/** What made the membership, in the words of docs/account-resolution.md: the step, the proof and since when. */
const ProvenBy = ({ provenance: { via, proof, at, ended } }: { provenance: NonNullable<User['provenance']> }) => (
  <Stack gap={0}>
    <Text>
      {provenBy[via] ?? via}
      {ended && `, ${t.provenanceEnded}`}
    </Text>
    <Text mono muted>
      {proof}
    </Text>
    <Text muted>
      <RelativeTime at={at} />
    </Text>
  </Stack>
)
