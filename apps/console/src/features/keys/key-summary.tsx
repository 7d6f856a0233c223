import type { Key } from '@cockpit/contract/keys'
import {
  Heading,
  IdText,
  type Option,
  Properties,
  type Property,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
} from '@cockpit/ui'
import { useScope } from '../../app/scope.tsx'
import { limitText, modelsText } from './columns.tsx'
import { KeyActs } from './key-acts.tsx'
import { RecentRequests } from './recent-requests.tsx'
import { t } from './strings.ts'

export const useKeyProperties = (key: Key | undefined, teams: readonly Option[] | null): Property[] => {
  const { can, href } = useScope()
  if (!key) return []
  const team = teams?.find(({ value }) => value === key.teamId)
  return [
    {
      label: t.owner,
      value: key.owner.name,
      ...(can('directory.read')
        ? {
            href: href(
              key.owner.kind === 'user' ? `people/${key.owner.id}` : `people/service-accounts/${key.owner.id}`,
            ),
          }
        : {}),
    },
    ...(teams
      ? [
          {
            label: t.team,
            value: team?.label ?? t.primaryTeam,
            ...(team ? { href: href(`people/teams/${team.value}`) } : {}),
          },
        ]
      : []),
    { label: t.secret, value: <span className="ck-mono">{key.preview}</span> },
    { label: t.models, value: key.models ? key.models.join(', ') : modelsText(key) },
    { label: t.rpm, value: limitText(key.limits.rpm) },
    { label: t.tpm, value: limitText(key.limits.tpm) },
    { label: t.expires, value: <RelativeTime at={key.expiresAt} none={t.never} /> },
    { label: t.lastUsed, value: <RelativeTime at={key.lastUsedAt} /> },
    { label: t.created, value: <RelativeTime at={key.createdAt} /> },
    { label: t.rotatedAt, value: <RelativeTime at={key.rotatedAt} /> },
    ...(key.previousValidUntil ? [{ label: t.oldValid, value: <RelativeTime at={key.previousValidUntil} /> }] : []),
  ]
}

/** The key beside the list. */
export const KeySummary = ({ apiKey, teams }: { apiKey: Key; teams: readonly Option[] | null }) => {
  const properties = useKeyProperties(apiKey, teams)
  return (
    <Stack>
      <Row>
        <KeyActs apiKey={apiKey} />
      </Row>
      <Properties
        beside
        items={[
          { label: t.id, value: <IdText id={apiKey.id} /> },
          { label: t.status, value: <StatusBadge status={apiKey.status} /> },
          ...properties,
        ]}
      />
      <Heading level={3}>{t.requests}</Heading>
      <RecentRequests of={{ keyId: apiKey.id }} limit={5} />
    </Stack>
  )
}
