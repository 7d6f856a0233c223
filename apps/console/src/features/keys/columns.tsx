import type { Key } from '@cockpit/contract/keys'
import { Badge, type Column, formatCount, IdText, None, type Option, RelativeTime, Row, StatusBadge } from '@cockpit/ui'
import { t } from './strings.ts'

export const limitText = (value: number | null) =>
  value === null ? <span className="ck-muted">{t.unlimited}</span> : formatCount(value)
export const modelsText = ({ models }: Pick<Key, 'models'>) => (models ? t.modelCount(models.length) : t.allModels)

export const keyColumns = (teams: readonly Option[] | null): Column<Key>[] => {
  const teamOf = ({ teamId }: Key) => teams?.find(({ value }) => value === teamId)?.label ?? null
  return [
    {
      key: 'name',
      header: t.name,
      value: ({ name }) => name,
      render: ({ name, purpose }) => (
        <Row wrap={false}>
          {name}
          {purpose === 'playground' && <Badge>{t.playground}</Badge>}
        </Row>
      ),
      sortable: true,
      primary: true,
    },
    {
      key: 'preview',
      header: t.secret,
      value: ({ preview }) => preview,
      render: ({ preview }) => <span className="ck-mono">{preview}</span>,
    },
    { key: 'owner', header: t.owner, value: ({ owner }) => owner.name, sortable: true },
    ...(teams
      ? [
          {
            key: 'team',
            header: t.team,
            value: teamOf,
            render: (key: Key) => teamOf(key) ?? <None label={t.primaryTeam} />,
          },
        ]
      : []),
    {
      key: 'models',
      header: t.models,
      value: ({ models }) => models?.join(' ') ?? t.allModels,
      render: (key) => <span title={key.models?.join(', ')}>{modelsText(key)}</span>,
    },
    {
      key: 'rpm',
      header: t.rpmShort,
      numeric: true,
      value: ({ limits }) => limits.rpm,
      render: ({ limits }) => limitText(limits.rpm),
    },
    {
      key: 'tpm',
      header: t.tpmShort,
      numeric: true,
      value: ({ limits }) => limits.tpm,
      render: ({ limits }) => limitText(limits.tpm),
      hidden: true,
    },
    {
      key: 'status',
      header: t.status,
      value: ({ status }) => status,
      render: ({ status }) => <StatusBadge status={status} />,
      sortable: true,
    },
    {
      key: 'expires',
      header: t.expires,
      value: ({ expiresAt }) => expiresAt,
      render: ({ expiresAt }) => <RelativeTime at={expiresAt} none={t.never} />,
      sortable: true,
    },
    {
      key: 'used',
      header: t.lastUsed,
      value: ({ lastUsedAt }) => lastUsedAt,
      render: ({ lastUsedAt }) => <RelativeTime at={lastUsedAt} />,
      sortable: true,
    },
    {
      key: 'created',
      header: t.created,
      value: ({ createdAt }) => createdAt,
      render: ({ createdAt }) => <RelativeTime at={createdAt} />,
      sortable: true,
      hidden: true,
    },
    { key: 'id', header: t.id, value: ({ id }) => id, render: ({ id }) => <IdText id={id} />, hidden: true },
  ]
}
